-- Add messages to one history, each once; when it has grown a tenth beyond its bound, keep the newest. Answers: 1 if that was done.
-- KEYS: fence, messages, order, times. ARGV: token, most to keep or 0, then for each: id, seq and id, time, message
for at = 3, #ARGV, 4 do
    if redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 3]) == 1 then
        redis.call('ZADD', KEYS[3], 0, ARGV[at + 1])
        redis.call('ZADD', KEYS[4], ARGV[at + 2], ARGV[at + 1])
    end
end
local cut = 0
local most = tonumber(ARGV[2])
if most > 0 then
    local kept = redis.call('ZCARD', KEYS[3])
    if kept > most + math.floor(most / 10) then
        cut = 1
        for _, member in ipairs(redis.call('ZRANGE', KEYS[3], 0, kept - most - 1)) do
            -- Twenty digits and ':' stand before the id.
            redis.call('HDEL', KEYS[2], string.sub(member, 22))
            redis.call('ZREM', KEYS[3], member)
            redis.call('ZREM', KEYS[4], member)
        end
    end
end
return cut

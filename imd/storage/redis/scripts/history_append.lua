-- Add messages to one history, each once.
-- KEYS: fence, messages, order, times. ARGV: token, then for each: id, seq and id, time, message
local added = 0
for at = 2, #ARGV, 4 do
    if redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 3]) == 1 then
        redis.call('ZADD', KEYS[3], 0, ARGV[at + 1])
        redis.call('ZADD', KEYS[4], ARGV[at + 2], ARGV[at + 1])
        added = added + 1
    end
end
return added

-- The end of those sessions that are open; how many.
-- KEYS: fence, entries, ends, began, ended, open. ARGV: token, when, when and reason (msgpack), sessions
local closed = 0
for at = 4, #ARGV do
    if redis.call('SREM', KEYS[6], ARGV[at]) == 1 then
        redis.call('HSET', KEYS[3], ARGV[at], ARGV[3])
        redis.call('ZADD', KEYS[5], ARGV[2], ARGV[at])
        closed = closed + 1
    end
end
return closed

-- Forget messages of one history. Answers: how many there were, seq and id of the newest that is left or ''.
-- KEYS: fence, messages, order, times. ARGV: token, then for each: id, seq and id
local removed = 0
for at = 2, #ARGV, 2 do
    removed = removed + redis.call('HDEL', KEYS[2], ARGV[at])
    redis.call('ZREM', KEYS[3], ARGV[at + 1])
    redis.call('ZREM', KEYS[4], ARGV[at + 1])
end
return {removed, redis.call('ZRANGE', KEYS[3], -1, -1)[1] or ''}

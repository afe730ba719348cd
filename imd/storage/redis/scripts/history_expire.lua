-- Forget messages older than a time, at most so many.
-- Answers: how many, 1 if there is more to forget now, time of the oldest that is left or ''.
-- KEYS: fence, messages, order, times. ARGV: token, before, at most
local members = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])
for _, member in ipairs(members) do
    redis.call('HDEL', KEYS[2], string.sub(member, 22))
    redis.call('ZREM', KEYS[3], member)
    redis.call('ZREM', KEYS[4], member)
end
local first = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
return {#members, #members == tonumber(ARGV[3]) and 1 or 0, first[2] or ''}

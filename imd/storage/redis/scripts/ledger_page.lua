-- entry, end or '' of so many sessions, newest first.
-- KEYS: entries, ends, index by time. ARGV: before, as ZREVRANGEBYSCORE wants it; how many
local answer = {}
for _, session in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[3], ARGV[1], '-inf', 'LIMIT', 0, ARGV[2])) do
    answer[#answer + 1] = redis.call('HGET', KEYS[1], session)
    answer[#answer + 1] = redis.call('HGET', KEYS[2], session) or ''
end
return answer

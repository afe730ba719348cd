-- Take messages off one inbox for good, at most so many; ids that are remembered stay.
-- Answers 1 if there is more. KEYS: fence, ids, expiry, stream, attempts, late, origins.
-- ARGV: token, beginning of the inbox's ids, at most
local entries = redis.call('XRANGE', KEYS[4], '-', '+', 'COUNT', ARGV[3])
for _, entry in ipairs(entries) do
    local field = ARGV[2] .. entry[2][1]
    redis.call('HDEL', KEYS[2], field)
    redis.call('ZREM', KEYS[3], field)
    redis.call('XDEL', KEYS[4], entry[1])
end
if #entries == tonumber(ARGV[3]) then
    return 1
end
redis.call('DEL', KEYS[4], KEYS[5], KEYS[6], KEYS[7])
return 0

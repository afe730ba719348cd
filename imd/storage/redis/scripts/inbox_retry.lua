-- All messages that were tried count as tried once.
-- KEYS: fence, ids, expiry, stream, attempts, late, origins. ARGV: token
for _, id in ipairs(redis.call('HKEYS', KEYS[5])) do
    redis.call('HSET', KEYS[5], id, 1)
end
return 1

-- Forget sessions that ended before a time, at most so many; how many.
-- KEYS: fence, entries, ends, began, ended, open. The indexes of the accounts, of the same hash tag, follow from the
-- entries. ARGV: token, before, at most, prefix of the accounts' indexes
local sessions = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])
for _, session in ipairs(sessions) do
    local account = cmsgpack.unpack(redis.call('HGET', KEYS[2], session))['account']
    if account ~= '' then
        redis.call('ZREM', ARGV[4] .. account, session)
    end
    redis.call('HDEL', KEYS[2], session)
    redis.call('HDEL', KEYS[3], session)
    redis.call('ZREM', KEYS[4], session)
    redis.call('ZREM', KEYS[5], session)
end
return #sessions

-- An account's roster, and the account in the rosters of others.
-- KEYS: fence, roster, owners who list the account. More keys, of the same hash tag, follow from their contents.
-- ARGV: token, account, prefix of rosters, prefix of owners
for _, contact in ipairs(redis.call('HKEYS', KEYS[2])) do
    redis.call('SREM', ARGV[4] .. contact, ARGV[2])
end
for _, owner in ipairs(redis.call('SMEMBERS', KEYS[3])) do
    redis.call('HDEL', ARGV[3] .. owner, ARGV[2])
end
redis.call('DEL', KEYS[2], KEYS[3])
return 1

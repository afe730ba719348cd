-- An entry that says more, if it has not been forgotten meanwhile.
-- KEYS: fence, entries. ARGV: token, session, entry
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then
    redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
end
return 0

-- A sign-on, unless it is known.
-- KEYS: fence, entries, ends, began, ended, open, (index of the account). ARGV: token, session, when, entry
if redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[4]) == 0 then
    return 0
end
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[2])
redis.call('SADD', KEYS[6], ARGV[2])
if KEYS[7] then
    redis.call('ZADD', KEYS[7], ARGV[3], ARGV[2])
end
return 1

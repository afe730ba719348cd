-- 1 if the account has this name now, 0 if there is no such account or the name is another's or looks like it.
-- KEYS: fence, accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners,
--       skeletons, skeletons of
-- ARGV: token, id, name, folded name, skeleton or ''
local id, folded = ARGV[2], ARGV[4]
local before = redis.call('HGET', KEYS[6], id)
local owner = redis.call('HGET', KEYS[4], folded)
if not before or (owner and owner ~= id) then
    return 0
end
local looks = ARGV[5] ~= '' and redis.call('HGET', KEYS[10], ARGV[5])
if looks and looks ~= id then
    return 0
end
local looked = redis.call('HGET', KEYS[11], id)
if looked then
    redis.call('HDEL', KEYS[10], looked)
    redis.call('HDEL', KEYS[11], id)
end
if ARGV[5] ~= '' then
    redis.call('HSET', KEYS[10], ARGV[5], id)
    redis.call('HSET', KEYS[11], id, ARGV[5])
end
redis.call('HDEL', KEYS[4], before)
redis.call('ZREM', KEYS[5], before)
redis.call('HSET', KEYS[3], id, ARGV[3])
redis.call('HSET', KEYS[4], folded, id)
redis.call('ZADD', KEYS[5], 0, folded)
redis.call('HSET', KEYS[6], id, folded)
return 1

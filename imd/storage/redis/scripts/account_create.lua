-- 1 if the account is there now (also: was there before), 0 if another has the name or looks like it.
-- KEYS: fence, accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners,
--       skeletons, skeletons of
-- ARGV: token, id, folded name, name, account, certificates (msgpack), verifier or '', skeleton or ''
local id, folded = ARGV[2], ARGV[3]
if redis.call('HEXISTS', KEYS[2], id) == 1 then
    return 1
end
if redis.call('HEXISTS', KEYS[4], folded) == 1 then
    return 0
end
if ARGV[8] ~= '' then
    if redis.call('HEXISTS', KEYS[10], ARGV[8]) == 1 then
        return 0
    end
    redis.call('HSET', KEYS[10], ARGV[8], id)
    redis.call('HSET', KEYS[11], id, ARGV[8])
end
redis.call('HSET', KEYS[2], id, ARGV[5])
redis.call('HSET', KEYS[3], id, ARGV[4])
redis.call('HSET', KEYS[4], folded, id)
redis.call('ZADD', KEYS[5], 0, folded)
redis.call('HSET', KEYS[6], id, folded)
if ARGV[7] ~= '' then
    redis.call('HSET', KEYS[7], id, ARGV[7])
end
for _, fingerprint in ipairs(cmsgpack.unpack(ARGV[6])) do
    redis.call('ZADD', KEYS[8], 0, fingerprint .. ':' .. id)
end
redis.call('HSET', KEYS[9], id, ARGV[6])
return 1

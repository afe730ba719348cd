-- The account, its name, verifier and certificates.
-- KEYS: fence, accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners,
--       skeletons, skeletons of
-- ARGV: token, id
local id = ARGV[2]
local folded = redis.call('HGET', KEYS[6], id)
if folded then
    redis.call('HDEL', KEYS[4], folded)
    redis.call('ZREM', KEYS[5], folded)
end
local looked = redis.call('HGET', KEYS[11], id)
if looked then
    redis.call('HDEL', KEYS[10], looked)
end
local certificates = redis.call('HGET', KEYS[9], id)
for _, fingerprint in ipairs(certificates and cmsgpack.unpack(certificates) or {}) do
    redis.call('ZREM', KEYS[8], fingerprint .. ':' .. id)
end
for _, key in ipairs({KEYS[2], KEYS[3], KEYS[6], KEYS[7], KEYS[9], KEYS[11]}) do
    redis.call('HDEL', key, id)
end
return 1

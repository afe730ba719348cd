-- Everything but name and verifier; 0 if there is no such account.
-- KEYS: fence, accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners
-- ARGV: token, id, account, certificates (msgpack)
local id = ARGV[2]
if redis.call('HEXISTS', KEYS[2], id) == 0 then
    return 0
end
redis.call('HSET', KEYS[2], id, ARGV[3])
local before = redis.call('HGET', KEYS[9], id)
for _, fingerprint in ipairs(before and cmsgpack.unpack(before) or {}) do
    redis.call('ZREM', KEYS[8], fingerprint .. ':' .. id)
end
for _, fingerprint in ipairs(cmsgpack.unpack(ARGV[4])) do
    redis.call('ZADD', KEYS[8], 0, fingerprint .. ':' .. id)
end
redis.call('HSET', KEYS[9], id, ARGV[4])
return 1

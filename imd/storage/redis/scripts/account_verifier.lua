-- A new verifier for an account that exists.
-- KEYS: fence, accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners
-- ARGV: token, id, verifier
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 0 then
    return 0
end
redis.call('HSET', KEYS[7], ARGV[2], ARGV[3])
return 1

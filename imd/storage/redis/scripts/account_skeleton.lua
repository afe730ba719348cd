-- What the name of an account looks like that was made before this was kept; the first that asks has it.
-- KEYS: fence, accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners,
--       skeletons, skeletons of
-- ARGV: token, id, skeleton
local id, skeleton = ARGV[2], ARGV[3]
if redis.call('HEXISTS', KEYS[2], id) == 1 and redis.call('HSETNX', KEYS[10], skeleton, id) == 1 then
    redis.call('HSET', KEYS[11], id, skeleton)
end
return 1

-- {account, name} or nothing.
-- KEYS: accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners, skeletons,
--       skeletons of
-- ARGV: skeleton
local id = redis.call('HGET', KEYS[9], ARGV[1])
if not id then
    return {}
end
return {redis.call('HGET', KEYS[1], id), redis.call('HGET', KEYS[2], id)}

-- {account, name} or nothing.
-- KEYS: accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners
-- ARGV: folded name
local id = redis.call('HGET', KEYS[3], ARGV[1])
if not id then
    return {}
end
return {redis.call('HGET', KEYS[1], id), redis.call('HGET', KEYS[2], id)}

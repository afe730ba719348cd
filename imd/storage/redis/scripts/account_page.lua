-- account, name of so many accounts in order of folded name.
-- KEYS: accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners
-- ARGV: first folded name as ZRANGEBYLEX wants it, how many
local answer = {}
for _, folded in ipairs(redis.call('ZRANGEBYLEX', KEYS[4], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
    local id = redis.call('HGET', KEYS[3], folded)
    answer[#answer + 1] = redis.call('HGET', KEYS[1], id)
    answer[#answer + 1] = redis.call('HGET', KEYS[2], id)
end
return answer

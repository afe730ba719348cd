-- account, name of everybody with this certificate.
-- KEYS: accounts, spellings, names, order of names, folded names, verifiers, certificates, their owners
-- ARGV: fingerprint
local answer = {}
-- ';' follows ':': everything that begins with the fingerprint and ':'.
for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[7], '[' .. ARGV[1] .. ':', '(' .. ARGV[1] .. ';')) do
    local id = string.sub(member, #ARGV[1] + 2)
    answer[#answer + 1] = redis.call('HGET', KEYS[1], id)
    answer[#answer + 1] = redis.call('HGET', KEYS[2], id)
end
return answer

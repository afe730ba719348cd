-- All tokens of one account.
-- KEYS: fence, tokens, expiry, owners. ARGV: token of the lease, first and last owner entry, bytes before the digest
local members = redis.call('ZRANGEBYLEX', KEYS[4], ARGV[2], ARGV[3])
for _, member in ipairs(members) do
    local digest = string.sub(member, tonumber(ARGV[4]) + 1)
    redis.call('HDEL', KEYS[2], digest)
    redis.call('ZREM', KEYS[3], digest)
    redis.call('ZREM', KEYS[4], member)
end
return #members

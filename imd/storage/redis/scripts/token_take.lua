-- {account, device} of a token, which is used up; nothing if it is unknown or has expired.
-- KEYS: fence, tokens, expiry, owners. ARGV: token of the lease, digest, now
local function drop(digest)
    local value = redis.call('HGET', KEYS[2], digest)
    redis.call('ZREM', KEYS[3], digest)
    if not value then
        return nil
    end
    local fields = cmsgpack.unpack(value)
    redis.call('HDEL', KEYS[2], digest)
    redis.call('ZREM', KEYS[4], fields[3] .. digest)
    return fields
end

local found = drop(ARGV[2])
-- Sweep a little on each call, so that tokens nobody comes back with do not pile up.
for _, digest in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. ARGV[3], 'LIMIT', 0, 10)) do
    drop(digest)
end
if not found or found[4] < tonumber(ARGV[3]) then
    return {}
end
return {found[1], found[2]}

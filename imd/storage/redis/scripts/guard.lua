-- Every writing script begins with this. KEYS[1]: fence of the tag; ARGV[1]: fencing token of the caller's lease.
-- A daemon that lost its lease without noticing must not write after its successor has.
local known = redis.call('GET', KEYS[1])
if known ~= ARGV[1] then
    if known and tonumber(known) > tonumber(ARGV[1]) then
        return redis.error_reply('STALE the lease was taken over')
    end
    redis.call('SET', KEYS[1], ARGV[1])
end

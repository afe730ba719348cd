-- Take or renew the lease, after a look at the schema. Changes nothing unless it answers 'held'.
-- KEYS: lease, counter, schema, secret
-- ARGV: holder, ttl in ms, our token (0: we have none yet), holder that may be replaced, schema version, secret
local schema = redis.call('GET', KEYS[3])
if schema and tonumber(schema) > tonumber(ARGV[5]) then
    return {'newer', schema}
end
local holder = redis.call('GET', KEYS[1])
local counter = tonumber(redis.call('GET', KEYS[2]) or '0')
local token = tonumber(ARGV[3])
local secret = redis.call('GET', KEYS[4])
if token > 0 then
    -- A greater counter with no holder: somebody had the lease and gave it back. What we remember may be old.
    if counter > token or (holder and holder ~= ARGV[1]) then
        return {'taken', holder or '', 0}
    end
    if secret and secret ~= ARGV[6] then
        return {'other'}
    end
    -- Redis may have come back older or empty.
    if counter < token then
        redis.call('SET', KEYS[2], ARGV[3])
    end
else
    if holder and holder ~= ARGV[4] then
        return {'taken', holder, redis.call('PTTL', KEYS[1])}
    end
    token = redis.call('INCR', KEYS[2])
end
-- A Redis whose memory is full refuses SET, but lets a lease that stands be renewed.
if holder ~= ARGV[1] or redis.call('PEXPIRE', KEYS[1], ARGV[2]) == 0 then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
if not schema then
    redis.call('SET', KEYS[3], ARGV[5])
end
if not secret then
    redis.call('SET', KEYS[4], ARGV[6])
end
return {'held', token, secret or ''}

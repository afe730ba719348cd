-- Take messages off one inbox and remember their ids, no longer than the message would have been kept.
-- KEYS: fence, stream, ids, expiry, attempts, done, late, origins. 
-- ARGV: token, remember until, the same for what its sender cannot repeat, ids
local stream, ids, expiry, attempts, done, late, origins =
    KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local taken = 0
for at = 4, #ARGV do
    local id = ARGV[at]
    local record = redis.call('HGET', ids, id)
    if record then
        local entry, expires, repeatable, origin = string.match(record, '^(%S+) (%S+) (%d) (.*)$')
        redis.call('XDEL', stream, entry)
        redis.call('HDEL', ids, id)
        redis.call('ZREM', expiry, id)
        redis.call('HDEL', attempts, id)
        redis.call('SREM', late, id)
        if origin ~= '' and redis.call('HINCRBY', origins, origin, -1) <= 0 then
            redis.call('HDEL', origins, origin)
        end
        local till = repeatable == '1' and ARGV[2] or ARGV[3]
        redis.call('ZADD', done, tonumber(expires) < tonumber(till) and expires or till, id)
        taken = taken + 1
    end
end
if taken > 0 and redis.call('HLEN', ids) == 0 then
    redis.call('DEL', stream)
end
return taken

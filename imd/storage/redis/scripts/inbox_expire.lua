-- Drop what has expired, at most so many messages and so many remembered ids.
-- Answers: number of messages dropped, 1 if there is more to drop now, time of the next expiry ('' if nothing is left).
-- KEYS: fence, stream, ids, expiry, attempts, done, late, origins. ARGV: token, now, at most
local stream, ids, expiry, attempts, done, late, origins =
    KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local expired = redis.call('ZRANGEBYSCORE', expiry, '-inf', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(expired) do
    local entry, origin = string.match(redis.call('HGET', ids, id), '^(%S+) %S+ %d (.*)$')
    redis.call('XDEL', stream, entry)
    redis.call('HDEL', ids, id)
    redis.call('ZREM', expiry, id)
    redis.call('HDEL', attempts, id)
    redis.call('SREM', late, id)
    if origin ~= '' and redis.call('HINCRBY', origins, origin, -1) <= 0 then
        redis.call('HDEL', origins, origin)
    end
end
if #expired > 0 and redis.call('HLEN', ids) == 0 then
    redis.call('DEL', stream)
end
local forgotten = redis.call('ZRANGEBYSCORE', done, '-inf', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(forgotten) do
    redis.call('ZREM', done, id)
end
local most = tonumber(ARGV[3])
local next = ''
for _, key in ipairs({expiry, done}) do
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if first[2] and (next == '' or tonumber(first[2]) < tonumber(next)) then
        next = first[2]
    end
end
return {#expired, (#expired == most or #forgotten == most) and 1 or 0, next}

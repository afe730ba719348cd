-- Take messages off one inbox and remember their ids, no longer than the message would have been kept.
-- KEYS: fence, ids, expiry, stream, attempts, late, origins.
-- ARGV: token, beginning of the inbox's ids, remember until, the same for what its sender cannot repeat, ids
local ids, expiry, stream, attempts, late, origins = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local fields = {}
for at = 5, #ARGV do
    fields[#fields + 1] = ARGV[2] .. ARGV[at]
end
local records = redis.call('HMGET', ids, unpack(fields))
-- Collected first: one call for all costs half of one for each.
local seen, entries, gone, done, times = {}, {}, {}, {}, {}
for number, field in ipairs(fields) do
    local record = records[number]
    if record and record ~= '' and not seen[field] then
        seen[field] = true
        local entry, repeatable, origin = string.match(record, '^(%S+) (%d) (.*)$')
        entries[#entries + 1] = entry
        gone[#gone + 1] = ARGV[4 + number]
        done[#done + 1] = field
        done[#done + 1] = ''
        times[#times + 1] = repeatable == '1' and ARGV[3] or ARGV[4]
        times[#times + 1] = field
        if origin ~= '' and redis.call('HINCRBY', origins, origin, -1) <= 0 then
            redis.call('HDEL', origins, origin)
        end
    end
end
if #entries == 0 then
    return 0
end
redis.call('XDEL', stream, unpack(entries))
redis.call('HSET', ids, unpack(done))
-- They are in there with the time of their own expiry: whichever comes first.
redis.call('ZADD', expiry, 'LT', unpack(times))
redis.call('HDEL', attempts, unpack(gone))
redis.call('SREM', late, unpack(gone))
if redis.call('XLEN', stream) == 0 then
    redis.call('DEL', stream)
end
return #entries

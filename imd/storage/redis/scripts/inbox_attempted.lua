-- Add one to the attempts of those messages that still wait.
-- KEYS: fence, ids, expiry, stream, attempts, late, origins. ARGV: token, beginning of the inbox's ids, ids
local ids, fields, counts, changes = {}, {}, {}, {}
for at = 3, #ARGV do
    ids[#ids + 1] = ARGV[at]
    fields[#fields + 1] = ARGV[2] .. ARGV[at]
end
local records = redis.call('HMGET', KEYS[2], unpack(fields))
local tried = redis.call('HMGET', KEYS[5], unpack(ids))
for number, id in ipairs(ids) do
    if records[number] and records[number] ~= '' then
        -- An id may be named twice.
        counts[id] = (counts[id] or tonumber(tried[number] or '0')) + 1
    end
end
for id, count in pairs(counts) do
    changes[#changes + 1] = id
    changes[#changes + 1] = count
end
if #changes > 0 then
    redis.call('HSET', KEYS[5], unpack(changes))
end
return 1

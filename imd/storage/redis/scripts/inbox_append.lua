-- Put messages into one inbox. Answers for each: 0 kept, 1 was there, 2 was there and is acknowledged, 3 full.
-- KEYS: fence, stream, ids, expiry, attempts, done, late, origins
-- ARGV: token, limit, then for each message: id, about it, value. About it, apart by one blank: sequence number, time of
--       expiry, limit per origin, attempts, whether its sender may send it again (1 or 0), origin
local stream, ids, expiry, attempts, done, late, origins =
    KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local limit = tonumber(ARGV[2])
local waiting = redis.call('HLEN', ids)
local remembers = redis.call('EXISTS', done) == 1
local answers = {}

-- A message whose sequence number is not above the stream's last id goes to the end all the same; readers sort.
local function add_late(id, value)
    local entry = '0-1'
    if redis.call('EXISTS', stream) == 1 then
        local info = redis.call('XINFO', 'STREAM', stream)
        for field = 1, #info, 2 do
            if info[field] == 'last-generated-id' then
                local first, second = string.match(info[field + 1], '^(%d+)-(%d+)$')
                entry = first .. '-' .. string.format('%.0f', tonumber(second) + 1)
            end
        end
    end
    redis.call('SADD', late, id)
    return redis.call('XADD', stream, entry, id, value)
end

for at = 3, #ARGV, 3 do
    local id, value = ARGV[at], ARGV[at + 2]
    local seq, expires, most, tried, repeatable, origin =
        string.match(ARGV[at + 1], '^(%S+) (%S+) (%S+) (%S+) (%d) (.*)$')
    local share = tonumber(most)
    local answer = 0
    local entry = seq .. '-0'
    local record = ' ' .. expires .. ' ' .. repeatable .. ' ' .. origin
    if remembers and redis.call('ZSCORE', done, id) then
        answer = 2
    elseif limit > 0 and waiting >= limit then
        answer = 3 - 2 * redis.call('HEXISTS', ids, id)
    elseif origin ~= '' and share > 0 and tonumber(redis.call('HGET', origins, origin) or '0') >= share then
        answer = 3 - 2 * redis.call('HEXISTS', ids, id)
    elseif redis.call('HSETNX', ids, id, entry .. record) == 0 then
        answer = 1
    else
        local added = redis.pcall('XADD', stream, entry, id, value)
        if type(added) == 'table' then
            if not string.find(added.err, 'ID specified in XADD', 1, true) then
                redis.call('HDEL', ids, id)
                return added
            end
            redis.call('HSET', ids, id, add_late(id, value) .. record)
        end
        redis.call('ZADD', expiry, expires, id)
        if origin ~= '' then
            redis.call('HINCRBY', origins, origin, 1)
        end
        if tried ~= '0' then
            redis.call('HSET', attempts, id, tried)
        end
        waiting = waiting + 1
    end
    answers[#answers + 1] = answer
end
return answers

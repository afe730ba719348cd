-- Put messages into inboxes of one tag. Answers for each: 0 kept, 1 was there, 2 was there and is acknowledged, 3 full.
-- KEYS: fence, ids, expiry. ARGV: token, limit, beginning of the names of the tag's streams, what is said about the
-- messages, and their values. About each, in one MessagePack array of all: account, id, entry of the stream, time of
-- expiry, whether its sender may send it again ('1' or '0'), attempts, limit per origin, origin.
-- The streams' names are put together here: those of hundreds of inboxes would be much of what is sent. They are all of
-- the fence's tag, and so of its slot.
local ids, expiry = KEYS[2], KEYS[3]
local limit, prefix, about = tonumber(ARGV[2]), ARGV[3], cmsgpack.unpack(ARGV[4])
local call, pcall = redis.call, redis.pcall

-- A message whose sequence number is not above the stream's last id goes to the end all the same; readers sort.
local function add_late(stream, id, value)
    local entry = '0-1'
    if call('EXISTS', stream) == 1 then
        local info = call('XINFO', 'STREAM', stream)
        for field = 1, #info, 2 do
            if info[field] == 'last-generated-id' then
                local first, second = string.match(info[field + 1], '^(%d+)-(%d+)$')
                entry = first .. '-' .. string.format('%.0f', tonumber(second) + 1)
            end
        end
    end
    call('SADD', stream .. ':late', id)
    return call('XADD', stream, entry, id, value)
end

-- What is known of each id: false, '' if it was acknowledged, or where it is.
local accounts, fields = {}, {}
for at = 1, #about, 8 do
    local account = about[at]
    local inbox = accounts[account]
    if not inbox then
        inbox = {stream = prefix .. account, own = #account .. ':' .. account, waiting = 0}
        if limit > 0 then
            inbox.waiting = call('XLEN', inbox.stream)
        end
        accounts[account] = inbox
    end
    fields[#fields + 1] = inbox.own .. about[at + 1]
end
local records = call('HMGET', ids, unpack(fields))
local known = {}
for number, field in ipairs(fields) do
    known[field] = records[number]
end

-- Written together at the end: one call for all costs half of one for each.
local places, times, answers = {}, {}, {}
local failed = nil
for number, field in ipairs(fields) do
    local at = 8 * number - 7
    local id, entry, origin, inbox = about[at + 1], about[at + 2], about[at + 7], accounts[about[at]]
    local stream, share, answer = inbox.stream, about[at + 6], 0
    if known[field] then
        answer = known[field] == '' and 2 or 1
    elseif limit > 0 and inbox.waiting >= limit then
        answer = 3
    elseif origin ~= '' and share > 0 and tonumber(call('HGET', stream .. ':origins', origin) or '0') >= share then
        answer = 3
    else
        local added = pcall('XADD', stream, entry, id, ARGV[4 + number])
        if type(added) == 'table' then
            if not string.find(added.err, 'ID specified in XADD', 1, true) then
                failed = added
                break
            end
            added = add_late(stream, id, ARGV[4 + number])
        end
        known[field] = added .. ' ' .. about[at + 4] .. ' ' .. origin
        places[#places + 1] = field
        places[#places + 1] = known[field]
        times[#times + 1] = about[at + 3]
        times[#times + 1] = field
        if origin ~= '' then
            call('HINCRBY', stream .. ':origins', origin, 1)
        end
        if about[at + 5] > 0 then
            call('HSET', stream .. ':attempts', id, about[at + 5])
        end
        inbox.waiting = inbox.waiting + 1
    end
    answers[number] = answer
end
if #places > 0 then
    -- After a first write Redis refuses no other for want of memory.
    call('HSET', ids, unpack(places))
    call('ZADD', expiry, unpack(times))
end
return failed or answers

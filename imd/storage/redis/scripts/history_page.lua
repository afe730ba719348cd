-- So many messages between two places, the newest ones newest first or the oldest ones oldest first.
-- KEYS: messages, order, times. ARGV: 1 for the newest, first and last place as ZRANGEBYLEX wants them, how many
local members
if ARGV[1] == '1' then
    members = redis.call('ZREVRANGEBYLEX', KEYS[2], ARGV[3], ARGV[2], 'LIMIT', 0, ARGV[4])
else
    members = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
end
local answer = {}
for _, member in ipairs(members) do
    -- Twenty digits and ':' stand before the id.
    answer[#answer + 1] = redis.call('HGET', KEYS[1], string.sub(member, 22))
end
return answer

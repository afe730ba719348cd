-- Messages with after < sequence number <= upto: a flat list of id, value, attempts. Changes nothing.
-- If some came late the answer may hold more than was asked for, in another order: the caller sorts and cuts.
-- KEYS: ids, expiry, stream, attempts, late, origins. ARGV: first, upto, limit
local entries
if redis.call('EXISTS', KEYS[5]) == 1 then
    entries = redis.call('XRANGE', KEYS[3], '-', '+')
else
    entries = redis.call('XRANGE', KEYS[3], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
end
local tried = redis.call('EXISTS', KEYS[4]) == 1
local answer = {}
for at = 1, #entries do
    local field = entries[at][2]
    answer[#answer + 1] = field[1]
    answer[#answer + 1] = field[2]
    answer[#answer + 1] = tried and redis.call('HGET', KEYS[4], field[1]) or '0'
end
return answer

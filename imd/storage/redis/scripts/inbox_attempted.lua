-- Add one to the attempts of those messages that still wait.
-- KEYS: fence, ids, expiry, stream, attempts, late, origins. ARGV: token, beginning of the inbox's ids, ids
for at = 3, #ARGV do
    local record = redis.call('HGET', KEYS[2], ARGV[2] .. ARGV[at])
    if record and record ~= '' then
        redis.call('HINCRBY', KEYS[5], ARGV[at], 1)
    end
end
return 1

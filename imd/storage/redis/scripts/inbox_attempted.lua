-- Add one to the attempts of those messages that still wait.
-- KEYS: fence, stream, ids, expiry, attempts, done, late, origins. ARGV: token, ids
for at = 2, #ARGV do
    if redis.call('HEXISTS', KEYS[3], ARGV[at]) == 1 then
        redis.call('HINCRBY', KEYS[5], ARGV[at], 1)
    end
end
return 1

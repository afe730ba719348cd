-- Several commands on keys of one tag, all or nothing.
-- KEYS: fence, keys used. ARGV: token, then for each command: number of words, words
local at = 2
local answers = {}
while at <= #ARGV do
    local words = tonumber(ARGV[at])
    answers[#answers + 1] = redis.call(unpack(ARGV, at + 1, at + words))
    at = at + words + 1
end
return answers

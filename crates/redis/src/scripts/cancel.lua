-- cancel: end a PIN by the caller's wish.
-- KEYS pin, events; ARGV numbers, tenant and PIN id
local record = call('GET', KEYS[1])
if not record then return {0, 0} end
local version, status = byte(record, 1, 2)
if version ~= 1 then return {11, 0} end
local over = status > 0 and status or clock(unpack_('>I6', ARGV[1])) >= unpack_('>I6', record, 17) and 4
if over then return {3, over} end
call('SETRANGE', KEYS[1], '1', '\3')
call('XADD', KEYS[2], '*', 'e', '\14' .. ARGV[2] .. sub(record, 4, 64))
return {1, 0}

-- cancel: end a PIN by the caller's wish.
-- KEYS pin, events; ARGV numbers, tenant and PIN id
local given = unpack_('>I6', ARGV[1])
local record = redis.call('GET', KEYS[1])
if not record then return {0, 0} end
local version, status, flags, channel, used, _, _, _, _, _, _, created, expires, _, subject, message = unpack_('>BBBBBBBBHBBI6I6c12c12c16', record)
if version ~= 1 then return {11, 0} end
local now = clock(given)
local over = status == VERIFIED and 1 or terminal(status, flags, expires, now)
if over then return {3, over} end
redis.call('SETRANGE', KEYS[1], 1, string.char(CANCELED))
redis.call('XADD', KEYS[2], '*', 'e', pack_('>BBI6I6I6', 14, channel, now, created, expires) .. ARGV[2] .. message .. subject)
return {1, 0}

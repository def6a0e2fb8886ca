-- A part of an event behind its fixed one (`pinfold_core::event`).
local function detail(number, value)
  return pack_('>BH', number, #value) .. value
end

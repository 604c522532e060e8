-- A HAProxy that has just started learns the open rooms from the process that it replaces, or from its peers. Until then
-- a room that it does not know may still be open somewhere, so the first request for such a room waits.
local SETTLED_AFTER_MS = 2000
local born = core.now()

core.register_action("settle", { "http-req" }, function()
  local now = core.now()
  local age = (now.sec - born.sec) * 1000 + (now.usec - born.usec) / 1000
  if age < SETTLED_AFTER_MS then
    core.msleep(math.ceil(SETTLED_AFTER_MS - age))
  end
end)

-- A HAProxy that has just started learns the open rooms from the process that it replaces, or after five seconds from a peer.
-- Until then an unknown room may be open on some shard, so requests for it wait.
--
-- HAProxy is settled when it already knew, STEPS_AGO steps ago, as many rooms as a peer counts now. Peers count once a second:
-- rooms that open in that second must not hide missing ones, and a count that was present at the start may be stale.
local STEP_MS = 100
local STEPS_AGO = 12 -- longer than a second
local MARKS = 64 -- a peer publishes count * 64 + second % 64, so that every value is new
local LONGEST_MS = tonumber(os.getenv("SETTLE_MS"))
local OWN = os.getenv("POD_NAME")

local born = core.now()
local settled = false

local function age_ms()
  local now = core.now()
  return (now.sec - born.sec) * 1000 + (now.usec - born.usec) / 1000
end

local function as_full_as_a_peer(known, heard)
  local before = known[#known - STEPS_AGO]
  for name, entry in pairs(core.backends.counts.stktable:dump()) do
    local told = entry.gpt0
    if name ~= OWN and told and told ~= heard[name] then
      local news = heard[name] ~= nil
      heard[name] = told
      if news and before and before >= told // MARKS then
        return true
      end
    end
  end
  return false
end

core.register_task(function()
  local known, heard = {}, {}
  while age_ms() < LONGEST_MS do
    known[#known + 1] = core.backends.rooms.stktable:info().used
    if as_full_as_a_peer(known, heard) then
      break
    end
    core.msleep(STEP_MS)
  end
  settled = true
end)

core.register_fetches("settled", function()
  return settled
end)

core.register_action("settle", { "http-req" }, function(txn)
  while not settled do
    local shard = txn.c:table_gpt0(txn:get_var("txn.key"), "rooms")
    if shard and shard ~= 0 then
      return
    end
    core.msleep(STEP_MS)
  end
end)

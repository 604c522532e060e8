-- Ends the bridges' interrupted sessions earlier than the host's smacks_hibernation_time, which stays that of all other accounts.
-- While a dead bridge's session lasts, the bridge stays in the brewery, and jicofo leaves its meetings on it.

local jid = require "util.jid";
local timer = require "util.timer";

local account = module:get_option_string("bridge_account");
local seconds = module:get_option_number("bridge_hibernation_seconds");

if account == nil or module.host ~= jid.host(account) then
	return; -- GLOBAL_MODULES, the image's only list that reaches this host, loads it on every host
end

module:hook("smacks-hibernation-start", function(event)
	local session = event.origin;
	local watchdog = session.hibernating_watchdog;
	if watchdog == nil or jid.join(session.username, session.host) ~= account then
		return;
	end
	timer.add_task(seconds, function()
		-- A resumed session has no watchdog, or a later one. This one's own timer finds the session destroyed.
		if session.hibernating_watchdog == watchdog then
			watchdog:callback();
		end
	end);
end);

module:log("info", "interrupted sessions of %s end after %d s", account, seconds);

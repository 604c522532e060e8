-- Tells jicofo that bridges which take no meetings are full: those that drain, shut down or are unhealthy.
-- Jicofo moves people off a full bridge if any other has room, and counts these, which it then does not select
-- (BridgeSelector.hasNonOverloadedBridge): people would be invited again to the bridge that they are on.

local jid = require "util.jid";

local account = module:get_option_string("bridge_account");
local full = module:get_option_number("bridge_leaving_stress");
local leaving = { drain = "true", graceful_shutdown = "true", shutting_down = "true", healthy = "false" };

if account == nil or module.host ~= jid.host(account) then
	return; -- GLOBAL_MODULES, the image's only list that reaches this host, loads it on every host
end

module:hook("pre-presence/full", function(event)
	local session = event.origin;
	local stats = event.stanza:get_child("stats", "http://jitsi.org/protocol/colibri");
	if stats == nil or jid.join(session.username, session.host) ~= account then
		return;
	end
	local stress, leaves;
	for stat in stats:childtags("stat") do
		local name, value = stat.attr.name, stat.attr.value;
		if name == "stress_level" then
			stress = stat;
		elseif leaving[name] and leaving[name] == value then
			leaves = true;
		end
	end
	if leaves and stress and (tonumber(stress.attr.value) or 0) < full then
		stress.attr.value = tostring(full);
	end
end);

module:log("info", "bridges of %s that take no meetings have at least stress %g", account, full);

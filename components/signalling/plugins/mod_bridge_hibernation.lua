-- Ends a bridge's interrupted session as soon as the bridge is known to be dead, so that jicofo moves its meetings at once.
-- Dead is a bridge whose host refuses a connection to its port, which answered before: a host does that without the process,
-- while it accepts for one that is busy, or hangs. Dead is also one that logs in anew under the same nickname, and one that has
-- accepted nothing for bridge_hibernation_seconds. All others keep the host's smacks_hibernation_time, to resume without a gap.
-- A dead node closes no connection. So bridges with one are asked, too, and end if neither port nor XMPP answers that long,
-- provided that no fewer others do: else the fault is on this side, and there is nowhere to move to.
-- With bridge_warm_up, each bridge gets the request for a meeting that ends at once: its first request over XMPP takes half a second.

local jid = require "util.jid";
local server = require "net.server";
local st = require "util.stanza";
local timer = require "util.timer";

local account = module:get_option_string("bridge_account");
local port = module:get_option_number("bridge_port");
local seconds = module:get_option_number("bridge_hibernation_seconds");
local warms = module:get_option_boolean("bridge_warm_up", false);
local ask_seconds, watch_seconds = 0.5, 1;

if account == nil or module.host ~= jid.host(account) then
	return; -- GLOBAL_MODULES, the image's only list that reaches this host, loads it on every host
end

local function of_bridge(session)
	return session.username ~= nil and jid.join(session.username, session.host) == account;
end

local function ignore() end

-- Connects to the bridge's port, and tells how that ended: nil, or an error.
local function ask(session, answer)
	local listener = { onincoming = ignore };
	function listener.onconnect(conn)
		listener.ondisconnect = ignore;
		conn:close();
		session.bridge_answered = true;
		answer();
	end
	function listener.ondisconnect(_, why)
		answer(why or "closed");
	end
	server.addclient(session.ip, port, listener, "*a");
end

-- A resumed session has no watchdog, or a later one. The ended one's own timer finds it destroyed.
local function waits(session, watchdog)
	return session.hibernating_watchdog == watchdog and not session.destroyed;
end

local function finish(session, watchdog, why)
	if waits(session, watchdog) then
		session.log("info", "the bridge is dead: %s", why);
		watchdog:callback();
	end
end

module:hook("smacks-hibernation-start", function(event)
	local session = event.origin;
	local watchdog = session.hibernating_watchdog;
	if watchdog == nil or not of_bridge(session) then
		return;
	end
	local silent = 0; -- turns without an answer, not time, which also passes while this prosody is busy
	timer.add_task(0, function()
		if silent * ask_seconds >= seconds then
			finish(session, watchdog, "nothing answers");
		end
		if not waits(session, watchdog) then
			return;
		end
		silent = silent + 1;
		ask(session, function(problem)
			if problem == nil then
				silent = 0;
			elseif problem == "connection refused" and session.bridge_answered then -- else it is behind another address
				finish(session, watchdog, "its port refuses");
			end
		end);
		return ask_seconds;
	end);
end);

local function bridges()
	local user = prosody.hosts[module.host].sessions[jid.node(account)];
	return pairs(user and user.sessions or {});
end

module:add_timer(watch_seconds, function()
	local answering, silent = 0, {};
	for _, session in bridges() do
		if session.conn then
			local turns = session.bridge_silent or 0;
			if not session.bridge_answered then
				turns = 0; -- it is behind another address, or has just started
			elseif turns == 0 then
				answering = answering + 1;
			elseif turns * watch_seconds >= seconds then
				table.insert(silent, session);
			elseif session.smacks then
				session.send(st.stanza("r", { xmlns = session.smacks }));
			end
			session.bridge_silent = turns + 1;
			ask(session, function(problem)
				if problem == nil then
					session.bridge_silent = 0;
				end
			end);
		end
	end
	if answering >= #silent then
		for _, session in ipairs(silent) do
			session.log("info", "the bridge is dead: neither its port nor its connection answers");
			session:close({ condition = "connection-timeout", text = "the bridge does not answer" });
		end
	end
	return watch_seconds;
end);

local function acknowledged(session)
	session.bridge_silent = 0;
end

module:hook_tag("urn:xmpp:sm:2", "a", acknowledged, 10);
module:hook_tag("urn:xmpp:sm:3", "a", acknowledged, 10);

local function warm_up(session)
	if not session.destroyed then
		-- A bridge takes requests only from its brewery.
		module:send(st.iq({ type = "set", from = jid.bare(session.bridge_nick), to = session.full_jid, id = "warm-up" })
			:tag("conference-modify", { xmlns = "jitsi:colibri2", ["meeting-id"] = "warm-up-" .. session.resource,
				name = "warm-up@" .. module.host, create = "true", expire = "true" }));
	end
end

-- Before the room hears of it: to jicofo, a bridge that never left is no other bridge.
module:hook("pre-presence/full", function(event)
	local session, nick = event.origin, event.stanza.attr.to;
	if event.stanza.attr.type ~= nil or not of_bridge(session) or session.bridge_nick == nick then
		return;
	end
	session.bridge_nick = nick;
	if warms then
		timer.add_task(0, function() warm_up(session); end);
	end
	for _, other in bridges() do
		if other ~= session and other.bridge_nick == nick and other.hibernating_watchdog then
			finish(other, other.hibernating_watchdog, "it has started again");
		end
	end
end);

module:log("info", "interrupted sessions of %s end when port %d refuses, or after %d s of silence", account, port, seconds);

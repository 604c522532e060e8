-- Stands in for Jitsi's mod_token_verification, which no package has: a token opens the room that it names, or with * every room.

local jid = require "util.jid";
local st = require "util.stanza";

module:hook("muc-occupant-pre-join", function(event)
	local wanted = event.origin.token_room;
	if wanted and wanted ~= "*" and wanted:lower() ~= jid.node(event.room.jid) then
		event.origin.send(st.error_reply(event.stanza, "cancel", "not-allowed", "Room and token mismatched"));
		return true;
	end
end, 99);

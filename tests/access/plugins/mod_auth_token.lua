-- Stands in for Jitsi's mod_auth_token, which no package has: logs in whoever brings a token in the address of their connection.
-- It checks what Jitsi's documentation says that theirs checks, for HS256 only. What it cannot show is that theirs does.

local formdecode = require "util.http".formdecode;
local jwt = require "util.jwt";
local id = require "util.id";

local app_id = assert(module:get_option_string("app_id"), "app_id must be set");
local app_secret = module:get_option_string("app_secret");
local key_server = module:get_option_string("asap_key_server");
assert(app_secret or key_server, "app_secret or asap_key_server must be set");
local allow_empty = module:get_option_boolean("allow_empty_token", false);
local issuers = module:get_option_set("asap_accepted_issuers", { app_id });
local audiences = module:get_option_set("asap_accepted_audiences", { "*" });

module:hook_global("bosh-session", function(event)
	local query = event.request.url.query;
	event.session.auth_token = query and formdecode(query).token;
end);

local function verified(token)
	if key_server then
		-- No package brings Lua what checks RS256; so this stand-in lets nobody in, whatever they bring.
		return nil, "no key of "..key_server.." is asked for here";
	end
	local right, claims = jwt.verify(app_secret, token);
	if not right then
		return nil, claims;
	elseif not (issuers:contains("*") or issuers:contains(claims.iss)) then
		return nil, "Invalid issuer ('iss' claim)";
	elseif not (audiences:contains("*") or audiences:contains(claims.aud)) then
		return nil, "Invalid audience ('aud' claim)";
	elseif not claims.sub then -- Jitsi's token library refuses it, too
		return nil, "'sub' claim is missing";
	elseif not claims.room then
		return nil, "'room' claim is missing";
	elseif not claims.exp or claims.exp <= os.time() then
		return nil, "Not acceptable by exp";
	elseif claims.nbf and claims.nbf > os.time() then
		return nil, "Not acceptable by nbf";
	end
	return claims;
end

local handler = {};
handler.__index = handler;

function handler.mechanisms()
	return { ANONYMOUS = true };
end

function handler.select(_, mechanism)
	return mechanism == "ANONYMOUS";
end

function handler:clean_clone()
	return setmetatable({ session = self.session, profile = {} }, handler);
end

function handler:process()
	self.username = id.medium():lower();
	local token = self.session.auth_token;
	if not token then
		if allow_empty then
			return "success";
		end
		return "failure", "not-allowed", "token required";
	end
	local claims, problem = verified(token);
	if not claims then
		return "failure", "not-allowed", problem;
	end
	self.session.token_room = claims.room;
	return "success";
end

module:provides("auth", {
	get_sasl_handler = function(session) return setmetatable({ session = session, profile = {} }, handler); end;
	user_exists = function() return nil; end;
	test_password = function() return nil, "no passwords here"; end;
	get_password = function() return nil; end;
	set_password = function() return nil; end;
	create_user = function() return nil; end;
	delete_user = function() return nil; end;
});

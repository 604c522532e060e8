-- Storage driver for prosody's accounts: one JSON file, written by whoever deploys, read again when it changes.
-- Nothing is ever written: accounts come and go, and change their passwords, with the stack's config.

local json = require "util.json";
local lfs = require "lfs";

local path = module:get_option_string("jitsi_accounts_file", "/accounts/accounts.json");
local accounts, mark = {}, nil;

-- A mounted Secret changes by a new file under the same name; what cannot be read leaves the accounts as they are.
local function refresh()
	local attributes, problem = lfs.attributes(path);
	if not attributes then
		module:log("error", "accounts cannot be read: %s", problem);
		return;
	end
	local now = table.concat({ attributes.dev, attributes.ino, attributes.modification, attributes.size }, "/");
	if now == mark then
		return;
	end
	local file = io.open(path, "rb");
	local text = file and file:read("*a");
	if file then
		file:close();
	end
	local read = text and json.decode(text);
	if type(read) ~= "table" then
		module:log("error", "accounts in %s are not JSON", path);
		return;
	end
	accounts, mark = read, now;
	module:log("info", "accounts read from %s", path);
end

local driver, keyval = {}, {};
keyval.__index = keyval;

function driver.open(_, store, kind)
	if store ~= "accounts" or (kind or "keyval") ~= "keyval" then
		return nil, "unsupported-store";
	end
	return setmetatable({}, keyval);
end

function driver.stores()
	return function() return nil; end;
end

function driver.purge()
	return nil, "accounts are read-only";
end

-- A copy, as callers may write into what they get.
function keyval.get(_, name)
	refresh();
	local found = accounts[name];
	if type(found) ~= "table" then
		return nil;
	end
	local copy = {};
	for key, value in pairs(found) do
		copy[key] = value;
	end
	return copy;
end

function keyval.set()
	return nil, "accounts are read-only: change the secret jitsi:users and run pulumi up";
end

function keyval.users()
	refresh();
	return next, accounts, nil;
end

module:provides("storage", driver);

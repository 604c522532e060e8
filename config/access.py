"""Authentication: who may open, join and moderate meetings."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.model import Duration, Model, between, matching

MIN_KEY_BYTES = 32  # RFC 7518 §3.2: a key for HS256 is at least as long as the hash
FILTER_DEFAULT = "uid=%u"

_WEB_ADDRESS = re.compile(r"https?://[^\s/'\"\\]+(/[^\s'\"\\]*)?")
_DIRECTORY = re.compile(r"ldaps?://[A-Za-z0-9._-]+(:\d{1,5})?/?")
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


def _name(text: str) -> str:
    if not text or text != text.strip() or re.search(r"[,\"\\\x00-\x1f]", text):
        raise ValueError(
            f"a name has at least one character and no commas, quotes, backslashes or line breaks, which the image's "
            f"templates cannot hold; got {text!r}"
        )
    return text


def _line(text: str) -> str:
    if not text.strip() or re.search(r"[\x00-\x1f]", text):
        raise ValueError(f"one line of text is needed, as it becomes a line of saslauthd's configuration; got {text!r}")
    return text


def _filter(text: str) -> str:
    if "%u" not in _line(text) and "%U" not in text:
        raise ValueError(
            f'a filter needs %u for the user name, such as "{FILTER_DEFAULT}"; {text!r} finds the same entry for everyone'
        )
    return text


def _certificate(text: str) -> str:
    if not text.lstrip().startswith(_CERTIFICATE):
        raise ValueError(f"a PEM certificate is needed, which starts with {_CERTIFICATE}; never put a private key here")
    return text


Name = Annotated[str, AfterValidator(_name)]
Directory = Annotated[
    str, matching(_DIRECTORY, "a directory server is ldaps://host, ldaps://host:636 or the same with ldap://")
]
WebAddress = Annotated[
    str,
    matching(
        _WEB_ADDRESS, "an address starts with https:// and has no spaces or quotes, such as https://keys.example.org"
    ),
]
Line = Annotated[str, AfterValidator(_line)]


class Jwt(Model):
    """Tokens signed with the shared secret `jitsi:jwtSecret` (HS256), or with keys from `keyServer` (RS256)."""

    app_id: Name
    """Application ID of the issuer of tokens."""
    issuers: tuple[Name, ...] = ()
    """Accepted `iss` claims; by default appId."""
    audiences: tuple[Name, ...] = ()
    """Accepted `aud` claims; by default appId."""
    key_server: WebAddress | None = None
    """Base URL of public keys: `<keyServer>/<SHA-256 of the token's kid, hex>.pem`. Without it, tokens are signed with
    jitsi:jwtSecret (HS256)."""
    tenants: bool = False
    """Binds a token to the tenant in its claim `sub`, the part of the URL before the room; outside of a tenant `sub` is meet.jitsi, and
    `*` opens every tenant. Off, a token for a room opens rooms of that name in every tenant."""
    allow_empty: bool = False
    """Lets people without a token open meetings, too; a token that is sent must still be valid."""
    login_url: WebAddress | None = None
    """URL that people are sent to for logging in; `{room}` stands for the room's name. It must send them back with `?jwt=`."""


class Ldap(Model):
    """LDAP directory that checks names and passwords; prosody asks it through saslauthd."""

    servers: Annotated[tuple[Directory, ...], Field(min_length=1)]
    """Servers, tried in this order: `ldaps://ldap.example.org`."""
    base: Line
    """Search base: `ou=people,dc=example,dc=org`."""
    filter: Annotated[str, AfterValidator(_filter)] = FILTER_DEFAULT
    """Search filter; `%u` stands for the name that was typed in."""
    bind_dn: Line | None = None
    """DN that searches, with the secret `jitsi:ldapPassword`; by default an anonymous bind."""
    start_tls: bool = False
    """Encrypts ldap:// connections with StartTLS."""
    verify: bool = True
    """Verifies the servers' certificates."""
    ca: Annotated[str, AfterValidator(_certificate)] | None = None
    """PEM certificate of the authority that signed the servers' certificates; by default the authorities that the image trusts."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield servers and options that cannot be encrypted together."""
        schemes = {server.partition(":")[0] for server in self.servers}
        if len(schemes) > 1:
            yield (
                "servers",
                "ldap:// and ldaps:// are mixed; use ldaps:// for all servers, or ldap:// with startTls: true",
            )
        if self.start_tls and "ldaps" in schemes:
            yield (
                "startTls",
                "startTls works with ldap:// only, and an ldaps:// server is encrypted from the start; remove startTls",
            )
        if self.ca and not self.encrypted:
            yield "ca", "ca is used only for encrypted connections; set startTls: true, or use ldaps://"
        if self.ca and not self.verify:
            yield "ca", "ca has no effect with verify: false; remove verify"

    @property
    def encrypted(self) -> bool:
        """Whether names and passwords are encrypted on the way to the directory."""
        return self.start_tls or all(server.startswith("ldaps:") for server in self.servers)


class Auth(Model):
    """Authentication, set alike on web, prosody and jicofo."""

    type: Literal["none", "jwt", "internal", "ldap"] = "none"
    """Who may open meetings. `none`: everyone. `jwt`: people with a token. `internal`: the accounts of the secret `jitsi:users`.
    `ldap`: people in the directory."""
    guests: bool = False
    """Lets people join meetings, but not open them, without logging in."""
    wait_for_host: Literal["dialog", "lobby"] = "dialog"
    """What guests see until someone has logged in. `dialog`: a question whether they are the host. `lobby`: a lobby that opens
    automatically."""
    moderators: Literal["hosts", "claim"] = "hosts"
    """Who moderates. `hosts`: people who have logged in. `claim`: people whose token has `context.user.moderator: true`, or
    `context.user.affiliation` owner, moderator or teacher."""
    lobby: bool = True
    """Lets moderators turn on a lobby."""
    login_lifetime: Annotated[Duration, between("1m", "365d")] | None = None
    """How long a browser stays logged in without sending its password or token again; by default the image's 24 h."""
    jwt: Jwt | None = None
    """How tokens are checked, for type jwt."""
    ldap: Ldap | None = None
    """Which directory is asked, and how, for type ldap."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield keys of another type of authentication, and rights of guests and moderators that nobody would have."""
        yield from self._parts()
        yield from self._guests()
        yield from self._moderators()

    def _parts(self) -> Iterator[tuple[str, str]]:
        if self.type == "jwt" and self.jwt is None:
            yield "jwt", "type jwt needs jwt: {appId: …, issuers: […], audiences: […]}"
        if self.type == "ldap" and self.ldap is None:
            yield "ldap", "type ldap needs ldap: {servers: [ldaps://…], base: …}"
        if self.jwt and self.type != "jwt":
            yield (
                "jwt",
                f"jwt is used only with type jwt; with type {self.type}, {self._openers()} could open meetings; set type: jwt",
            )
        if self.ldap and self.type != "ldap":
            yield (
                "ldap",
                f"ldap is used only with type ldap; with type {self.type}, {self._openers()} could open meetings; set type: ldap",
            )
        if self.login_lifetime is not None and not self.jicofo_decides:
            yield (
                "loginLifetime",
                "jicofo keeps logins, but not with type none, waitForHost: lobby or moderators: claim; remove loginLifetime",
            )

    def _openers(self) -> str:
        return {"none": "everyone", "internal": "the accounts of jitsi:users"}.get(self.type, "others")

    def _guests(self) -> Iterator[tuple[str, str]]:
        if self.guests and self.type == "none":
            yield (
                "guests",
                "guests has no effect with type none, where nobody logs in; remove guests, or set another type",
            )
        if "wait_for_host" in self.model_fields_set and not self.guests:
            yield "waitForHost", "waitForHost is for guests, which are not allowed; set guests: true"
        if self.wait_for_host == "lobby" and not self.lobby:
            yield "waitForHost", "waitForHost: lobby needs the lobby; set lobby: true, or waitForHost: dialog"
        if self.guests and self.jwt and self.jwt.allow_empty:
            yield (
                "jwt.allowEmpty",
                "with allowEmpty everyone may open meetings, so there are no guests; remove guests or allowEmpty",
            )

    def _moderators(self) -> Iterator[tuple[str, str]]:
        if self.moderators != "claim":
            return
        if self.type != "jwt":
            yield (
                "moderators",
                f"moderators: claim reads tokens, but type is {self.type}; set type: jwt, or moderators: hosts",
            )
        # Jicofo makes everyone who logs in a moderator. Without that feature it does not hold guests back either.
        elif self.guests and self.wait_for_host != "lobby":
            yield (
                "waitForHost",
                "moderators: claim with guests needs waitForHost: lobby, since guests could open meetings otherwise; set it",
            )

    @property
    def jicofo_decides(self) -> bool:
        """Whether jicofo lets only people who have logged in open meetings, and makes them moderators.

        Otherwise prosody decides: it keeps guests in the lobby and reads moderators from tokens.
        """
        return self.type != "none" and self.moderators == "hosts" and not self.hosts_are_awaited

    @property
    def hosts_are_awaited(self) -> bool:
        """Whether guests wait in a lobby until someone has logged in."""
        return self.guests and self.wait_for_host == "lobby"

    @property
    def needs_jwt_secret(self) -> bool:
        """Whether the secret `jitsi:jwtSecret` must be set."""
        return self.jwt is not None and self.jwt.key_server is None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets under `jitsi:` that must be set."""
        needed = {
            "jwtSecret": self.needs_jwt_secret,
            "ldapPassword": self.ldap is not None and self.ldap.bind_dn is not None,
            "users": self.type == "internal",
        }
        return tuple(name for name, is_needed in needed.items() if is_needed)

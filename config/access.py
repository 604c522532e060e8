"""Who may open a meeting, who may join it, and who moderates."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.model import Duration, Model, lasts, of_form, refuse

HASHES = 32  # bytes; RFC 7518 §3.2: a key for HS256 is at least as long as its hash
FILTER_DEFAULT = "uid=%u"

_WEB_ADDRESS = re.compile(r"https?://[^\s/'\"\\]+(/[^\s'\"\\]*)?")
_DIRECTORY = re.compile(r"ldaps?://[A-Za-z0-9._-]+(:\d{1,5})?/?")
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


def _name(text: str) -> str:
    if not text or text != text.strip() or re.search(r"[,\"\\\x00-\x1f]", text):
        raise ValueError(
            f"a name is one or more characters without a comma, a quote, a backslash or a line break, which the image's "
            f"templates would break on; got {text!r}"
        )
    return text


def _line(text: str) -> str:
    if not text.strip() or re.search(r"[\x00-\x1f]", text):
        raise ValueError(f"one line of text is needed, as it becomes a line of saslauthd's configuration; got {text!r}")
    return text


def _filter(text: str) -> str:
    if "%u" not in _line(text) and "%U" not in text:
        raise ValueError(
            f'a filter names the person as %u, such as "{FILTER_DEFAULT}"; {text!r} finds the same entry for everybody'
        )
    return text


def _certificate(text: str) -> str:
    if not text.lstrip().startswith(_CERTIFICATE):
        raise ValueError(
            f"a certificate as PEM text is needed, which starts with {_CERTIFICATE}; it is public, a key is not"
        )
    return text


Name = Annotated[str, AfterValidator(_name)]
Directory = Annotated[
    str, of_form(_DIRECTORY, "a directory server is ldaps://host or ldaps://host:636, or ldap:// in front")
]
WebAddress = Annotated[
    str,
    of_form(
        _WEB_ADDRESS, "an address starts with https:// and has no spaces or quotes, such as https://keys.example.org"
    ),
]
Line = Annotated[str, AfterValidator(_line)]


class Jwt(Model):
    """Tokens signed with the shared secret `jitsi:jwtSecret` (HS256), or by keys of `keyServer` (RS256)."""

    app_id: Name
    """The application that signs tokens."""
    issuers: tuple[Name, ...] = ()
    """Accepted `iss`; by default appId."""
    audiences: tuple[Name, ...] = ()
    """Accepted `aud`; by default appId."""
    key_server: WebAddress | None = None
    """Base address of public keys: `<keyServer>/<SHA-256 of the token's kid, hex>.pem`; none: HS256 with jitsi:jwtSecret."""
    allow_empty: bool = False
    """Who has no token opens meetings as well; a token that is there must be right."""
    login_url: WebAddress | None = None
    """Where web sends people who must log in; `{room}` becomes the room's name. It sends them back with `?jwt=`."""


class Ldap(Model):
    """A directory that checks names and passwords; prosody asks it through saslauthd."""

    servers: Annotated[tuple[Directory, ...], Field(min_length=1)]
    """Servers, asked in this order: `ldaps://ldap.example.org`."""
    base: Line
    """Where people are searched: `ou=people,dc=example,dc=org`."""
    filter: Annotated[str, AfterValidator(_filter)] = FILTER_DEFAULT
    """Which entry is a person's; `%u` is the name typed in."""
    bind_dn: Line | None = None
    """Who searches, with the secret `jitsi:ldapPassword`; none: anonymously."""
    start_tls: bool = False
    """Encrypts a connection that begins as ldap://."""
    verify: bool = True
    """Checks the servers' certificates."""
    ca: Annotated[str, AfterValidator(_certificate)] | None = None
    """Certificate of the authority that signed the servers', PEM; none: the authorities that the image trusts."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse(self._contradictions())
        return self

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        schemes = {server.partition(":")[0] for server in self.servers}
        if len(schemes) > 1:
            yield (
                "servers",
                "ldap:// and ldaps:// are mixed; take ldaps:// for all of them, or ldap:// with startTls: true",
            )
        if self.start_tls and "ldaps" in schemes:
            yield (
                "startTls",
                "startTls begins on ldap://, and a server is ldaps://, which is encrypted from the start; leave startTls out",
            )
        if self.ca and not self.encrypted:
            yield "ca", "ca is read only where the connection is encrypted; set startTls: true, or take ldaps://"
        if self.ca and not self.verify:
            yield "ca", "ca means nothing with verify: false; leave verify out"

    @property
    def encrypted(self) -> bool:
        """Whether names and passwords travel encrypted."""
        return self.start_tls or all(server.startswith("ldaps:") for server in self.servers)


class Auth(Model):
    """Authentication of those who open meetings; set alike on web, prosody and jicofo."""

    type: Literal["none", "jwt", "internal", "ldap"] = "none"
    """`none`: everybody opens meetings. `jwt`: whoever has a token. `internal`: the accounts of the secret `jitsi:users`.
    `ldap`: whoever the directory knows."""
    guests: bool = False
    """Without logging in one may join, not open, a meeting."""
    wait_for_host: Literal["dialog", "lobby"] = "dialog"
    """What guests do until somebody has logged in: `dialog` asks them whether they are the host, `lobby` lets them wait in a
    lobby that opens by itself."""
    moderators: Literal["hosts", "claim"] = "hosts"
    """`hosts`: who has logged in moderates. `claim`: only whose token says `context.user.moderator: true`, or
    `context.user.affiliation` owner, moderator or teacher."""
    lobby: bool = True
    """Moderators may let others wait."""
    login_lifetime: Annotated[Duration, lasts("1m", "365d")] | None = None
    """How long a browser stays logged in without its password or token; by default the image's 24 h."""
    jwt: Jwt | None = None
    """How tokens are checked."""
    ldap: Ldap | None = None
    """Which directory is asked, and how."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        contradictions = [*self._parts(), *self._guests(), *self._moderators()]
        refuse(contradictions)
        return self

    def _parts(self) -> Iterator[tuple[str, str]]:
        if self.type == "jwt" and self.jwt is None:
            yield "jwt", "type jwt needs jwt: {appId: …, issuers: […], audiences: […]}"
        if self.type == "ldap" and self.ldap is None:
            yield "ldap", "type ldap needs ldap: {servers: [ldaps://…], base: …}"
        if self.jwt and self.type != "jwt":
            yield "jwt", f"jwt is read only with type jwt; type is {self.type}, so {self._opens()} could open meetings"
        if self.ldap and self.type != "ldap":
            yield (
                "ldap",
                f"ldap is read only with type ldap; type is {self.type}, so {self._opens()} could open meetings",
            )
        if self.login_lifetime is not None and not self.jicofo_decides:
            yield (
                "loginLifetime",
                "logins are kept by jicofo, which has no say with type none, waitForHost lobby or moderators claim; leave loginLifetime out",
            )

    def _opens(self) -> str:
        return {"none": "every visitor", "internal": "the accounts of jitsi:users"}.get(self.type, "others")

    def _guests(self) -> Iterator[tuple[str, str]]:
        if self.guests and self.type == "none":
            yield "guests", "guests: true means something only where others must log in; type is none"
        if "wait_for_host" in self.model_fields_set and not self.guests:
            yield "waitForHost", "waitForHost says what guests wait for, and there are none; set guests: true"
        if self.wait_for_host == "lobby" and not self.lobby:
            yield "waitForHost", "waitForHost lobby needs the lobby; set lobby: true, or waitForHost: dialog"
        if self.guests and self.jwt and self.jwt.allow_empty:
            yield (
                "jwt.allowEmpty",
                "with allowEmpty nobody needs to join as a guest: everyone opens meetings; set one of guests and allowEmpty",
            )

    def _moderators(self) -> Iterator[tuple[str, str]]:
        if self.moderators != "claim":
            return
        if self.type != "jwt":
            yield (
                "moderators",
                f"moderators claim reads tokens, and type is {self.type}; set type: jwt, or moderators: hosts",
            )
        # Jicofo makes everybody who logs in a moderator; told not to, it does not hold guests back either.
        elif self.guests and self.wait_for_host != "lobby":
            yield (
                "waitForHost",
                "moderators claim with guests needs waitForHost: lobby: without it guests would open meetings themselves",
            )

    @property
    def jicofo_decides(self) -> bool:
        """Whether jicofo lets only those open a meeting who have logged in, and makes them moderators.

        Otherwise prosody decides: it keeps guests in the lobby, and takes moderators from tokens.
        """
        return self.type != "none" and self.moderators == "hosts" and not self.hosts_are_awaited

    @property
    def hosts_are_awaited(self) -> bool:
        """Whether guests wait in a lobby until somebody has logged in."""
        return self.guests and self.wait_for_host == "lobby"

    @property
    def needs_jwt_secret(self) -> bool:
        """Whether the secret `jitsi:jwtSecret` must be set."""
        return self.jwt is not None and self.jwt.key_server is None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets under `jitsi:` that must be set."""
        wanted = {
            "jwtSecret": self.needs_jwt_secret,
            "ldapPassword": self.ldap is not None and self.ldap.bind_dn is not None,
            "users": self.type == "internal",
        }
        return tuple(name for name, needed in wanted.items() if needed)

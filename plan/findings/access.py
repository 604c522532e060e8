"""Rules about secrets, and about who reaches what."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from config.model import in_zone
from plan.findings.rule import Found, Subject, rule


@rule("secret-in-plain-text", "error")
def secret_in_plain_text(subject: Subject) -> Iterator[Found]:
    """A secret stands in the stack file as it is; the program refuses to run with it."""
    for name in subject.plain_secrets:
        yield Found(
            name,
            "stands in the stack file in plain text, where everyone who reads the repository reads it; pulumi up refuses it",
            f"replace the value, then run: pulumi config set --secret jitsi:{name}",
        )


@rule("api-server-open", "info")
def api_server_open(subject: Subject) -> Iterator[Found]:
    """The cluster's API server answers everyone."""
    allowed = subject.config.cluster.allowed_ips
    if subject.kapsule and (allowed is None or {"0.0.0.0/0", "::/0"} & set(allowed)):
        yield Found(
            "cluster.allowedIps",
            "the API server is reachable from 0.0.0.0/0; only its token protects it",
            "list the ranges that deploy from: cluster.allowedIps: [203.0.113.0/24]",
        )


PUBLIC_STUN = (
    *("jitsi.net", "google.com", "cloudflare.com", "twilio.com", "mozilla.com", "nextcloud.com"),
    *("stunprotocol.org", "xirsys.com", "metered.ca", "freeswitch.org", "ekiga.net", "sipgate.net"),
)
"""Zones of STUN servers that tutorials and defaults name."""


def _is_third_party(server: str) -> bool:
    host = server.partition(":")[0].lower()
    return any(in_zone(host, zone) for zone in PUBLIC_STUN)


@rule("third-party-stun", "warning")
def third_party_stun(subject: Subject) -> Iterator[Found]:
    """Bridges or browsers ask a public server of others for their address."""
    for server in filter(_is_third_party, subject.config.meetings.stun_servers):
        yield Found(
            "meetings.stunServers",
            f"the browsers of every meeting of two ask {server}, a third party, which so learns who meets and when",
            "name a server of your own, or none: then two behind different routers talk over the bridge",
        )
    for position, shard in enumerate(subject.shards):
        if shard.bridges.public_address != "stun":
            continue
        theirs = [server for server in shard.bridges.stun_servers if _is_third_party(server)]
        if theirs:
            yield Found(
                subject.bridges_key(position, "stun_servers"),
                f"publicAddress stun asks {theirs[0]}, a third party without any promise: bridges that start while it is away "
                "stay without a public address, and it learns the address of every bridge",
                "name servers of your own in stunServers, or set publicAddress: node where nodes carry their public address",
            )


def _stays_inside(host: str) -> bool:
    """Whether a host's traffic never leaves the cluster."""
    return host.endswith((".svc", ".svc.cluster.local"))


@rule("directory-in-the-clear", "error")
def directory_in_the_clear(subject: Subject) -> Iterator[Found]:
    """Passwords of people travel to the directory unencrypted."""
    ldap = subject.config.auth.ldap
    if ldap is None or ldap.encrypted:
        return
    yield Found(
        "auth.ldap.servers",
        f"{ldap.servers[0]} is asked unencrypted: everyone on the way reads the passwords of everybody who logs in",
        "take ldaps:// servers, or set auth.ldap.startTls: true",
        "warning" if all(_stays_inside(urlsplit(server).hostname or "") for server in ldap.servers) else None,
    )


@rule("directory-unverified", "warning")
def directory_unverified(subject: Subject) -> Iterator[Found]:
    """Anyone may pose as the directory."""
    ldap = subject.config.auth.ldap
    if ldap and ldap.encrypted and not ldap.verify:
        yield Found(
            "auth.ldap.verify",
            "the directory's certificate is not checked: whoever redirects the connection reads passwords and lets in whom they like",
            "leave verify out; where the certificate is signed by an authority of your own, give it in auth.ldap.ca",
        )


@rule("key-server-in-the-clear", "error")
def key_server_in_the_clear(subject: Subject) -> Iterator[Found]:
    """Keys that tokens are checked with come over an open connection."""
    jwt = subject.config.auth.jwt
    if jwt is None or jwt.key_server is None or jwt.key_server.startswith("https:"):
        return
    yield Found(
        "auth.jwt.keyServer",
        f"{jwt.key_server} is asked unencrypted: whoever answers in its place signs tokens for every meeting",
        "take an https:// address",
        "warning" if _stays_inside(urlsplit(jwt.key_server).hostname or "") else None,
    )


@rule("login-in-the-clear", "warning")
def login_in_the_clear(subject: Subject) -> Iterator[Found]:
    """Tokens come back from a login page over an open connection."""
    jwt = subject.config.auth.jwt
    if jwt and jwt.login_url and not jwt.login_url.startswith("https:"):
        yield Found(
            "auth.jwt.loginUrl",
            f"{jwt.login_url} is opened unencrypted: whoever is on the way reads the token that it gives, and moderates with it",
            "take an https:// address",
        )


@rule("tokens-of-anyone", "warning")
def tokens_of_anyone(subject: Subject) -> Iterator[Found]:
    """Tokens made for other services are accepted."""
    jwt = subject.config.auth.jwt
    for key, names in (("issuers", jwt.issuers), ("audiences", jwt.audiences)) if jwt else ():
        if "*" in names:
            claim = "iss" if key == "issuers" else "aud"
            yield Found(
                f"auth.jwt.{key}",
                f'"*" accepts every {claim}: a token that the same key signed for another service opens meetings here',
                f"list the {claim} of your own tokens, or leave {key} out for appId",
            )


@rule("tokens-optional", "warning")
def tokens_optional(subject: Subject) -> Iterator[Found]:
    """Nobody needs a token to open a meeting."""
    auth = subject.config.auth
    if auth.jwt and auth.jwt.allow_empty:
        moderated = (
            "; and with moderators claim a meeting without such a token has no moderator"
            if auth.moderators == "claim"
            else ""
        )
        yield Found(
            "auth.jwt.allowEmpty",
            f"everyone opens meetings, with a token or without: type jwt then keeps nobody out{moderated}",
            "set allowEmpty: false, and guests: true for those who are to join only",
        )


@rule("guests-unasked", "warning")
def guests_unasked(subject: Subject) -> Iterator[Found]:
    """Guests walk into meetings that run, and nobody can make them wait."""
    auth = subject.config.auth
    if auth.guests and not auth.lobby:
        yield Found(
            "auth.lobby",
            "guests join every meeting whose name they know or guess, and without the lobby no moderator can make them wait",
            "leave lobby out, which lets moderators switch it on for a meeting",
        )

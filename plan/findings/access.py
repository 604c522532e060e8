"""Rules about secrets and access."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from config.model import in_zone
from config.stack import StackConfig
from plan.findings.rule import Hit, Subject, rule


@rule("secret-in-plain-text", "error")
def secret_in_plain_text(subject: Subject) -> Iterator[Hit]:
    """A secret is in plain text in the stack file; the program refuses to run."""
    for name in subject.plain_secrets:
        yield Hit(
            name,
            "is in plain text in the stack file, where everyone with access to the repository can read it; pulumi "
            "up refuses it",
            f"replace the value, then run: pulumi config set --secret jitsi:{name}",
        )


@rule("api-server-open", "info")
def api_server_open(subject: Subject) -> Iterator[Hit]:
    """The cluster's API server accepts connections from any address."""
    allowed = subject.config.cluster.allowed_ips
    if subject.kapsule and (allowed is None or {"0.0.0.0/0", "::/0"} & set(allowed)):
        yield Hit(
            "cluster.allowedIps",
            "the API server is reachable from 0.0.0.0/0; only its token protects it",
            "allow only the ranges you deploy from: cluster.allowedIps: [203.0.113.0/24]",
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
def third_party_stun(subject: Subject) -> Iterator[Hit]:
    """Bridges or browsers use a third party's STUN server."""
    for server in filter(_is_third_party, subject.config.meetings.stun_servers):
        yield Hit(
            "meetings.stunServers",
            f"browsers in two-person meetings query {server}, a third party that learns who meets and when",
            "use your own server, or none: two participants behind different routers then connect through the bridge",
        )
    for position, shard in enumerate(subject.shards):
        if not shard.bridges.by_stun:
            continue
        theirs = [server for server in shard.bridges.stun_servers if _is_third_party(server)]
        if theirs:
            yield Hit(
                subject.bridges_key(position, "stun_servers"),
                f"publicAddress: stun queries {theirs[0]}, a third party without an SLA: a bridge that starts during "
                "its outage has no public address, and it learns the address of every bridge",
                "list your own servers in stunServers, or set publicAddress: node if nodes have public addresses",
            )


@rule("directory-in-the-clear", "error")
def directory_in_the_clear(subject: Subject) -> Iterator[Hit]:
    """User passwords are sent to the directory unencrypted."""
    ldap = subject.config.auth.ldap
    if ldap is None or ldap.encrypted:
        return
    yield Hit(
        "auth.ldap.servers",
        f"{ldap.servers[0]} is unencrypted: anyone on the network path can read user passwords",
        "use ldaps:// servers, or set auth.ldap.startTls: true",
        "warning"
        if all(subject.config.cluster.holds(urlsplit(server).hostname or "") for server in ldap.servers)
        else None,
    )


@rule("directory-unverified", "warning")
def directory_unverified(subject: Subject) -> Iterator[Hit]:
    """The directory's certificate is not verified."""
    ldap = subject.config.auth.ldap
    if ldap and ldap.encrypted and not ldap.verify:
        yield Hit(
            "auth.ldap.verify",
            "the directory's certificate is not verified: an attacker who redirects the connection can read "
            "passwords and grant logins",
            "remove verify; if a private CA signed the certificate, set auth.ldap.ca",
        )


@rule("key-server-in-the-clear", "error")
def key_server_in_the_clear(subject: Subject) -> Iterator[Hit]:
    """Keys that verify tokens are fetched over an unencrypted connection."""
    jwt = subject.config.auth.jwt
    if jwt is None or jwt.key_server is None or jwt.key_server.startswith("https:"):
        return
    yield Hit(
        "auth.jwt.keyServer",
        f"{jwt.key_server} is unencrypted: an attacker who answers in its place can sign tokens for every meeting",
        "use an https:// address",
        "warning" if subject.config.cluster.holds(urlsplit(jwt.key_server).hostname or "") else None,
    )


@rule("login-in-the-clear", "warning")
def login_in_the_clear(subject: Subject) -> Iterator[Hit]:
    """Tokens are returned from a login page over an unencrypted connection."""
    jwt = subject.config.auth.jwt
    if jwt and jwt.login_url and not jwt.login_url.startswith("https:"):
        yield Hit(
            "auth.jwt.loginUrl",
            f"{jwt.login_url} is unencrypted: anyone on the network path can read the token it issues, and use it as "
            "a moderator",
            "use an https:// address",
        )


@rule("tokens-of-anyone", "warning")
def tokens_of_anyone(subject: Subject) -> Iterator[Hit]:
    """Tokens issued for other services are accepted."""
    jwt = subject.config.auth.jwt
    for key, names in (("issuers", jwt.issuers), ("audiences", jwt.audiences)) if jwt else ():
        if "*" in names:
            claim = "iss" if key == "issuers" else "aud"
            yield Hit(
                f"auth.jwt.{key}",
                f'"*" accepts every {claim}: a token that the same key signed for another service opens meetings here',
                f"list the {claim} of your own tokens, or remove {key} to use appId",
            )


@rule("tokens-open-every-tenant", "info")
def tokens_open_every_tenant(subject: Subject) -> Iterator[Hit]:
    """A token for a room opens the room of that name in every tenant."""
    jwt = subject.config.auth.jwt
    if jwt and not jwt.tenants:
        yield Hit(
            "auth.jwt.tenants",
            "off: tokens name a room, not its tenant, so one for lesson also opens school-a/lesson and school-b/lesson",
            "set tenants: true if several tenants share the stack, and let the portal write the tenant into sub (meet.jitsi without one)",
        )


@rule("tokens-optional", "warning")
def tokens_optional(subject: Subject) -> Iterator[Hit]:
    """Meetings can be opened without a token."""
    auth = subject.config.auth
    if auth.jwt and auth.jwt.allow_empty:
        moderated = (
            "; with moderators: claim, a meeting without such a token has no moderator"
            if auth.moderators == "claim"
            else ""
        )
        yield Hit(
            "auth.jwt.allowEmpty",
            f"anyone can open a meeting, with or without a token, so type: jwt restricts nothing{moderated}",
            "set allowEmpty: false; for people who only join set guests: true"
            + (" and waitForHost: lobby" if auth.moderators == "claim" else ""),
        )


def _features(config: StackConfig) -> dict[str, bool]:
    """Return the features of tokens -> whether the stack has what they allow."""
    recording, jigasi = config.recording, config.jigasi
    return {
        "file-upload": config.meetings.file_sharing is not None,
        "recording": recording is not None,
        "livestreaming": recording is not None and recording.streaming is not None,
        "transcription": jigasi is not None and jigasi.transcription is not None,
        "outbound-call": jigasi is not None and jigasi.sip is not None,
    }


@rule("token-features", "info")
def token_features(subject: Subject) -> Iterator[Hit]:
    """File sharing is for tokens with features, and such a token is judged by its features alone."""
    features = [name for name, has in _features(subject.config).items() if has]
    if "file-upload" not in features:
        return
    if subject.config.auth.jwt is None:
        yield Hit(
            "meetings.fileSharing",
            f"browsers offer it only to tokens with the feature file-upload, and auth.type is {subject.config.auth.type}: nobody gets it",
            "set auth.type: jwt, or remove meetings.fileSharing",
            "warning",
        )
    elif len(features) > 1:
        yield Hit(
            "meetings.fileSharing",
            f"a token with context.features is judged by those alone: one with file-upload only takes {', '.join(features[1:])} away, from "
            "moderators as well",
            f"sign tokens with all of {', '.join(features)} for those who may; docs/token-features.md shows one",
        )


@rule("guests-unasked", "warning")
def guests_unasked(subject: Subject) -> Iterator[Hit]:
    """Guests join running meetings, and moderators cannot make them wait."""
    auth = subject.config.auth
    if auth.guests and not auth.lobby:
        yield Hit(
            "auth.lobby",
            "guests can join any meeting whose name they know or guess, and without a lobby moderators cannot make "
            "them wait",
            "remove lobby: the default lets moderators enable it per meeting",
        )

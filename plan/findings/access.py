"""Rules about secrets, and about who reaches what."""

from collections.abc import Iterator

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
    """Bridges ask a public server of others for their address."""
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

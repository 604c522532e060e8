"""From a stack's config to what is checked."""

from components.edge.places import EdgeShard, draws
from components.signalling.addresses import XMPP_DOMAIN
from config.stack import StackConfig
from probe.targets import Targets


def targets(config: StackConfig) -> Targets:
    """Active shards with the throws that HAProxy gives each of all shards."""
    shards = tuple(
        EdgeShard(name=shard.name, slot=shard.slot, state=shard.state, weight=shard.weight) for shard in config.resolved
    )
    throws = draws(shards)
    return Targets(
        domain=config.domain,
        xmpp_domain=XMPP_DOMAIN,
        shards={shard.name: (shard.number, throws[shard.name]) for shard in shards if shard.state == "active"},
        turn_host=config.turn_host,
        self_signed=config.ingress.tls.mode == "selfSigned",
        told=config.monitoring.probe is not None,
        namespace=config.namespace,
        first_ports={shard.name: shard.first_port for shard in config.resolved},
        unchecked={shard.name: shard.state for shard in shards if shard.state != "active"},
    )

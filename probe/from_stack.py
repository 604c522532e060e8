"""The targets of a stack, from its config."""

from config.stack import StackConfig
from probe.targets import Targets
from sizing.addresses import XMPP_DOMAIN
from sizing.edge_shards import EdgeShard, draws


def targets(config: StackConfig) -> Targets:
    """Active shards, with the draws of room hashes that HAProxy gives each shard."""
    shards = tuple(
        EdgeShard(name=shard.name, slot=shard.slot, state=shard.state, weight=shard.weight) for shard in config.resolved
    )
    drawn = draws(shards)
    return Targets(
        domain=config.domain,
        xmpp_domain=XMPP_DOMAIN,
        shards={shard.name: (shard.number, drawn[shard.name]) for shard in shards if shard.state == "active"},
        turn_host=config.turn_host,
        hosts=config.hosts,
        self_signed=config.ingress.tls.mode == "selfSigned",
        told=config.monitoring.probe is not None,
        namespace=config.namespace,
        first_ports={shard.name: shard.first_port for shard in config.resolved},
        unchecked={shard.name: shard.state for shard in shards if shard.state != "active"},
    )

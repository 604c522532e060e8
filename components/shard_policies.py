"""Network policies of a shard: which pods may reach web, prosody, jicofo and the bridges."""

from components.kubernetes.document import Document
from components.kubernetes.labels import LAYOUT_LABEL
from components.kubernetes.network_policies import ingress, media_ports, metrics_reader, policy
from components.signalling.options import NOTHING, Options
from config.shard import Shard
from sizing.addresses import ShardNames
from sizing.parts import JVB, PARTS


def shard_policies(
    shard: Shard, namespace: str, scraper: str | None, options: Options = NOTHING
) -> dict[str, Document]:
    """One policy per component of a shard, by component.

    UDP in from anywhere to the bridges' ports. TCP in only from the peers that need it: 8080 and 8888 (REST) and prosody's 5280
    (which also serves metrics) ask for no login. `scraper` is the name label of the pods that read metrics, None for any pod.
    """
    names = ShardNames(shard.name, namespace)
    reader = metrics_reader(scraper)
    absent = {part.key for part in PARTS if part.key and not getattr(options, part.key, True)}
    more = {JVB.name: {LAYOUT_LABEL: shard.bridges.layout}}
    return {
        part.name: policy(
            names,
            part.name,
            ingress(part, shard.name, reader, decided=media_ports(shard), absent=absent),
            **more.get(part.name, {}),
        )
        for part in PARTS
        if part.per_shard and part.opens and not part.key
    }

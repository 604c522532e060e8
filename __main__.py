import pulumi

from components.jitsi_meet import JitsiMeet, JitsiMeetArgs
from components.place.clouds import place
from config.load import load
from config.stack_name import instance_of
from sizing.ports import port_plan

config, secrets = load()
instance = instance_of(pulumi.get_stack())

here = place(config, secrets, instance)
meet = JitsiMeet(
    "jitsi",
    JitsiMeetArgs(config=config, instance=instance, secrets=secrets, place=here),
    pulumi.ResourceOptions(provider=here.provider),
)

address = meet.edge.address if here.address is None else here.address
records = [pulumi.Output.concat(host, " -> ", address) for host in config.edge_hosts if not config.makes_record(host)]
if here.address6 is not None:
    records += [
        pulumi.Output.concat(host, " AAAA -> ", here.address6)
        for host in config.edge_hosts
        if not config.makes_record(host)
    ]
    pulumi.export("address6", here.address6)
records += [
    pulumi.Output.concat(host, f" {kind} -> " if kind == "AAAA" else " -> ", further, ", while it answers")
    for kind, further in here.more_addresses
    for host in config.edge_hosts
    if not config.makes_record(host)
]
pulumi.export("url", f"https://{config.domain}")
pulumi.export("address", address)
pulumi.export("records", [*records, *here.records])
pulumi.export("namespace", config.namespace)
if here.kubeconfig is not None:
    pulumi.export("kubeconfig", pulumi.Output.secret(here.kubeconfig))
pulumi.export(
    "shards",
    [
        {"name": shard.name, "zone": shard.zone, "state": shard.state, "release": shard.release}
        for shard in config.resolved
    ],
)
pulumi.export(
    "bridges",
    [
        {"shard": bridge.shard, "bridge": bridge.bridge, "port": bridge.port, "layout": bridge.layout}
        for bridge in port_plan(config.resolved)
    ],
)

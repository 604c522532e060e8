import pulumi

from components.cloud.cluster_access import cluster_provider, server_of
from components.cloud.region import ScalewayRegion, ScalewayRegionArgs
from components.jitsi_meet import JitsiMeet, JitsiMeetArgs
from config.load import load
from plan.ports import port_plan

config, secrets = load()
stack = pulumi.get_stack()

if secrets.kubeconfig is not None:
    scaleway = None
    identity = pulumi.Output.unsecret(secrets.kubeconfig.apply(server_of))
    cluster = cluster_provider("cluster", secrets.kubeconfig, identity)
else:
    scaleway = ScalewayRegion("scaleway", ScalewayRegionArgs(config=config, region=str(config.region), instance=stack))
    cluster = scaleway.provider

made = scaleway.recordings if scaleway else None
cockpit = scaleway.logs if scaleway else None
meet = JitsiMeet(
    "jitsi",
    JitsiMeetArgs(
        config=config,
        instance=stack,
        seed=secrets.seed,
        access_secrets=secrets.access,
        sip_password=secrets.sip_password,
        google_credentials=secrets.google_credentials,
        address_id=scaleway.address.address_id if scaleway else None,
        address_zone=scaleway.address_zone if scaleway else None,
        recorder_nodes=scaleway.recorder_nodes if scaleway else None,
        recordings_access_key=made.access_key if made else secrets.recording_access_key,
        recordings_secret_key=made.secret_key if made else secrets.recording_secret_key,
        logs_url=cockpit.url if cockpit else config.monitoring.logs.url,
        logs_password=cockpit.token if cockpit else secrets.loki_password,
    ),
    pulumi.ResourceOptions(provider=cluster),
)

address = scaleway.address.address if scaleway else meet.edge.address
pulumi.export("url", f"https://{config.domain}")
pulumi.export("address", address)
pulumi.export(
    "records",
    [
        *(pulumi.Output.concat(host, " -> ", address) for host in config.hosts if not config.makes_record(host)),
        *(scaleway.relays.wanted_records if scaleway and scaleway.relays else ()),
    ],
)
pulumi.export("namespace", config.namespace)
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

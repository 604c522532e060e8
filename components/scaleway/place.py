"""Scaleway Kapsule as the place of a stack."""

from components.place.existing import own_bucket, own_log_store
from components.place.place import BucketKeys, LogStore, Place
from components.scaleway.balancer import scaleway_annotations
from components.scaleway.dedicated_nodes import POOL_LABEL
from components.scaleway.region import ScalewayRegion, ScalewayRegionArgs
from config.load import Secrets
from config.stack import StackConfig


def kapsule(config: StackConfig, secrets: Secrets, stack: str) -> Place:
    """A Kapsule cluster with its pools and firewalls, a reserved address, and the configured bucket and log store."""
    region = ScalewayRegion("scaleway", ScalewayRegionArgs(config=config, region=str(config.region), instance=stack))
    bucket, logs = region.recordings, region.logs
    zones, ids = config.balancer_zones, region.address.address_ids
    first, *others = (scaleway_annotations(config.ingress, zone, ids[zone]) for zone in zones)
    return Place(
        provider=region.provider,
        own_pools=True,
        kubeconfig=region.kubeconfig,
        bridge_pools={shard: {POOL_LABEL: pool.name} for shard, pool in region.bridge_pools.items()},
        advertise_pods=False,  # pods are in 100.64.0.0/10, which the bridge counts as public
        address=region.address.address,
        address6=region.address.address6,
        proxy_protocol=True,
        service_annotations=first,
        more_services=dict(zip(zones[1:], others, strict=True)),
        more_addresses=region.address.more,
        records=region.turn_nodes.missing_records if region.turn_nodes else (),
        recorder_nodes=region.recorder_nodes,
        bucket_keys=BucketKeys(access_key=bucket.access_key, secret_key=bucket.secret_key)
        if bucket
        else own_bucket(secrets),
        log_store=LogStore(url=logs.url, password=logs.token) if logs else own_log_store(config, secrets),
    )

"""The recorders of a stack, their autoscaler, and the keys that they use."""

from dataclasses import dataclass

import pulumi

from components.kubernetes.component import Component
from components.kubernetes.site import Site
from components.place.place import BucketKeys
from components.recording.autoscaling import autoscaler
from components.recording.pods import RecorderPods, Store
from config.passwords import RECORDER_USERS
from config.recording import Recording
from sizing.drain import NAMESPACE_MARGIN_SECONDS, recorder_grace_seconds
from sizing.pools import recorder_zone


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordersArgs:
    """Inputs of `Recorders`."""

    site: Site
    recording: Recording
    keys: BucketKeys


class Recorders(Component):
    """Recorders for all shards. Metrics: TCP 9464 in, from the metrics reader."""

    def __init__(self, name: str, args: RecordersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:recording:Recorders", name, opts)
        site = args.site
        pods = recorder_pods(site, args.recording)
        needs = [
            self.add("config", pods.config_map()),
            self.add("passwords", pods.passwords(site.passwords.each(RECORDER_USERS))),
            self.add("store", pods.store_secret(args.keys.access_key, args.keys.secret_key)),
            self.add("policy", pods.network_policy(site.reader)),
        ]
        self.add("headless", pods.headless_service())
        # CRITICAL: depend on everything that a leaving recorder needs for its last upload, so that it is deleted later.
        leaving = f"{recorder_grace_seconds(args.recording) + NAMESPACE_MARGIN_SECONDS}s"
        self.add("workload", pods.workload(), *needs, custom_timeouts=pulumi.CustomTimeouts(delete=leaving))
        self.add("budget", pods.disruption_budget())
        self.add("autoscaler", autoscaler(pods, site.config.metrics))
        self.register_outputs({})


def recorder_pods(site: Site, recording: Recording) -> RecorderPods:
    """Return the recorders' pods, which upload to Scaleway Object Storage or the configured S3 endpoint."""
    config = site.config
    at_scaleway = recording.endpoint is None
    region = str(config.region) if at_scaleway else recording.signing_region or "us-east-1"
    return RecorderPods(
        namespace=config.namespace,
        instance=site.instance,
        domain=config.domain,
        shards=[shard.name for shard in config.resolved],
        image=config.images.jitsi("jibri", config.images.tag),
        recording=recording,
        store=Store(
            endpoint=recording.endpoint or f"https://s3.{region}.scw.cloud",
            region=region,
            provider="Scaleway" if at_scaleway else "Other",
        ),
        zone=recorder_zone(config),
        own_pools=site.place.own_pools,
        trust_any_certificate=config.ingress.tls.mode == "selfSigned",
        keep_data=config.protect,
        dns_domain=config.cluster.domain,
        annotations=site.passwords.mark(*RECORDER_USERS.values()),
    )

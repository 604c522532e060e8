"""The whole service inside a cluster: namespace, edge, metrics and shards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.bridges.spares import spare_class
from components.children import child_options
from components.collaboration.collaboration import Collaboration, CollaborationArgs
from components.edge.ingress_edge import IngressEdge, IngressEdgeArgs
from components.gateway.gateway import Gateway, GatewayArgs
from components.gateway.pods import MARGIN_SECONDS
from components.kubernetes_object import KubernetesObject
from components.labels import labels, manifest
from components.logs.collector import LogCollector, LogCollectorArgs
from components.metrics.metrics_adapter import MetricsAdapter, MetricsAdapterArgs
from components.monitoring.monitoring import Monitoring, MonitoringArgs
from components.monitoring.stack import rule_groups, watched
from components.network_policies import metrics_reader, scraping_pods
from components.recording.pods import RecorderPods, Store
from components.recording.recorders import Recorders, RecordersArgs, passwords_mark
from components.shard import JitsiShard, JitsiShardArgs
from components.signalling.options import Options
from components.signalling.web_content import web_content
from components.turn.turn_relay import TurnRelay, TurnRelayArgs
from config.recording import Recording
from config.stack import StackConfig
from plan.recording_pool import namespace_leave_seconds, zone_of
from probe.stack import targets


@dataclass(frozen=True, kw_only=True, slots=True)
class JitsiMeetArgs:
    """Inputs of `JitsiMeet`; the address is none on a cluster that is not Scaleway's."""

    config: StackConfig
    instance: str
    seed: pulumi.Output[str]
    access_secrets: Mapping[str, pulumi.Output[str]]
    """Secret under `jitsi:` -> its value, as `Auth.secrets` names them."""
    sip_password: pulumi.Output[str] | None
    google_credentials: pulumi.Output[str] | None
    address_id: pulumi.Output[str] | None
    address_zone: str | None
    recorder_nodes: pulumi.Resource | None = None
    """What recorders run on and must keep until the last of them has left; None on an existing cluster."""
    recordings_access_key: pulumi.Output[str] | None = None
    recordings_secret_key: pulumi.Output[str] | None = None
    logs_url: pulumi.Input[str] | None = None
    """Where logs are pushed; none: nowhere."""
    logs_password: pulumi.Output[str] | None = None


class JitsiMeet(pulumi.ComponentResource):
    """Everything that runs in the cluster; needs the cluster's provider in `opts`."""

    edge: IngressEdge

    def __init__(self, name: str, args: JitsiMeetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:jitsi:JitsiMeet", name, None, opts)
        config = args.config
        calls = config.jigasi.sip.deadline + MARGIN_SECONDS if config.jigasi and config.jigasi.sip else 0
        namespace = KubernetesObject(
            f"{name}-namespace",
            namespace_document(config, args.instance),
            pulumi.ResourceOptions(
                parent=self,
                # Bridges may still be in meetings when the stack goes; the namespace ends after them.
                custom_timeouts=pulumi.CustomTimeouts(delete=f"{max(namespace_leave_seconds(config), calls)}s"),
            ),
        )
        inside = child_options(self, opts, namespace)
        if any(shard.bridges.scaling.spares and shard.bridges.topology == "autoscaled" for shard in config.resolved):
            KubernetesObject(f"{name}-spare-class", spare_class(config.namespace), child_options(self, opts))
        rules = rule_groups(config)
        metrics = MetricsAdapter(
            f"{name}-metrics",
            MetricsAdapterArgs(
                namespace=config.namespace,
                instance=args.instance,
                metrics=config.metrics,
                shards=config.resolved,
                images=config.images,
                keep_data=config.protect,
                groups=rules,
                kube_state=config.monitoring.kube_state == "managed",
                alertmanager=config.monitoring.alertmanager,
                seed=args.seed,
                secret_generations=config.secret_generations,
                recording=config.recording,
            ),
            inside,
        )
        content = web_content(config.domain, config.web, config.meetings, config.turn)
        web_files = [
            KubernetesObject(f"{name}-web-files-{number}", document, inside)
            for number, document in enumerate(content.config_maps(config.namespace, args.instance))
        ]
        if config.is_watched:
            Monitoring(
                f"{name}-monitoring",
                MonitoringArgs(
                    watched=watched(config),
                    instance=args.instance,
                    wanted=config.monitoring,
                    images=config.images,
                    dashboards=config.makes_dashboards,
                    makes_kube_state=config.makes_kube_state,
                    groups=rules,
                    prometheus_url=metrics.prometheus_url,
                    probed=targets(config),
                    seed=args.seed,
                    secret_generations=config.secret_generations,
                ),
                inside,
            )
        if args.logs_url is not None:
            LogCollector(
                f"{name}-logs",
                LogCollectorArgs(
                    namespace=config.namespace,
                    instance=args.instance,
                    wanted=config.monitoring.logs,
                    images=config.images,
                    scraper=None if config.scraped_by_others else scraping_pods(config.metrics),
                    url=args.logs_url,
                    password=args.logs_password,
                    seed=args.seed,
                    secret_generations=config.secret_generations,
                ),
                inside,
            )
        options = Options(
            domain=config.domain,
            visitors=config.visitors,
            recording=config.recording,
            jigasi=config.jigasi,
            whiteboard=config.whiteboard,
            documents=config.documents is not None,
        )
        of_shards = inside
        if config.whiteboard or config.documents:
            collaboration = Collaboration(
                f"{name}-collaboration",
                CollaborationArgs(
                    namespace=config.namespace,
                    instance=args.instance,
                    domain=config.domain,
                    images=config.images,
                    whiteboard=config.whiteboard,
                    documents=config.documents,
                    keep_data=config.protect,
                    reader=metrics_reader(scraping_pods(config.metrics)),
                    seed=args.seed,
                    secret_generations=config.secret_generations,
                ),
                inside,
            )
            # Web's nginx looks Etherpad's name up as it starts, and does not start without it.
            of_shards = child_options(self, opts, namespace, collaboration)
        for shard in config.resolved:
            JitsiShard(
                shard.name,
                JitsiShardArgs(
                    namespace=config.namespace,
                    domain=config.domain,
                    shard=shard,
                    images=config.images,
                    auth=config.auth,
                    metrics=config.metrics,
                    scraped_by_others=config.scraped_by_others,
                    web=config.web,
                    options=options,
                    turn=config.turn,
                    meetings=config.meetings,
                    env=config.env,
                    web_content=content,
                    web_files=web_files,
                    on_kapsule=config.cluster.kind == "kapsule",
                    seed=args.seed,
                    access_secrets=args.access_secrets,
                    secret_generations=config.secret_generations,
                ),
                of_shards,
            )
        if config.jigasi:
            Gateway(
                f"{name}-gateway",
                GatewayArgs(
                    config=config,
                    jigasi=config.jigasi,
                    instance=args.instance,
                    seed=args.seed,
                    sip_password=args.sip_password,
                    google_credentials=args.google_credentials,
                ),
                inside,
            )
        if config.turn and config.turn_host:
            TurnRelay(
                f"{name}-turn",
                TurnRelayArgs(
                    namespace=config.namespace,
                    instance=args.instance,
                    turn=config.turn,
                    host=config.turn_host,
                    image=config.images.coturn,
                    shards=config.resolved,
                    scraper=None if config.scraped_by_others else scraping_pods(config.metrics),
                    on_kapsule=config.cluster.kind == "kapsule",
                    seed=args.seed,
                    secret_generations=config.secret_generations,
                ),
                inside,
            )
        if config.recording:
            needs = [args.recorder_nodes] if args.recorder_nodes else []
            self._recorders(f"{name}-recorders", args, config.recording, child_options(self, opts, namespace, *needs))
        self.edge = IngressEdge(
            f"{name}-edge",
            IngressEdgeArgs(
                namespace=config.namespace,
                instance=args.instance,
                domain=config.domain,
                turn_host=config.turn_host,
                shards=config.resolved,
                visitors=config.visitors,
                ingress=config.ingress,
                tells_shard=config.monitoring.probe is not None,
                images=config.images,
                seed=args.seed,
                secret_generations=config.secret_generations,
                json_logs=config.monitoring.logs.collected,
                address_id=args.address_id,
                address_zone=args.address_zone,
            ),
            inside,
        )
        self.register_outputs({"address": self.edge.address})

    @staticmethod
    def _recorders(name: str, args: JitsiMeetArgs, recording: Recording, inside: pulumi.ResourceOptions) -> None:
        config = args.config
        if args.recordings_access_key is None or args.recordings_secret_key is None:
            raise ValueError("recorders need the two keys of their bucket")
        ours = recording.endpoint is None
        region = str(config.region) if ours else recording.signing_region or "us-east-1"
        pods = RecorderPods(
            namespace=config.namespace,
            instance=args.instance,
            domain=config.domain,
            shards=[shard.name for shard in config.resolved],
            image=config.images.jitsi("jibri", config.images.tag),
            recording=recording,
            store=Store(
                endpoint=recording.endpoint or f"https://s3.{region}.scw.cloud",
                region=region,
                provider="Scaleway" if ours else "Other",
            ),
            zone=zone_of(config),
            on_kapsule=config.cluster.kind == "kapsule",
            trust_any_certificate=config.ingress.tls.mode == "selfSigned",
            keep_data=config.protect,
            annotations=passwords_mark(args.seed, config.secret_generations),
        )
        Recorders(
            name,
            RecordersArgs(
                pods=pods,
                metrics=config.metrics,
                reader=metrics_reader(scraping_pods(config.metrics)),
                access_key=args.recordings_access_key,
                secret_key=args.recordings_secret_key,
                seed=args.seed,
                secret_generations=config.secret_generations,
            ),
            inside,
        )


def namespace_document(config: StackConfig, instance: str) -> dict[str, Any]:
    """The namespace, under the restricted pod security standard.

    The standard forbids host ports altogether, so with a hostPort shard, with telephones or TURN over UDP, it is only audited and warned
    about; the pods keep to all the rest of it.
    """
    telephones = config.jigasi is not None and config.jigasi.sip is not None
    relays = config.turn is not None and config.turn.udp is not None
    host_ports = telephones or relays or any(shard.bridges.layout == "hostPort" for shard in config.resolved)
    modes = {
        "enforce": "privileged" if host_ports else "restricted",
        "audit": "restricted",
        "warn": "restricted",
    }
    standard = {f"pod-security.kubernetes.io/{mode}": level for mode, level in modes.items()}
    return manifest("v1", "Namespace", config.namespace, None, labels("namespace", instance, **standard))

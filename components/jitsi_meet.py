"""The whole service inside a cluster: namespace, ingress, metrics and shards."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pulumi

from components.admission.pod_security import PodSecurity, PodSecurityArgs
from components.bridges.spares import spare_class
from components.collaboration.collaboration import Collaboration, CollaborationArgs
from components.gateway.gateway import Gateway, GatewayArgs
from components.gateway.pods import MARGIN_SECONDS
from components.ingress.ingress_edge import IngressEdge, IngressEdgeArgs
from components.isolation import denial, isolation
from components.kubernetes.component import Component
from components.kubernetes.document import manifest
from components.kubernetes.labels import labels
from components.kubernetes.object import KubernetesObject
from components.kubernetes.passwords import Passwords
from components.kubernetes.pull_secret import login_secret, pulling_with
from components.kubernetes.site import Site
from components.logs.collector import LogCollector, LogCollectorArgs
from components.metrics.metrics_adapter import MetricsAdapter, MetricsAdapterArgs
from components.monitoring.monitoring import Monitoring, MonitoringArgs
from components.monitoring.rule_groups import rule_groups
from components.place.place import Place
from components.recording.recorders import Recorders, RecordersArgs
from components.shard import JitsiShard, JitsiShardArgs
from components.signalling.web_content import web_content
from components.turn.turn_server import TurnServer, TurnServerArgs
from config.load import Secrets
from config.stack import StackConfig
from sizing.drain import namespace_leave_seconds
from sizing.host_ports import host_ports


@dataclass(frozen=True, kw_only=True, slots=True)
class JitsiMeetArgs:
    """Inputs of `JitsiMeet`. `instance` is the stack's name."""

    config: StackConfig
    instance: str
    secrets: Secrets
    place: Place


class JitsiMeet(Component):
    """Everything that runs in the cluster. Needs the cluster's provider in `opts`."""

    edge: IngressEdge

    def __init__(self, name: str, args: JitsiMeetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        config, secrets = args.config, args.secrets
        if secret := config.images.pulled_with:
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(transformations=[pulling_with(secret)]))
        super().__init__("jitsi:jitsi:JitsiMeet", name, opts)
        site = Site(
            config=config,
            instance=args.instance,
            passwords=Passwords(seed=secrets.seed, generations=config.secret_generations),
            place=args.place,
        )
        # Bridges may still serve meetings when the stack is destroyed; the namespace is deleted after them.
        leaving = pulumi.CustomTimeouts(delete=f"{leave_seconds(config)}s")
        document = namespace_document(config, args.instance)
        namespace = self.add("namespace", document, *self._admission(site), custom_timeouts=leaving)
        inside = self.child(namespace)
        if config.images.login and secrets.registry_password is not None:
            login = login_secret(config.images.login, secrets.registry_password, config.namespace, args.instance)
            self.add("registry-login", login, namespace)
        if any(shard.bridges.scaling.spares and shard.bridges.topology == "autoscaled" for shard in config.resolved):
            self.add("spare-class", spare_class(config.namespace))
        # Pods are open until their own policies exist, and again once those are deleted: this way no call is cut meanwhile.
        made: list[pulumi.Resource] = [
            *(self.add(part, document, namespace) for part, document in isolation(config, args.instance).items()),
            *self._observe(site, inside),
        ]
        needs: list[pulumi.Resource] = [namespace]
        if config.whiteboard or config.documents:
            # nginx in web resolves Etherpad's name at its start, and exits if it cannot.
            needs.append(Collaboration(f"{name}-collaboration", CollaborationArgs(site=site), inside))
        shards = list(self._shards(site, args.secrets, inside, self.child(*needs)))
        made += [*needs, *shards]
        if config.jigasi:
            gateway = GatewayArgs(
                site=site,
                jigasi=config.jigasi,
                sip_password=secrets.sip_password,
                google_credentials=secrets.google_credentials,
                whisper_key=secrets.whisper_key,
            )
            made.append(Gateway(f"{name}-gateway", gateway, inside))
        if config.coturn and config.turn_host:
            turn = TurnServerArgs(site=site, turn=config.coturn, host=config.turn_host)
            made.append(TurnServer(f"{name}-turn", turn, inside))
        made += self._recorders(site, namespace)
        edge = IngressEdgeArgs(site=site, running=[workload for shard in shards for workload in shard.running])
        self.edge = IngressEdge(f"{name}-edge", edge, inside)
        self.add("default-deny", denial(config, args.instance), *made, self.edge)
        self.register_outputs({"address": self.edge.address})

    def _admission(self, site: Site) -> list[pulumi.Resource]:
        """Return what must exist before the namespace, and so before any pod."""
        ports = host_ports(site.config, site.instance)
        if not ports or not site.config.cluster.admission_policy:
            return []
        return [PodSecurity(f"{self._name}-admission", PodSecurityArgs(site=site, host_ports=ports), self.child())]

    def _observe(self, site: Site, inside: pulumi.ResourceOptions) -> Iterator[pulumi.Resource]:
        rules = rule_groups(site.config)
        metrics = MetricsAdapter(f"{self._name}-metrics", MetricsAdapterArgs(site=site, groups=rules), inside)
        yield metrics
        if site.config.is_watched:
            monitoring = MonitoringArgs(site=site, groups=rules, prometheus_url=metrics.prometheus_url)
            yield Monitoring(f"{self._name}-monitoring", monitoring, inside)
        if site.place.log_store is not None:
            yield LogCollector(f"{self._name}-logs", LogCollectorArgs(site=site, store=site.place.log_store), inside)

    def _shards(
        self, site: Site, secrets: Secrets, inside: pulumi.ResourceOptions, opts: pulumi.ResourceOptions
    ) -> Iterator[JitsiShard]:
        config = site.config
        content = web_content(config.domain, config.web, config.meetings, config.turn, zones=len(config.system_zones))
        files = [
            KubernetesObject(f"{self._name}-web-files-{number}", document, inside)
            for number, document in enumerate(content.config_maps(config.namespace, site.instance))
        ]
        for shard in config.resolved:
            args = JitsiShardArgs(
                site=site, shard=shard, web_content=content, web_files=files, access_secrets=secrets.access
            )
            yield JitsiShard(shard.name, args, opts)

    def _recorders(self, site: Site, namespace: pulumi.Resource) -> Iterator[pulumi.Resource]:
        if site.config.recording is None:
            return
        if site.place.bucket_keys is None:
            raise ValueError("recorders need the access key of their bucket, and the place gives none")
        needs = [namespace, *([site.place.recorder_nodes] if site.place.recorder_nodes else [])]
        args = RecordersArgs(site=site, recording=site.config.recording, keys=site.place.bucket_keys)
        yield Recorders(f"{self._name}-recorders", args, self.child(*needs))


def leave_seconds(config: StackConfig) -> int:
    """Return the seconds until the last pod of a deleted namespace has terminated."""
    calls = config.jigasi.sip.deadline + MARGIN_SECONDS if config.jigasi and config.jigasi.sip else 0
    return max(namespace_leave_seconds(config), calls)


def namespace_document(config: StackConfig, instance: str) -> dict[str, Any]:
    """The namespace, under the restricted pod security standard.

    The standard forbids host ports. Where media needs them, the namespace only warns and audits, and the policy of `PodSecurity`
    enforces all other rules.
    """
    modes = {
        "enforce": "privileged" if host_ports(config, instance) else "restricted",
        "audit": "restricted",
        "warn": "restricted",
    }
    standard = {f"pod-security.kubernetes.io/{mode}": level for mode, level in modes.items()}
    return manifest("v1", "Namespace", config.namespace, None, labels("namespace", instance, **standard))

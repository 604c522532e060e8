"""The bridge's pod. The layouts differ only in the source of its port."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.bridges import jvb_conf
from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import LAYOUT_LABEL, SHARD_LABEL, labels, selector
from config.boot import WARM_UP_SECONDS
from config.bridges import ANNOUNCE_SECONDS, MOVE_SECONDS
from config.cluster import CLUSTER_DOMAIN
from config.environment import Values
from config.shard import Shard
from sizing.addresses import XMPP_AUTH_DOMAIN, XMPP_DOMAIN, ShardNames
from sizing.drain import HOOK_MARGIN_SECONDS, PROBE_GRACE_SECONDS, grace_seconds, hook_seconds
from sizing.parts import JVB
from sizing.pod_sizes import BRIDGE_SIDECAR, BridgeSize, PodSize, bridge_size

_SCRIPTS = Path(__file__).parent / "scripts"
READY = "exec /bin/sh /bridge-scripts/ready.sh"
READY_SECONDS = WARM_UP_SECONDS + 15
"""Time for one run of the probe: its requests before and after warming up take 4 s each at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgePods:
    """The bridge pods of one shard."""

    namespace: str
    shard: Shard
    image: str
    own_pools: bool
    pool: Mapping[str, Any] = field(default_factory=dict)
    """Label that only nodes of the shard's present pool have. Empty if the nodes are not this stack's."""
    dns_domain: str = CLUSTER_DOMAIN
    advertises_pod: bool = False
    """Whether the bridge offers its pod's private address, where coturn reaches it."""
    last_n: int | None = None
    """Maximum number of videos that a bridge sends to one participant. None for no limit."""
    extra: Values = field(default_factory=dict)
    """Variables from the stack file."""
    annotations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> ShardNames:
        """The shard's names in its namespace."""
        return ShardNames(self.shard.name, self.namespace, self.dns_domain)

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every object of the shard's bridges."""
        return labels("jvb", self.shard.name, **{LAYOUT_LABEL: self.shard.bridges.layout})

    @property
    def placement(self) -> Document:
        """The shard's present pool, or any node of the shard's zone in a cluster without pools of its own.

        A pool that is replaced has another name, so the pods change and leave the former pool by the workload's roll-out.
        """
        if not self.own_pools:
            return {"nodeSelector": {"topology.kubernetes.io/zone": self.shard.zone}}
        placement = pod.only_on(SHARD_LABEL, self.shard.name)
        return {**placement, "nodeSelector": {**placement["nodeSelector"], **self.pool}}

    def config_map(self) -> Document:
        """The bridge's config file and the scripts."""
        return manifest(
            "v1",
            "ConfigMap",
            self.names.of("jvb"),
            self.namespace,
            self.labels,
            data={
                "custom-jvb.conf": jvb_conf.render(self.shard, self.last_n),
                **{script.name: script.read_text(encoding="utf-8") for script in sorted(_SCRIPTS.glob("*.sh"))},
            },
        )

    def template(
        self,
        *,
        first_port: int,
        ordinal: bool,
        host_port: bool,
        deletion_cost: bool,
        extra_labels: Mapping[str, str],
    ) -> Document:
        """The pod template. UDP `first_port` in from anywhere, plus the pod's ordinal with `ordinal`; TCP 8080 in, private.

        Requests equal limits in every container (Guaranteed), because a bridge measures its stress against its CPU quota. With
        `deletion_cost`, the sidecar updates the pod's deletion cost, which a ReplicaSet reads when it scales down.
        """
        return pod.pod(
            labels={**self.labels, **extra_labels},
            annotations={
                **self.annotations,
                "jitsi.org/config": pod.text_hash(jvb_conf.render(self.shard, self.last_n)),
                **pod.scrape(JVB),
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            },
            containers=[self._bridge(first_port if host_port else None)],
            volumes=[
                *pod.jitsi_volumes(),
                {"name": "bridge", "emptyDir": {"sizeLimit": "1Mi"}},
                {"name": "leaving", "emptyDir": {"sizeLimit": "1Mi"}},
                pod.config_volume("scripts", self.names.of("jvb"), pod.READ_ONLY_SCRIPTS),
                _account_volume(),
            ],
            initContainers=[self._advertise(first_port, ordinal), self._own_pod(deletion_cost)],
            serviceAccountName=self.names.of("jvb"),
            terminationGracePeriodSeconds=grace_seconds(self.shard.bridges),
            **self.placement,
        )

    def _bridge(self, host_port: int | None) -> Document:
        size = bridge_size(self.shard.bridges)
        ports = pod.ports(JVB)
        if host_port is not None:
            ports.append({"name": "media", "containerPort": host_port, "hostPort": host_port, "protocol": "UDP"})
        return pod.container(
            "jvb",
            self.image,
            resources=_guaranteed(size),
            env=[
                *pod.environment(self._environment(size.heap_mib)),
                pod.from_field("JVB_OCTO_RELAY_ID", "status.podIP"),
                *pod.from_secret(self.names.secret, "JVB_AUTH_PASSWORD"),
            ],
            mounts={
                **pod.JITSI_MOUNTS,
                "/bridge": "!bridge",
                "/leaving": "leaving",
                "/bridge-scripts": "!scripts",
                "/config/custom-jvb.conf": "!scripts:custom-jvb.conf",
            },
            command=["/bin/sh", "-ec", ". /bridge/env; exec /init"],
            ports=ports,
            startupProbe=_short(self._ready(period=3, failures=60)),
            readinessProbe=self._ready(period=10, failures=3),
            livenessProbe=_short(pod.http_probe("/about/health", "rest", period=15, failures=12, timeout=10)),
            lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "/bridge-scripts/drain.sh"]}}},
        )

    def _ready(self, *, period: int, failures: int) -> Document:
        if not self.shard.bridges.warm_up:
            return pod.http_probe("/about/health", "rest", period=period, failures=failures)
        return pod.exec_probe(READY, period=period, failures=failures, timeout=READY_SECONDS)

    def _advertise(self, first_port: int, ordinal: bool) -> Document:
        """The init container that finds out the node's public address, and writes the bridge's environment."""
        return pod.container(
            "advertise",
            self.image,
            resources=_guaranteed(BRIDGE_SIDECAR),
            env=[
                *pod.environment(
                    {"FIRST_PORT": first_port, "ADDRESS_FROM": ",".join(self.shard.bridges.advertised) or "stun"}
                ),
                pod.from_field("NODE_NAME", "spec.nodeName"),
                *([pod.from_field("ORDINAL", "metadata.labels['apps.kubernetes.io/pod-index']")] if ordinal else []),
            ],
            mounts={"/bridge": "bridge", "/bridge-scripts": "!scripts", "/account": "!account", "/tmp": "tmp"},  # noqa: S108
            command=["/bin/sh", "/bridge-scripts/advertise.sh"],
        )

    def _own_pod(self, deletion_cost: bool) -> Document:
        """A native sidecar, which the kubelet stops after the bridge. It reads requests from `leaving`, and answers in `bridge`."""
        return pod.container(
            "own-pod",
            self.image,
            resources=_guaranteed(BRIDGE_SIDECAR),
            env=[
                *pod.environment({"COST": "yes" if deletion_cost else "no"}),
                pod.from_field("NAMESPACE", "metadata.namespace"),
                pod.from_field("POD_NAME", "metadata.name"),
            ],
            mounts={
                "/bridge": "bridge",
                "/leaving": "!leaving",
                "/bridge-scripts": "!scripts",
                "/account": "!account",
            },
            command=["/bin/sh", "/bridge-scripts/own-pod.sh"],
            restartPolicy="Always",
        )

    def _environment(self, heap_mib: int) -> Mapping[str, str | int | bool]:
        bridges = self.shard.bridges
        return {
            **self.extra,
            **pod.JITSI_ENV,
            "XMPP_SERVER": self.names.xmpp_server,
            "XMPP_DOMAIN": XMPP_DOMAIN,
            "XMPP_AUTH_DOMAIN": XMPP_AUTH_DOMAIN,
            "JVB_DISABLE_STUN": not bridges.by_stun,
            **({"JVB_STUN_SERVERS": ",".join(bridges.stun_servers)} if bridges.by_stun else {}),
            "JVB_ADVERTISE_PRIVATE_CANDIDATES": self.advertises_pod or bridges.advertises_private,
            "JVB_REQUIRE_VALID_ADDRESS": bridges.advertises_public,
            "COLIBRI_REST_ENABLED": True,
            "SHUTDOWN_REST_ENABLED": True,
            "ENABLE_OCTO": bridges.relays,
            "JVB_OCTO_REGION": self.shard.zone,
            "VIDEOBRIDGE_MAX_MEMORY": f"{heap_mib}m",
            "DEADLINE": hook_seconds(bridges),
            "ANNOUNCE": ANNOUNCE_SECONDS,
            "MIGRATE_AFTER": bridges.drain.migrate_after,
            "MOVE": MOVE_SECONDS,
            "MARGIN": HOOK_MARGIN_SECONDS,
        }


def _guaranteed(size: PodSize | BridgeSize) -> Document:
    amount = {"cpu": f"{size.millicpu}m", "memory": f"{size.memory_mib}Mi"}
    return {"requests": amount, "limits": amount}


def _short(probe: Document) -> Document:
    """A failed probe restarts the bridge at once, instead of after the drain's deadline."""
    return probe | {"terminationGracePeriodSeconds": PROBE_GRACE_SECONDS}


def _account_volume() -> Document:
    """The account's token, for the init container and the sidecar. The bridge, which faces the Internet, has none."""
    return {
        "name": "account",
        "projected": {
            "defaultMode": pod.READ_ONLY_SECRET,
            "sources": [
                {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            ],
        },
    }


def bridge_selector(shard: Shard) -> dict[str, str]:
    """Labels that select exactly the bridges of the shard."""
    return selector("jvb", shard.name)

"""The bridge's pod: the same in both layouts but for where its port comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components import pod
from components.bridges import jvb_conf
from components.labels import LAYOUT_LABEL, SHARD_LABEL, labels, manifest, selector
from components.signalling.addresses import XMPP_AUTH_DOMAIN, XMPP_DOMAIN, ShardNames
from config.bridges import ANNOUNCE_SECONDS, MOVE_SECONDS
from config.environment import Values
from config.shard import Shard
from plan.drain import HOOK_MARGIN_SECONDS, PROBE_GRACE_SECONDS, grace_seconds, hook_seconds
from plan.pools import SIDECAR_MIB, SIDECAR_MILLICPU, bridge_size

Document = dict[str, Any]

REST_PORT = 8080  # TCP in, private: health, metrics and shutdown, with no login; a network policy guards it
_SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgePods:
    """What the bridge pods of one shard are made from."""

    namespace: str
    shard: Shard
    image: str
    on_kapsule: bool
    relayed: bool = False
    """Whether coturn relays to the bridges, at their pods' addresses."""
    last_n: int | None = None
    """Most cameras that a bridge sends one participant."""
    extra: Values = field(default_factory=dict)
    """Variables that the stack file adds."""
    annotations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> ShardNames:
        """The shard's names in its namespace."""
        return ShardNames(self.shard.name, self.namespace)

    @property
    def labelled(self) -> dict[str, str]:
        """Labels of every object of the shard's bridges."""
        return labels("jvb", self.shard.name, **{LAYOUT_LABEL: self.shard.bridges.layout})

    @property
    def placement(self) -> Document:
        """Kapsule: the shard's own pool. Elsewhere: any node of the shard's zone."""
        if not self.on_kapsule:
            return {"nodeSelector": {"topology.kubernetes.io/zone": self.shard.zone}}
        return pod.only_on(SHARD_LABEL, self.shard.name)

    def config_map(self) -> Document:
        """The bridge's config file and the scripts."""
        return manifest(
            "v1",
            "ConfigMap",
            self.names.of("jvb"),
            self.namespace,
            self.labelled,
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
        """The pod. UDP `first_port` in (plus the pod's ordinal, where it counts), from anywhere; TCP 8080 in, private.

        Requests equal limits in every container (Guaranteed): a bridge measures its stress against its CPU quota. With
        `deletion_cost` the sidecar keeps that of its pod, for a controller that asks for it when it shrinks (ReplicaSet).
        """
        size = bridge_size(self.shard.bridges)
        bridge_resources = _guaranteed(size.millicpu, size.memory_mib)
        ports: list[Document] = [{"name": "rest", "containerPort": REST_PORT, "protocol": "TCP"}]
        if host_port:
            ports.append({"name": "media", "containerPort": first_port, "hostPort": first_port, "protocol": "UDP"})
        bridge = pod.container(
            "jvb",
            self.image,
            resources=bridge_resources,
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
            startupProbe=_short(pod.http_probe("/about/health", "rest", period=3, failures=60)),
            readinessProbe=pod.http_probe("/about/health", "rest", period=10, failures=3),
            livenessProbe=_short(pod.http_probe("/about/health", "rest", period=15, failures=12, timeout=10)),
            lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "/bridge-scripts/drain.sh"]}}},
        )
        advertise = pod.container(
            "advertise",
            self.image,
            resources=_guaranteed(SIDECAR_MILLICPU, SIDECAR_MIB),
            env=[
                *pod.environment({"FIRST_PORT": first_port, "ADDRESS_FROM": self.shard.bridges.public_address}),
                pod.from_field("NODE_NAME", "spec.nodeName"),
                *([pod.from_field("ORDINAL", "metadata.labels['apps.kubernetes.io/pod-index']")] if ordinal else []),
            ],
            mounts={"/bridge": "bridge", "/bridge-scripts": "!scripts", "/account": "!account", "/tmp": "tmp"},  # noqa: S108
            command=["/bin/sh", "/bridge-scripts/advertise.sh"],
        )
        return pod.pod(
            labelled={**self.labelled, **extra_labels},
            annotations={
                **self.annotations,
                "jitsi.org/config": pod.text_hash(jvb_conf.render(self.shard, self.last_n)),
                **pod.scrape(REST_PORT),
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            },
            containers=[bridge],
            volumes=[
                *pod.jitsi_volumes(),
                {"name": "bridge", "emptyDir": {"sizeLimit": "1Mi"}},
                {"name": "leaving", "emptyDir": {"sizeLimit": "1Mi"}},
                pod.config_volume("scripts", self.names.of("jvb"), pod.READ_ONLY_SCRIPTS),
                _account_volume(),
            ],
            initContainers=[advertise, self._own_pod(deletion_cost)],
            serviceAccountName=self.names.of("jvb"),
            terminationGracePeriodSeconds=grace_seconds(self.shard.bridges),
            **self.placement,
        )

    def _own_pod(self, deletion_cost: bool) -> Document:
        """A native sidecar: the kubelet ends it after the bridge. Questions come in `leaving`, answers go out in `bridge`."""
        return pod.container(
            "own-pod",
            self.image,
            resources=_guaranteed(SIDECAR_MILLICPU, SIDECAR_MIB),
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
        stun = bridges.public_address == "stun"
        return {
            **self.extra,
            **pod.JITSI_ENV,
            "XMPP_SERVER": self.names.xmpp_server,
            "XMPP_DOMAIN": XMPP_DOMAIN,
            "XMPP_AUTH_DOMAIN": XMPP_AUTH_DOMAIN,
            "JVB_DISABLE_STUN": not stun,
            **({"JVB_STUN_SERVERS": ",".join(bridges.stun_servers)} if stun else {}),
            # Kapsule's pod range counts as public there and is advertised anyway; coturn needs it everywhere.
            "JVB_ADVERTISE_PRIVATE_CANDIDATES": self.relayed and not self.on_kapsule,
            "JVB_REQUIRE_VALID_ADDRESS": True,
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


def _guaranteed(millicpu: int, mib: int) -> Document:
    amount = {"cpu": f"{millicpu}m", "memory": f"{mib}Mi"}
    return {"requests": amount, "limits": amount}


def _short(probe: Document) -> Document:
    """A bridge that is restarted in place hands its people over at once; nobody waits for the drain's deadline."""
    return probe | {"terminationGracePeriodSeconds": PROBE_GRACE_SECONDS}


def _account_volume() -> Document:
    """The token reaches init container and sidecar alone: the bridge itself, which talks to the Internet, has none."""
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
    """Labels that all bridges of the shard have, and nothing else has."""
    return selector("jvb", shard.name)

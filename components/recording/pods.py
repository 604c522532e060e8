"""The recorders' objects: a StatefulSet with volumes, so that a recording survives its pod and node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import RECORDER_LABEL, SKIP_AWAIT, labels, selector
from components.kubernetes.network_policies import ingress
from components.recording import jibri_conf
from components.recording.environment import BREWERY, accounts
from config.passwords import RECORDER_USERS
from config.recording import Recording
from sizing.addresses import XMPP_AUTH_DOMAIN, XMPP_DOMAIN, ShardNames
from sizing.drain import recorder_grace_seconds
from sizing.parts import JIBRI
from sizing.pod_sizes import RECORDER_SHM_MIB, PodSize, recorder_size

NAME = JIBRI.name
STORE_SECRET = "jibri-store"  # noqa: S105 - a Secret's name
METRICS_PORT = JIBRI.port("metrics")
STATUS_PATH = "/status.json"
HEALTH = "curl -sf -m 4 -o /dev/null http://127.0.0.1:2222/jibri/api/v1.0/health"  # Jibri's API is on loopback only
WAIT_UNTIL_CREATED = {"pulumi.com/waitFor": "jsonpath={.metadata.uid}"}
"""An update does not wait for recorders to become ready, since nodes may have to boot. Unlike with skipAwait, a deletion
waits: the bucket's key and the nodes are deleted after the last upload."""
_SCRIPTS = Path(__file__).parent / "scripts"
_STORE = "RCLONE_CONFIG_STORE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """An S3 bucket; its two keys stay in a Secret."""

    endpoint: str
    region: str
    provider: str
    """rclone's provider name: Scaleway or Other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecorderPods:
    """Inputs of the recorders, which serve all shards of a stack."""

    namespace: str
    instance: str
    domain: str
    shards: Sequence[str]
    image: str
    recording: Recording
    store: Store
    zone: str | None
    own_pools: bool
    trust_any_certificate: bool
    keep_data: bool
    dns_domain: str
    annotations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every object of the recorders."""
        return labels(NAME, self.instance)

    @property
    def _placement(self) -> Document:
        if self.own_pools:
            return pod.only_on(RECORDER_LABEL, "true")
        return {"nodeSelector": {"topology.kubernetes.io/zone": self.zone}} if self.zone else {}

    @property
    def _volume(self) -> str:
        """Return a volume name from zone and size: a volume works in its zone only, and a claim template cannot be resized.

        Changing either therefore replaces the recorders and their volumes.
        """
        return "-".join(["storage", *([self.zone] if self.zone else []), self.recording.storage.lower()])

    def _object(self, api_version: str, kind: str, name: str = NAME, **body: Any) -> Document:
        return manifest(api_version, kind, name, self.namespace, self.labels, **body)

    @property
    def texts(self) -> dict[str, str]:
        """Jibri's config file and scripts, by file name."""
        scripts = {script.name: script.read_text(encoding="utf-8") for script in sorted(_SCRIPTS.glob("*.sh"))}
        return {jibri_conf.FILE: jibri_conf.render(self.recording), **scripts}

    def config_map(self) -> Document:
        """Return a ConfigMap of `texts`."""
        return self._object("v1", "ConfigMap", data=self.texts)

    def passwords(self, values: Mapping[str, Any]) -> Document:
        """Return a Secret of the two XMPP passwords; keys as in `RECORDER_USERS`."""
        return self._object("v1", "Secret", type="Opaque", stringData=dict(values))

    def store_secret(self, access_key: Any, secret_key: Any) -> Document:
        """Return a Secret of the bucket keys under rclone's names. Every upload rereads them."""
        data = {f"{_STORE}_ACCESS_KEY_ID": access_key, f"{_STORE}_SECRET_ACCESS_KEY": secret_key}
        return self._object("v1", "Secret", STORE_SECRET, type="Opaque", stringData=data)

    def headless_service(self) -> Document:
        """Return the StatefulSet's governing Service, which receives no traffic."""
        ports = [{"name": "metrics", "port": METRICS_PORT, "targetPort": METRICS_PORT, "protocol": "TCP"}]
        spec = {"clusterIP": "None", "selector": selector(NAME, self.instance), "ports": ports}
        return self._object("v1", "Service", annotations=SKIP_AWAIT, spec=spec)

    def disruption_budget(self) -> Document:
        """Return a budget that allows one eviction at a time, and always that of an unhealthy recorder."""
        spec = {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selector(NAME, self.instance)},
        }
        return self._object("policy/v1", "PodDisruptionBudget", spec=spec)

    def network_policy(self, reader: Document) -> Document:
        """Return a policy that admits only the metrics reader, TCP 9464 in."""
        spec = {
            "podSelector": {"matchLabels": selector(NAME, self.instance)},
            "policyTypes": ["Ingress"],
            "ingress": ingress(JIBRI, self.instance, reader),
        }
        return self._object("networking.k8s.io/v1", "NetworkPolicy", spec=spec)

    def workload(self) -> Document:
        """Return the StatefulSet; the autoscaler sets its replicas.

        Scaling down removes the highest ordinal, occupied or not. No recording is cut: the pod accepts no new one, stays until
        its own has ended and is uploaded, and counts as occupied meanwhile, so that others replace it. Volumes of removed
        ordinals are kept, since they may hold a pending upload; they are deleted with the StatefulSet unless the stack is
        protected.
        """
        claim = {
            "metadata": {"name": self._volume, "labels": self.labels},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": self.recording.storage}},
            },
        }
        spec = {
            "selector": {"matchLabels": selector(NAME, self.instance)},
            "serviceName": NAME,
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "RollingUpdate"},
            "persistentVolumeClaimRetentionPolicy": {
                "whenDeleted": "Retain" if self.keep_data else "Delete",
                "whenScaled": "Retain",
            },
            "volumeClaimTemplates": [claim],
            "template": self._template(),
        }
        return self._object("apps/v1", "StatefulSet", annotations=WAIT_UNTIL_CREATED, spec=spec)

    def _template(self) -> Document:
        return pod.pod(
            labels=self.labels,
            annotations={
                **self.annotations,
                "jitsi.org/config": pod.text_hash(*self.texts.values()),
                **pod.scrape(JIBRI),
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            },
            containers=[self._jibri()],
            # Native sidecars stop after Jibri, in reverse order, so watch reports uploads to the end.
            initContainers=[self._sidecar("watch"), self._sidecar("upload")],
            volumes=[
                # Chrome's profile is below /run; a full emptyDir would evict the pod with its recording.
                {"name": "run", "emptyDir": {"sizeLimit": "4Gi"}},
                {"name": "tmp", "emptyDir": {}},
                {"name": "sidecar-tmp", "emptyDir": {}},
                {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": f"{RECORDER_SHM_MIB}Mi"}},
                {"name": "served", "emptyDir": {"sizeLimit": "1Mi"}},
                {"name": "store-keys", "secret": {"secretName": STORE_SECRET, "defaultMode": pod.READ_ONLY_SECRET}},
                pod.config_volume("scripts", NAME, pod.READ_ONLY_SCRIPTS),
            ],
            terminationGracePeriodSeconds=recorder_grace_seconds(self.recording),
            **self._placement,
        )

    def _jibri(self) -> Document:
        size = recorder_size(self.recording.node_type)
        alive = f"test -e /tmp/no-room || {HEALTH}"
        return pod.container(
            NAME,
            self.image,
            resources=pod.resources(PodSize(size.millicpu, size.memory_mib)),
            env=[
                *pod.environment(self._environment()),
                pod.from_field("JIBRI_INSTANCE_ID", "metadata.name"),
                *pod.from_secret(NAME, *RECORDER_USERS),
            ],
            mounts={
                **pod.JITSI_MOUNTS,
                "/dev/shm": "shm",  # noqa: S108 - Chrome's shared memory
                "/storage": self._volume,
                "/recorder-scripts": "!scripts",
                f"/config/{jibri_conf.FILE}": f"!scripts:{jibri_conf.FILE}",
            },
            command=["/bin/sh", "/recorder-scripts/start.sh"],
            startupProbe=pod.exec_probe(alive, period=5, failures=60, timeout=10),
            readinessProbe=pod.exec_probe(HEALTH, period=10, failures=3, timeout=10),
            livenessProbe=pod.exec_probe(alive, period=30, failures=10, timeout=10),
            lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "/recorder-scripts/leave.sh"]}}},
        )

    def _environment(self) -> dict[str, str | int | bool]:
        recording = self.recording
        return {
            **pod.JITSI_ENV,
            **accounts(),
            "DISPLAY": ":0",
            "PUBLIC_URL": f"https://{self.domain}",
            # One pool for all shards: each recorder registers with every shard and reports its state to all.
            "XMPP_SERVER": ",".join(
                ShardNames(shard, self.namespace, self.dns_domain).xmpp_server for shard in self.shards
            ),
            "XMPP_DOMAIN": XMPP_DOMAIN,
            "XMPP_AUTH_DOMAIN": XMPP_AUTH_DOMAIN,
            "JIBRI_BREWERY_MUC": BREWERY,
            "JIBRI_RECORDING_DIR": "/storage/recordings",
            "JIBRI_RECORDING_RESOLUTION": recording.resolution,
            "JIBRI_FINALIZE_RECORDING_SCRIPT_PATH": "/recorder-scripts/finalize.sh",
            "JIBRI_USAGE_TIMEOUT": f"{recording.longest // 60} minutes",
            "ROOM": recording.longest_bytes,
            **({"IGNORE_CERTIFICATE_ERRORS": True} if self.trust_any_certificate else {}),
        }

    def _sidecar(self, which: str) -> Document:
        """Return a sidecar on Jibri's own image, which contains rclone and curl."""
        env: list[Document]
        mounts = {"/storage": self._volume, "/recorder-scripts": "!scripts", "/tmp": "sidecar-tmp"}  # noqa: S108
        if which == "watch":
            env = pod.environment({"ROOM": self.recording.longest_bytes})
            mounts |= {"/storage": f"!{self._volume}", "/served": "served"}
            more: Document = {"ports": pod.ports(JIBRI)}
        else:
            plain: dict[str, str | int | bool] = {
                "BUCKET": self.recording.bucket,
                f"{_STORE}_TYPE": "s3",
                f"{_STORE}_PROVIDER": self.store.provider,
                f"{_STORE}_ENDPOINT": self.store.endpoint,
                f"{_STORE}_REGION": self.store.region,
            }
            env, more = pod.environment(plain), {}
            mounts["/store-keys"] = "!store-keys"
        env = pod.environment({"HOME": "/tmp", "RCLONE_CONFIG": "/tmp/rclone.conf"}) + env  # noqa: S108 - rclone's cache
        command = ["/bin/sh", f"/recorder-scripts/{which}.sh"]
        size = JIBRI.sidecars[which]
        return pod.container(
            which,
            self.image,
            resources=pod.resources(size),
            env=env,
            mounts=mounts,
            command=command,
            restartPolicy="Always",
            **more,
        )

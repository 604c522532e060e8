"""The recorders: a StatefulSet whose pods keep their volume, so that a recording outlives its pod and its node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components import pod
from components.labels import NO_WAIT, RECORDER_LABEL, labels, manifest, selector
from components.recording import jibri_conf
from components.recording.environment import BREWERY, accounts
from components.signalling.addresses import XMPP_AUTH_DOMAIN, XMPP_DOMAIN, ShardNames
from config.passwords import RECORDER_USERS
from config.recording import Recording
from plan.recording_pool import SHM_MIB, recorder_grace_seconds, recorder_size

Document = dict[str, Any]

NAME = "jibri"
STORE_SECRET = "jibri-store"  # noqa: S105 - a Secret's name
METRICS_PORT = 9464  # TCP in, from Prometheus or kube-metrics-adapter
METRICS_PATH, STATUS_PATH = (
    "/metrics.txt",
    "/status.json",
)  # the file's ending makes the type that Prometheus insists on
HEALTH = "curl -sf -m 4 -o /dev/null http://127.0.0.1:2222/jibri/api/v1.0/health"  # Jibri's API is on loopback only
THERE_IS_ENOUGH = {"pulumi.com/waitFor": "jsonpath={.metadata.uid}"}
"""Recorders become ready while nodes boot, and an update does not wait for that. Unlike with skipAwait, a deletion does wait:
the bucket's key and the nodes go after the last upload."""
_SCRIPTS = Path(__file__).parent / "scripts"
_STORE = "RCLONE_CONFIG_STORE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """An S3 bucket; its two keys stay in a Secret."""

    endpoint: str
    region: str
    provider: str
    """As rclone calls who runs it: Scaleway, or Other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecorderPods:
    """What the recorders of a stack are made from; they serve all its shards."""

    namespace: str
    instance: str
    domain: str
    shards: Sequence[str]
    image: str
    recording: Recording
    store: Store
    zone: str | None
    on_kapsule: bool
    trust_any_certificate: bool
    keep_data: bool
    annotations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def labelled(self) -> dict[str, str]:
        """Labels of every object of the recorders."""
        return labels(NAME, self.instance)

    @property
    def _placement(self) -> Document:
        if self.on_kapsule:
            return pod.only_on(RECORDER_LABEL, "true")
        return {"nodeSelector": {"topology.kubernetes.io/zone": self.zone}} if self.zone else {}

    @property
    def _volume(self) -> str:
        """A recorder's volume, by its zone and size: a volume of another zone can be used by no node, one of another size stays as it is.

        So for either, recorders with volumes of their own take the places of those that there are.
        """
        return "-".join(["storage", *([self.zone] if self.zone else []), self.recording.storage.lower()])

    def _object(self, api_version: str, kind: str, name: str = NAME, **body: Any) -> Document:
        return manifest(api_version, kind, name, self.namespace, self.labelled, **body)

    @property
    def texts(self) -> dict[str, str]:
        """Jibri's config file and the scripts, by name."""
        scripts = {script.name: script.read_text(encoding="utf-8") for script in sorted(_SCRIPTS.glob("*.sh"))}
        return {jibri_conf.FILE: jibri_conf.render(self.recording), **scripts}

    def config_map(self) -> Document:
        """`texts` as a ConfigMap."""
        return self._object("v1", "ConfigMap", data=self.texts)

    def passwords(self, values: Mapping[str, Any]) -> Document:
        """The two XMPP accounts' passwords, keys as in `RECORDER_USERS`."""
        return self._object("v1", "Secret", type="Opaque", stringData=dict(values))

    def store_secret(self, access_key: Any, secret_key: Any) -> Document:
        """The bucket's keys, by the names that rclone has for them; uploads read them anew each time."""
        data = {f"{_STORE}_ACCESS_KEY_ID": access_key, f"{_STORE}_SECRET_ACCESS_KEY": secret_key}
        return self._object("v1", "Secret", STORE_SECRET, type="Opaque", stringData=data)

    def headless_service(self) -> Document:
        """Governs the StatefulSet; carries nothing."""
        ports = [{"name": "metrics", "port": METRICS_PORT, "targetPort": METRICS_PORT, "protocol": "TCP"}]
        spec = {"clusterIP": "None", "selector": selector(NAME, self.instance), "ports": ports}
        return self._object("v1", "Service", annotations=NO_WAIT, spec=spec)

    def disruption_budget(self) -> Document:
        """Drains of nodes take one recorder at a time; one that does not answer may always be evicted."""
        spec = {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selector(NAME, self.instance)},
        }
        return self._object("policy/v1", "PodDisruptionBudget", spec=spec)

    def network_policy(self, reader: Document) -> Document:
        """Nobody but what reads metrics may reach a recorder."""
        ports = [{"protocol": "TCP", "port": METRICS_PORT}]
        spec = {
            "podSelector": {"matchLabels": selector(NAME, self.instance)},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [reader], "ports": ports}],
        }
        return self._object("networking.k8s.io/v1", "NetworkPolicy", spec=spec)

    def workload(self) -> Document:
        """The StatefulSet; its number belongs to the autoscaler.

        A shrinking StatefulSet takes the highest ordinal, busy or not. It cuts nothing: that pod takes no new recording, stays
        until its own has ended and is uploaded, and counts as busy meanwhile, so that others stand in. Volumes of ordinals
        that are gone stay, since an upload may still wait there; they go with the StatefulSet unless the stack is protected.
        """
        claim = {
            "metadata": {"name": self._volume, "labels": self.labelled},
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
        return self._object("apps/v1", "StatefulSet", annotations=THERE_IS_ENOUGH, spec=spec)

    def _template(self) -> Document:
        return pod.pod(
            labelled=self.labelled,
            annotations={
                **self.annotations,
                "jitsi.org/config": pod.text_hash(*self.texts.values()),
                **pod.scrape(METRICS_PORT, METRICS_PATH),
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            },
            containers=[self._jibri()],
            # Native sidecars end after Jibri, in reverse order: the watch tells of uploads to the end.
            initContainers=[self._sidecar("watch"), self._sidecar("upload")],
            volumes=[
                # Chrome's profile lies below /run; a full emptyDir would evict the pod with its recording.
                {"name": "run", "emptyDir": {"sizeLimit": "4Gi"}},
                {"name": "tmp", "emptyDir": {}},
                {"name": "sidecar-tmp", "emptyDir": {}},
                {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": f"{SHM_MIB}Mi"}},
                {"name": "served", "emptyDir": {"sizeLimit": "1Mi"}},
                {"name": "store-keys", "secret": {"secretName": STORE_SECRET, "defaultMode": pod.READ_ONLY_SECRET}},
                pod.config_volume("scripts", NAME, pod.READ_ONLY_SCRIPTS),
            ],
            terminationGracePeriodSeconds=recorder_grace_seconds(self.recording),
            **self._placement,
        )

    def _jibri(self) -> Document:
        size = recorder_size(self.recording.node_type)
        alive = {"exec": {"command": ["/bin/sh", "-c", f"test -e /tmp/no-room || {HEALTH}"]}, "timeoutSeconds": 10}
        return pod.container(
            NAME,
            self.image,
            resources=pod.resources(f"{size.millicpu}m", f"{size.memory_mib}Mi"),
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
            startupProbe={**alive, "periodSeconds": 5, "failureThreshold": 60},
            readinessProbe={"exec": {"command": ["/bin/sh", "-c", HEALTH]}, "timeoutSeconds": 10, "periodSeconds": 10},
            livenessProbe={**alive, "periodSeconds": 30, "failureThreshold": 10},
            lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "/recorder-scripts/leave.sh"]}}},
        )

    def _environment(self) -> dict[str, str | int | bool]:
        recording = self.recording
        return {
            **pod.JITSI_ENV,
            **accounts(),
            "DISPLAY": ":0",
            "PUBLIC_URL": f"https://{self.domain}",
            # One pool for all shards: a recorder is announced to each of them, and to all at once as busy.
            "XMPP_SERVER": ",".join(ShardNames(shard, self.namespace).xmpp_server for shard in self.shards),
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
        """The image itself, for its rclone and curl: no further image is pulled or trusted."""
        env: list[Document]
        mounts = {"/storage": self._volume, "/recorder-scripts": "!scripts", "/tmp": "sidecar-tmp"}  # noqa: S108
        if which == "watch":
            env = pod.environment({"ROOM": self.recording.longest_bytes})
            mounts |= {"/storage": f"!{self._volume}", "/served": "served"}
            more: Document = {"ports": [{"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"}]}
            size = pod.resources("50m", "64Mi")
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
            size = pod.resources("50m", "256Mi")
        env = pod.environment({"HOME": "/tmp", "RCLONE_CONFIG": "/tmp/rclone.conf"}) + env  # noqa: S108 - rclone's cache
        command = ["/bin/sh", f"/recorder-scripts/{which}.sh"]
        return pod.container(
            which, self.image, resources=size, env=env, mounts=mounts, command=command, restartPolicy="Always", **more
        )

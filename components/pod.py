"""What every pod of the stack has in common: restricted pod security, writable paths, quiet environment."""

import hashlib
from collections.abc import Mapping
from typing import Any

JITSI_UID = 1000  # user s6 of the Jitsi images
READ_ONLY_SCRIPTS = 0o555
READ_ONLY_SECRET = 0o440

CONTAINER_SECURITY: dict[str, Any] = {
    "allowPrivilegeEscalation": False,  # the images' s6-overlay also refuses to start with it
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod_security(uid: int = JITSI_UID) -> dict[str, Any]:
    """A pod's security context under the `restricted` standard, run as `uid`."""
    return {
        "runAsNonRoot": True,
        "runAsUser": uid,
        "runAsGroup": uid,
        "fsGroup": uid,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container(
    name: str,
    image: str,
    *,
    resources: dict[str, Any],
    env: list[dict[str, Any]] | None = None,
    mounts: Mapping[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A container; `mounts` maps a path to a volume's name, `volume:file` mounts one file of it, `!volume` read-only."""
    spec: dict[str, Any] = {"name": name, "image": image, "securityContext": CONTAINER_SECURITY, "resources": resources}
    if env:
        spec["env"] = env
    if mounts:
        spec["volumeMounts"] = [_mount(path, volume) for path, volume in mounts.items()]
    return spec | more


def _mount(path: str, volume: str) -> dict[str, Any]:
    read_only = volume.startswith("!")
    name, _, file = volume.lstrip("!").partition(":")
    mount: dict[str, Any] = {"name": name, "mountPath": path}
    if file:
        mount["subPath"] = file
    if read_only:
        mount["readOnly"] = True
    return mount


def environment(values: Mapping[str, str | int | bool]) -> list[dict[str, Any]]:
    """Plain variables in a stable order; booleans as the images' templates read them, `1` and `0`."""
    return [
        {"name": name, "value": str(int(value)) if isinstance(value, bool) else str(value)}
        for name, value in sorted(values.items())
    ]


def from_secret(secret: str, *names: str) -> list[dict[str, Any]]:
    """Variables whose values stay in a Secret that has keys of the same names."""
    return [{"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name}}} for name in names]


def from_field(name: str, path: str) -> dict[str, Any]:
    """A variable from the downward API."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


JITSI_ENV = {"S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES": "1", "TZ": "UTC"}
"""An emptyDir on /run belongs to root with mode 0777; s6's preinit exits 100 there unless told."""

JITSI_MOUNTS = {"/run": "run", "/tmp": "tmp"}  # noqa: S108


def jitsi_volumes() -> list[dict[str, Any]]:
    """/run must allow execution and grows with in-pod restarts; /tmp takes the JVMs' scratch files."""
    return [{"name": "run", "emptyDir": {"sizeLimit": "256Mi"}}, {"name": "tmp", "emptyDir": {}}]


def config_volume(name: str, config_map: str, mode: int | None = None) -> dict[str, Any]:
    """A ConfigMap as a volume."""
    source: dict[str, Any] = {"name": config_map}
    if mode is not None:
        source["defaultMode"] = mode
    return {"name": name, "configMap": source}


def text_hash(*texts: str) -> str:
    """A mark that changes with the texts: as an annotation of a pod template it rolls the pods."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def http_probe(path: str, port: int | str, *, period: int, failures: int, timeout: int = 5) -> dict[str, Any]:
    """GET on a container port; seconds."""
    return {
        "httpGet": {"path": path, "port": port},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": timeout,
    }


def tcp_probe(port: int | str, *, period: int, failures: int, timeout: int = 5) -> dict[str, Any]:
    """A connection to a container port; seconds."""
    return {
        "tcpSocket": {"port": port},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": timeout,
    }


def resources(cpu: str, memory: str, *, cpu_limit: str | None = None) -> dict[str, Any]:
    """Requests, with memory limited to its request; CPU is limited only where named."""
    limits = {"memory": memory}
    if cpu_limit:
        limits["cpu"] = cpu_limit
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": limits}


def pod(
    *,
    labelled: dict[str, str],
    containers: list[dict[str, Any]],
    volumes: list[dict[str, Any]],
    annotations: Mapping[str, Any] | None = None,
    uid: int = JITSI_UID,
    **more: Any,
) -> dict[str, Any]:
    """A pod template. Service links stay off: a Service called jvb would inject JVB_PORT=tcp://… into Jitsi's templates."""
    metadata: dict[str, Any] = {"labels": labelled}
    if annotations:
        metadata["annotations"] = dict(annotations)
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(uid),
        "containers": containers,
        "volumes": volumes,
    }
    return {"metadata": metadata, "spec": spec | more}


def only_on(label: str, value: str) -> dict[str, Any]:
    """Placement on the nodes that have this label and this taint."""
    taint = {"key": label, "operator": "Equal", "value": value, "effect": "NoSchedule"}
    return {"nodeSelector": {label: value}, "tolerations": [taint]}


SOON_ELSEWHERE: dict[str, Any] = {
    "tolerations": [
        {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}
        for state in ("not-ready", "unreachable")
    ]
}
"""For pods whose work another one can take up at once: the API server would leave them for 300 s on a node that is gone. Never for
those that carry media, which may flow on while only the kubelet is cut off."""


def spread(selected: dict[str, str], *, key: str = "kubernetes.io/hostname") -> list[dict[str, Any]]:
    """Pods of one workload on different nodes where possible; never pending for it."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selected},
        }
    ]


def scrape(port: int, path: str = "/metrics") -> dict[str, str]:
    """Annotations by which an existing Prometheus finds a pod's metrics."""
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(port), "prometheus.io/path": path}

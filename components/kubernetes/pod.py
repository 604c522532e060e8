"""Parts of every pod: restricted pod security, writable paths, environment, probes."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from components.kubernetes.labels import RESERVE_TAINT, ROLE_LABEL, SYSTEM_ROLE, ZONE_LABEL
from sizing.part import JITSI_UID, Part
from sizing.pod_sizes import PodSize

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
    """Container. `mounts` maps a path to a volume; `volume:file` mounts a single file, and `!volume` mounts read-only."""
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
    """Variables in a stable order. Booleans become `1` and `0`, as the images' templates expect."""
    return [
        {"name": name, "value": str(int(value)) if isinstance(value, bool) else str(value)}
        for name, value in sorted(values.items())
    ]


def from_secret(secret: str, *names: str) -> list[dict[str, Any]]:
    """Variables from the keys of the same names in a Secret."""
    return [{"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name}}} for name in names]


def from_field(name: str, path: str) -> dict[str, Any]:
    """Variable from the downward API."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


JITSI_ENV = {"S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES": "1", "TZ": "UTC"}
"""s6's preinit exits with 100 on an emptyDir at /run, which root owns with mode 0777, unless this variable is set."""

JITSI_MOUNTS = {"/run": "run", "/tmp": "tmp"}  # noqa: S108


def jitsi_volumes() -> list[dict[str, Any]]:
    """/run must allow execution, and grows with restarts in the pod; /tmp holds the JVMs' scratch files."""
    return [{"name": "run", "emptyDir": {"sizeLimit": "256Mi"}}, {"name": "tmp", "emptyDir": {}}]


def config_volume(name: str, config_map: str, mode: int | None = None) -> dict[str, Any]:
    """A ConfigMap as a volume."""
    source: dict[str, Any] = {"name": config_map}
    if mode is not None:
        source["defaultMode"] = mode
    return {"name": name, "configMap": source}


def secrets_volume(name: str, files: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Single keys of several Secrets as the files of one volume."""
    sources = [{"secret": {"name": secret, "items": [{"key": file, "path": file}]}} for secret, file in files]
    return {"name": name, "projected": {"defaultMode": READ_ONLY_SECRET, "sources": sources}}


def text_hash(*texts: str) -> str:
    """A hash of the texts; as an annotation of a pod template, a change rolls the pods."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def http_probe(path: str, port: int | str, *, period: int, failures: int, timeout: int = 5) -> dict[str, Any]:
    """A GET request to a container port. Times are in seconds."""
    return {
        "httpGet": {"path": path, "port": port},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": timeout,
    }


def tcp_probe(port: int | str, *, period: int, failures: int, timeout: int = 5) -> dict[str, Any]:
    """A connection to a container port. Times are in seconds."""
    return {
        "tcpSocket": {"port": port},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": timeout,
    }


def exec_probe(line: str, *, period: int, failures: int, timeout: int = 5) -> dict[str, Any]:
    """A shell line in the container. Times are in seconds."""
    return {
        "exec": {"command": ["/bin/sh", "-c", line]},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": timeout,
    }


def resources(size: PodSize, *, in_gib: bool = False) -> dict[str, Any]:
    """Requests, with memory limited to its request, spelled `1024Mi` or `1Gi`; CPU has no limit."""
    memory = f"{size.memory_mib // 1024}Gi" if in_gib else f"{size.memory_mib}Mi"
    return {"requests": {"cpu": f"{size.millicpu}m", "memory": memory}, "limits": {"memory": memory}}


def part_container(part: Part, image: str, **more: Any) -> dict[str, Any]:
    """The main container of a part whose size and ports are fixed: name, requests and ports are the record's.

    Raises:
        ValueError: the config decides the part's size.
    """
    if part.size is None:
        raise ValueError(f"the size of {part.name} follows from the config")
    fixed: dict[str, Any] = {"resources": resources(part.size)}
    if listed := ports(part):
        fixed["ports"] = listed
    return container(part.main, image, **{**fixed, **more})


def ports(part: Part) -> list[dict[str, Any]]:
    """The container's ports."""
    return [
        {"name": port.name, "containerPort": port.number, "protocol": port.protocol}
        for port in part.opens
        if port.declared and port.number is not None
    ]


def pod(
    *,
    labels: dict[str, str],
    containers: list[dict[str, Any]],
    volumes: list[dict[str, Any]],
    annotations: Mapping[str, Any] | None = None,
    uid: int = JITSI_UID,
    **more: Any,
) -> dict[str, Any]:
    """A pod template. Service links stay off: a Service called jvb would inject JVB_PORT=tcp://… into Jitsi's templates."""
    metadata: dict[str, Any] = {"labels": labels}
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


def bound_to(zone: str | None, *, own_pools: bool) -> dict[str, Any]:
    """Placement on a zone's system nodes, or on any node of the zone in a cluster without pools of its own; empty without a zone."""
    if zone is None:
        return {}
    return {"nodeSelector": {**({ROLE_LABEL: SYSTEM_ROLE} if own_pools else {}), ZONE_LABEL: zone}}


ON_RESERVE: dict[str, Any] = {
    "tolerations": [{"key": RESERVE_TAINT, "operator": "Exists", "effect": "PreferNoSchedule"}]
}
"""Lets pods of a shared part spread over the system pools of all zones."""

EVICT_FAST: dict[str, Any] = {
    "tolerations": [
        {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}
        for state in ("not-ready", "unreachable")
    ]
}
"""Leave a lost node, noticed after node-monitor-grace-period, 30 s later instead of the API server's default of 300 s
(default-unreachable-toleration-seconds). Not for pods that carry media, which may still flow when only the kubelet is cut off."""


def spread(match: dict[str, str], *, key: str = "kubernetes.io/hostname") -> list[dict[str, Any]]:
    """Prefer different nodes for the pods of a workload; never leave one pending."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": match},
        }
    ]


def scrape(part: Part) -> dict[str, str]:
    """Annotations by which an existing Prometheus finds the metrics of a part's pods; empty for a part without."""
    if part.scraped is None or not part.scraped.annotated:
        return {}
    port = str(part.port(part.scraped.port))
    return {"prometheus.io/scrape": "true", "prometheus.io/port": port, "prometheus.io/path": part.scraped.path}

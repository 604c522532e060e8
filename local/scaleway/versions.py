"""Kubernetes versions that Kapsule offers (`/k8s/v1/.../versions`), and which upgrade it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.scaleway import refusals

if TYPE_CHECKING:
    from local.scaleway.call import Answer, Call

SUPPORTED = ("1.36.1", "1.35.3", "1.34.6", "1.33.10")  # recorded from the real API on 2026-08-18
CNIS = ("cilium", "cilium_native", "calico", "kilo", "none")
FEATURE_GATES = ("HPAScaleToZero", "CPUManagerPolicyAlphaOptions", "ImageVolume", "MutatingAdmissionPolicy")
ADMISSION_PLUGINS = ("AlwaysPullImages", "PodNodeSelector", "PodTolerationRestriction")
KUBELET_ARGS = (
    *("containerLogMaxFiles", "containerLogMaxSize", "cpuCFSQuota", "cpuCFSQuotaPeriod", "cpuManagerPolicy"),
    *("cpuManagerPolicyOptions", "enableDebuggingHandlers", "evictionHard", "evictionMinimumReclaim"),
    *("imageGCHighThresholdPercent", "imageGCLowThresholdPercent", "maxParallelImagePulls", "maxPods"),
    *("registryBurst", "registryPullQPS", "serializeImagePulls"),
)


def parts(version: str) -> tuple[int, ...]:
    """`1.36.1` as numbers."""
    return tuple(int(part) for part in version.split("."))


def supported(version: str) -> str:
    """The version, if a cluster can be created with it."""
    if version in SUPPORTED:
        return version
    if version in {name.rpartition(".")[0] for name in SUPPORTED}:
        raise refusals.invalid("version", f"version {version!r} must be a full version, such as {_latest(version)}")
    raise refusals.invalid("version", f"version {version!r} is not supported, expected one of {', '.join(SUPPORTED)}")


def _latest(minor: str) -> str:
    return next(name for name in SUPPORTED if name.startswith(f"{minor}."))


def upgradable(current: str, wanted: str) -> str:
    """The version, if a cluster at `current` can be upgraded to it: never down, one minor version at a time."""
    supported(wanted)
    if parts(wanted) < parts(current):
        raise refusals.invalid("version", f"downgrade from {current} to {wanted} is not possible")
    if parts(wanted)[1] > parts(current)[1] + 1:
        raise refusals.invalid("version", f"upgrade from {current} to {wanted} skips a minor version")
    return wanted


def _shown(name: str, region: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": f"Kubernetes {name}",
        "region": region,
        "available_cnis": list(CNIS),
        "available_container_runtimes": ["containerd"],
        "available_feature_gates": list(FEATURE_GATES),
        "available_admission_plugins": list(ADMISSION_PLUGINS),
        "available_kubelet_args": dict.fromkeys(KUBELET_ARGS, ""),
        "deprecated_at": None,
        "end_of_life_at": None,
        "released_at": None,
    }


def list_versions(call: Call) -> Answer:
    """GET versions, newest first."""
    return 200, {"versions": [_shown(name, call.region) for name in SUPPORTED]}


def read_version(call: Call) -> Answer:
    """GET versions/{name}."""
    if call.path["id"] not in SUPPORTED:
        raise refusals.not_found("version", call.path["id"])
    return 200, _shown(call.path["id"], call.region)


def available_for(current: str) -> list[str]:
    """Versions that a cluster at `current` can be upgraded to."""
    found: list[str] = []
    for name in SUPPORTED:
        if parts(current) < parts(name) and parts(name)[1] <= parts(current)[1] + 1:
            found.append(name)
    return found

"""Kubernetes versions that Kapsule offers (`/k8s/v1/.../versions`), and the upgrades it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaleway_emulator import errors
from scaleway_emulator.catalogue import VERSIONS

if TYPE_CHECKING:
    from scaleway_emulator.call import Answer, Call

CNIS = ("cilium", "cilium_native", "calico", "kilo", "none")
DATES = {
    "1.36": ("2026-07-07", "2027-07-07", "2027-09-07"),
    "1.35": ("2026-01-19", "2027-01-19", "2027-03-19"),
    "1.34": ("2025-09-29", "2026-09-29", "2026-11-29"),
    "1.33": ("2025-09-04", "2026-09-04", "2026-11-04"),
}
"""Minor version -> day of its release, deprecation and end of support (Scaleway, version support policy, and recorded)."""
NATIVE_SINCE = 34  # minor version from which `cilium_native` is offered, as recorded
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
    """The version of a new cluster.

    Raises:
        Refusal: it is not offered, or it is not a full version.
    """
    if version in VERSIONS:
        return version
    if version in {name.rpartition(".")[0] for name in VERSIONS}:
        raise errors.invalid("version", f"version {version!r} must be a full version, such as {_latest(version)}")
    raise errors.invalid("version", f"version {version!r} is not supported, expected one of {', '.join(VERSIONS)}")


def _latest(minor: str) -> str:
    return next(name for name in VERSIONS if name.startswith(f"{minor}."))


def upgradable(current: str, target: str) -> str:
    """The version to upgrade to from `current`.

    Raises:
        Refusal: it is lower, not offered, or more than one minor version ahead.
    """
    supported(target)
    if parts(target) < parts(current):
        raise errors.invalid("version", f"downgrade from {current} to {target} is not possible")
    if parts(target)[1] > parts(current)[1] + 1:
        raise errors.invalid("version", f"upgrade from {current} to {target} skips a minor version")
    return target


def _shown(name: str, region: str) -> dict[str, Any]:
    minor = name.rpartition(".")[0]
    released, deprecated, ends = (
        f"{day}T00:00:00Z" for day in DATES.get(minor, ("2026-07-07", "2027-07-07", "2027-09-07"))
    )
    return {
        "name": name,
        "label": f"Kubernetes {name}",
        "region": region,
        "available_cnis": [cni for cni in CNIS if cni != "cilium_native" or parts(name)[1] >= NATIVE_SINCE],
        "available_container_runtimes": ["containerd"],
        "available_feature_gates": list(FEATURE_GATES),
        "available_admission_plugins": list(ADMISSION_PLUGINS),
        "available_kubelet_args": dict.fromkeys(KUBELET_ARGS, ""),
        "additional_components": {},
        "deprecated_at": deprecated,
        "end_of_life_at": ends,
        "released_at": released,
    }


def list_versions(call: Call) -> Answer:
    """GET versions, newest first."""
    return 200, {"versions": [_shown(name, call.region) for name in VERSIONS]}


def read_version(call: Call) -> Answer:
    """GET versions/{name}."""
    if call.path["id"] not in VERSIONS:
        raise errors.not_found("version", call.path["id"])
    return 200, _shown(call.path["id"], call.region)


def available_for(current: str) -> list[str]:
    """Versions that a cluster at `current` can be upgraded to."""
    minor = parts(current)[1] + 1
    return [name for name in VERSIONS if parts(current) < parts(name) and parts(name)[1] <= minor]

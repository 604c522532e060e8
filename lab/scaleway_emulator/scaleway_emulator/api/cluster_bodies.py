"""Bodies of requests about clusters, and the API's defaults."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from scaleway_emulator.call import Body

DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:h|ms|m|s))+")
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
AUTOSCALER_DEFAULTS: dict[str, Any] = {
    "scale_down_disabled": False,
    "scale_down_delay_after_add": "10m",
    "estimator": "binpacking",
    "expander": "random",
    "ignore_daemonsets_utilization": False,
    "balance_similar_node_groups": False,
    "expendable_pods_priority_cutoff": -10,
    "scale_down_unneeded_time": "10m",
    "scale_down_utilization_threshold": 0.5,
    "max_graceful_termination_sec": 600,
    "skip_nodes_with_local_storage": True,
    "log_level": 2,
}
NO_OPEN_ID: dict[str, Any] = {
    "issuer_url": "",
    "client_id": "",
    "username_claim": "",
    "username_prefix": "",
    "groups_claim": [],
    "groups_prefix": "",
    "required_claim": [],
}
NO_UPGRADE: dict[str, Any] = {"enabled": False, "maintenance_window": {"start_hour": 0, "day": "any"}}


def seconds(duration: str) -> float:
    """A Go duration (`1h30m`) in seconds.

    Raises:
        ValueError: it is not a duration.
    """
    if not DURATION.fullmatch(duration):
        raise ValueError(f"expected a duration such as 10m, got {duration!r}")
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|m|s)", duration)
    return sum(float(number) * UNITS[unit] for number, unit in parts)


class AutoscalerBody(Body):
    """`autoscaler_config`; null keeps a value."""

    scale_down_disabled: bool | None = None
    scale_down_delay_after_add: str | None = None
    estimator: Literal["unknown_estimator", "binpacking"] | None = None
    expander: Literal["unknown_expander", "random", "most_pods", "least_waste", "priority", "price"] | None = None
    ignore_daemonsets_utilization: bool | None = None
    balance_similar_node_groups: bool | None = None
    expendable_pods_priority_cutoff: int | None = None
    scale_down_unneeded_time: str | None = None
    scale_down_utilization_threshold: float | None = Field(default=None, ge=0, le=1)
    max_graceful_termination_sec: int | None = Field(default=None, ge=0)
    skip_nodes_with_local_storage: bool | None = None
    log_level: int | None = Field(default=None, ge=0, le=4)

    @field_validator("scale_down_delay_after_add", "scale_down_unneeded_time")
    @classmethod
    def _is_a_duration(cls, value: str | None) -> str | None:
        if value is not None:
            seconds(value)
        return value

    @field_validator("estimator", "expander", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value in ("", "unknown_estimator", "unknown_expander") else value


class Window(Body):
    """Maintenance window of automatic upgrades, hour in UTC."""

    start_hour: int = Field(ge=0, le=23)
    day: Literal["any", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "any"


class AutoUpgradeBody(Body):
    """`auto_upgrade`; the request says `enable`, the answer `enabled`."""

    enable: bool | None = None
    maintenance_window: Window | None = None


class OpenIdBody(Body):
    """`open_id_connect_config`."""

    issuer_url: str | None = None
    client_id: str | None = None
    username_claim: str | None = None
    username_prefix: str | None = None
    groups_claim: list[str] | None = None
    groups_prefix: str | None = None
    required_claim: list[str] | None = None


class ClusterBody(Body):
    """Create a cluster."""

    name: str = Field(min_length=1)
    version: str
    cni: str
    type: str = "kapsule"
    project_id: str | None = None
    organization_id: str | None = None
    description: str = ""
    tags: list[str] | None = None
    autoscaler_config: AutoscalerBody | None = None
    auto_upgrade: AutoUpgradeBody | None = None
    feature_gates: list[str] | None = None
    admission_plugins: list[str] | None = None
    open_id_connect_config: OpenIdBody | None = None
    apiserver_cert_sans: list[str] | None = None
    private_network_id: str | None = None
    pod_cidr: str | None = None
    service_cidr: str | None = None
    service_dns_ip: str | None = None


class ClusterPatch(Body):
    """Update a cluster."""

    name: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    autoscaler_config: AutoscalerBody | None = None
    auto_upgrade: AutoUpgradeBody | None = None
    feature_gates: list[str] | None = None
    admission_plugins: list[str] | None = None
    open_id_connect_config: OpenIdBody | None = None
    apiserver_cert_sans: list[str] | None = None


class UpgradeBody(Body):
    """Upgrade a cluster or a pool."""

    version: str
    upgrade_pools: bool = False


class TypeBody(Body):
    """Change the control plane."""

    type: str


def with_autoscaler(config: dict[str, Any], body: AutoscalerBody | None) -> dict[str, Any]:
    """`autoscaler_config` after a request."""
    return {**config, **(body.given() if body else {})}


def with_upgrade(config: dict[str, Any], body: AutoUpgradeBody | None) -> dict[str, Any]:
    """`auto_upgrade` after a request."""
    if body is None:
        return config
    window = body.maintenance_window.model_dump() if body.maintenance_window else config["maintenance_window"]
    return {"enabled": config["enabled"] if body.enable is None else body.enable, "maintenance_window": window}


def with_open_id(config: dict[str, Any], body: OpenIdBody | None) -> dict[str, Any]:
    """`open_id_connect_config` after a request: always an object, since the provider crashes on null."""
    return {**config, **(body.given() if body else {})}

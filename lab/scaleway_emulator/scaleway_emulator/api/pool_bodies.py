"""Bodies of requests about pools, with their checks of labels and taints."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from scaleway_emulator.call import Body

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
PREFIX = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def _label_key(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if not NAME.fullmatch(name) or (slash and not PREFIX.fullmatch(prefix)):
        raise ValueError(f"{key!r} is not a valid label key")
    return key


def _label_value(value: str) -> str:
    if value and not NAME.fullmatch(value):
        raise ValueError(f"{value!r} is not a valid label value (at most 63 letters, digits, '-', '_', '.')")
    return value


Key = Annotated[str, AfterValidator(_label_key)]
Value = Annotated[str, AfterValidator(_label_value)]


class Taint(Body):
    """A native taint."""

    key: Key
    value: Value = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class UpgradePolicy(Body):
    """Number of nodes upgraded at a time."""

    max_unavailable: int | None = Field(default=None, ge=0)
    max_surge: int | None = Field(default=None, ge=0)


class PoolBody(Body):
    """Create a pool."""

    name: str = Field(min_length=1)
    node_type: str
    zone: str = ""
    size: int = Field(default=0, ge=0)
    min_size: int | None = Field(default=None, ge=0)
    max_size: int | None = Field(default=None, ge=0)
    autoscaling: bool = False
    autohealing: bool = False
    container_runtime: str = "containerd"
    tags: list[str] | None = None
    placement_group_id: str | None = None
    kubelet_args: dict[str, str] | None = None
    upgrade_policy: UpgradePolicy | None = None
    root_volume_type: str | None = None
    root_volume_size: int | None = None
    public_ip_disabled: bool = False
    security_group_id: str | None = None
    labels: dict[Key, Value] | None = None
    taints: list[Taint] | None = None
    startup_taints: list[Taint] | None = None
    private_network_id: str | None = None


class PoolPatch(Body):
    """Update a pool."""

    size: int | None = Field(default=None, ge=0)
    min_size: int | None = Field(default=None, ge=0)
    max_size: int | None = Field(default=None, ge=0)
    autoscaling: bool | None = None
    autohealing: bool | None = None
    tags: list[str] | None = None
    kubelet_args: dict[str, str] | None = None
    upgrade_policy: UpgradePolicy | None = None
    security_group_id: str | None = None


class LabelsBody(Body):
    """PUT set-labels."""

    labels: dict[Key, Value] = {}


class TaintsBody(Body):
    """PUT set-taints."""

    taints: list[Taint] | None = None


class StartupTaintsBody(Body):
    """PUT set-startup-taints."""

    startup_taints: list[Taint] | None = None

"""The command line: ports, state, and the speed of the emulated cloud."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLE_ZONES = (".example.org", ".example.com", ".example.net")  # RFC 2606: names that nobody owns


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one emulator; durations in seconds."""

    state: Path
    kubeconfig: Path | None = None
    port: int = 0
    port_file: Path | None = None
    storage_port: int | None = None
    """Loopback port (TCP) of the HTTPS proxy to Object Storage; None for no proxy."""
    storage_authority: Path = Path("authority.pem")
    """File that receives the certificate of the authority for Object Storage's names."""
    boot: float = 3.0
    """From ordering a node to its Node object; 46-67 s on Kapsule."""
    settle: float = 1.0
    """Duration of a cluster's `creating`, `updating` and `deleting`."""
    reconcile_interval: float = 1.0
    autoscaler_interval: float = 2.0
    """The autoscaler's scan interval; 10 s upstream."""
    unneeded: float | None = None
    """Overrides `scale_down_unneeded_time` of every cluster; not scaled."""
    time_scale: float = 60.0
    """Divisor of the cluster's own durations (autoscaler_config, drain deadlines)."""
    quotas: dict[str, int] = field(default_factory=dict[str, int])
    """Instances allowed for each node type; other types have no limit."""
    dns_zones: tuple[str, ...] = ()
    """DNS zones of the account beside the example ones."""

    def owns_zone(self, zone: str) -> bool:
        """Whether the account has this DNS zone, or one above it."""
        name = f".{zone.lower().rstrip('.')}"
        return name.endswith(EXAMPLE_ZONES) or any(name.endswith(f".{zone}") for zone in self.dns_zones)


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Parse a command line; exits with a usage message if it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m scaleway_emulator", description="Serve Scaleway's API on loopback."
    )
    add = parser.add_argument
    add("--state", type=Path, required=True, help="folder that keeps the emulated cloud (created when missing)")
    add(
        "--kubeconfig",
        type=Path,
        help="API server that plays Kapsule's control plane; without it nodes are records only",
    )
    add("--port", type=int, default=0, help="loopback port, 0 for a free one")
    add("--port-file", type=Path, help="file that receives the port once it listens")
    add("--storage-port", type=int, help="loopback port of the HTTPS proxy to Object Storage")
    add("--storage-authority", type=Path, help="file that receives the certificate of its authority")
    add("--boot-seconds", type=float, default=3.0, help="from ordering a node to its Node object")
    add("--settle-seconds", type=float, default=1.0, help="duration of a cluster's creating, updating and deleting")
    add(
        "--reconcile-interval",
        type=float,
        default=1.0,
        help="seconds between two reconciliations of nodes and Services",
    )
    add("--autoscaler-interval", type=float, default=2.0, help="seconds between two autoscaler scans")
    add("--unneeded-seconds", type=float, help="overrides scale_down_unneeded_time, in real seconds")
    add("--time-scale", type=float, default=60.0, help="60: one minute of autoscaler_config is one second")
    add("--quota", action="append", default=[], metavar="TYPE=N", help="Instances allowed of one type (repeatable)")
    add("--dns-zone", action="append", default=[], help="DNS zone of the account (repeatable)")
    given = parser.parse_args(arguments)
    quotas: dict[str, int] = {}
    for quota in given.quota:
        name, _, count = str(quota).partition("=")
        if not count.isdigit():
            parser.error(f"--quota wants TYPE=N, got {quota!r}")
        quotas[name.upper()] = int(count)
    if (given.storage_port is None) != (given.storage_authority is None):
        parser.error("--storage-port and --storage-authority go together")
    if given.time_scale <= 0:
        parser.error("--time-scale must be positive")
    return Options(
        state=given.state,
        kubeconfig=given.kubeconfig,
        port=given.port,
        port_file=given.port_file,
        storage_port=given.storage_port,
        storage_authority=given.storage_authority or Options.storage_authority,
        boot=given.boot_seconds,
        settle=given.settle_seconds,
        reconcile_interval=given.reconcile_interval,
        autoscaler_interval=given.autoscaler_interval,
        unneeded=given.unneeded_seconds,
        time_scale=given.time_scale,
        quotas=quotas,
        dns_zones=tuple(str(zone).lower().rstrip(".") for zone in given.dns_zone),
    )

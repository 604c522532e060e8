"""Scaleway Instance types that a Kapsule pool may be made of, with size, network, price and zones.

Source: the public `GET /instance/v1/zones/{zone}/products/servers` list as recorded on 2026-07-30. Prices are
EUR per hour without the public IPv4 address and the root volume; bandwidth is the internet side, in Mbit/s.
"""

from dataclasses import dataclass

PRICES_AS_OF = "2026-07-30"

ZONES = {
    "fr-par": ("fr-par-1", "fr-par-2", "fr-par-3"),
    "nl-ams": ("nl-ams-1", "nl-ams-2", "nl-ams-3"),
    "pl-waw": ("pl-waw-1", "pl-waw-2", "pl-waw-3"),
}

REFUSED = {
    "DEV1-S": "Kapsule refuses it: too small for the node's own services",
    "PLAY2-PICO": "Kapsule refuses it: too small for the node's own services",
    "STARDUST1-S": "Kapsule refuses it: too small for the node's own services",
}

_EVERYWHERE = tuple(zone for zones in ZONES.values() for zone in zones)
_FULL = ("fr-par-1", "fr-par-2", "nl-ams-1", "nl-ams-2")
_FAMILY_ZONES = {
    "DEV1": (*_FULL, "pl-waw-1", "pl-waw-2"),
    "GP1": (*_FULL, "fr-par-3", "pl-waw-1", "pl-waw-2"),
    "POP2": _EVERYWHERE,
    "PRO2": _EVERYWHERE,
    "PLAY2": _FULL,
    "BASIC2": _FULL,
    "BASIC3": _FULL,
    "COMPUTE3": _FULL,
    "STANDARD2": _FULL,
    "STANDARD3": _FULL,
}


@dataclass(frozen=True, slots=True)
class NodeType:
    """One Instance type: vCPUs, memory in GiB, internet bandwidth in Mbit/s, EUR per started hour."""

    name: str
    vcpus: int
    memory_gib: int
    hourly_eur: float
    bandwidth_mbps: int
    dedicated: bool
    arch: str = "x86_64"

    @property
    def zones(self) -> tuple[str, ...]:
        """Zones that offered the type when the list was recorded."""
        return _FAMILY_ZONES[self.name.split("-")[0]]


def _types(dedicated: bool, *rows: tuple[str, int, int, float, int], arch: str = "x86_64") -> list[NodeType]:
    return [
        NodeType(
            name=name, vcpus=cpu, memory_gib=gib, hourly_eur=eur, bandwidth_mbps=mbps, dedicated=dedicated, arch=arch
        )
        for name, cpu, gib, eur, mbps in rows
    ]


NODE_TYPES: dict[str, NodeType] = {
    node_type.name: node_type
    for node_type in (
        *_types(
            False,
            ("DEV1-M", 3, 4, 0.0202, 300),
            ("DEV1-L", 4, 8, 0.0428, 400),
            ("DEV1-XL", 4, 12, 0.0651, 500),
            ("PLAY2-NANO", 2, 4, 0.0275, 200),
            ("PLAY2-MICRO", 4, 8, 0.0551, 400),
            ("GP1-XS", 4, 16, 0.0928, 500),
            ("GP1-S", 8, 32, 0.1907, 800),
            ("PRO2-XXS", 2, 8, 0.0561, 350),
            ("PRO2-XS", 4, 16, 0.1122, 700),
            ("PRO2-S", 8, 32, 0.2234, 1500),
            ("PRO2-M", 16, 64, 0.4468, 3000),
            ("BASIC3-X2C-4G", 2, 4, 0.0394, 350),
            ("BASIC3-X4C-8G", 4, 8, 0.0790, 700),
            ("BASIC3-X8C-16G", 8, 16, 0.1777, 1500),
            ("BASIC3-X16C-32G", 16, 32, 0.3552, 3000),
        ),
        *_types(
            False,
            ("BASIC2-A4C-8G", 4, 8, 0.0517, 400),
            ("BASIC2-A8C-16G", 8, 16, 0.1034, 800),
            ("BASIC2-A16C-32G", 16, 32, 0.2067, 1600),
            ("STANDARD2-A4C-16G", 4, 16, 0.1171, 800),
            arch="arm64",
        ),
        *_types(
            True,
            ("COMPUTE3-X2C-4G", 2, 4, 0.0585, 500),
            ("COMPUTE3-X4C-8G", 4, 8, 0.1170, 1000),
            ("COMPUTE3-X6C-12G", 6, 12, 0.1756, 1500),
            ("COMPUTE3-X8C-16G", 8, 16, 0.2341, 2000),
            ("COMPUTE3-X12C-24G", 12, 24, 0.3511, 4000),
            ("COMPUTE3-X16C-32G", 16, 32, 0.4682, 4000),
            ("STANDARD3-X4C-16G", 4, 16, 0.1617, 1000),
            ("POP2-HC-2C-4G", 2, 4, 0.0532, 400),
            ("POP2-HC-4C-8G", 4, 8, 0.1064, 800),
            ("POP2-HC-8C-16G", 8, 16, 0.2128, 1600),
            ("POP2-4C-16G", 4, 16, 0.1470, 800),
            ("POP2-HN-3", 2, 4, 0.2554, 3000),
            ("POP2-HN-5", 4, 8, 0.4524, 5000),
            ("POP2-HN-10", 4, 8, 0.7264, 10000),
        ),
    )
}

"""The price list: EUR without tax, pay as you go, in regions fr-par, nl-ams and pl-waw alike.

Node types: `config.node_types`, recorded 2026-07-30. Load balancers, addresses and control planes: public price pages, read
2026-09. Block Storage 5K: public price page for Paris, read 2026-09-26; its price for the other regions is assumed equal.
Object Storage: from third parties that cite the public price page, read 2026-11-21; requests are included, and downloads
beyond 75 GB a month (0.01 EUR per GB) are not counted.
"""

from config.cluster import RootVolume
from config.node_types import PRICES_AS_OF

HOURS_PER_MONTH = 730  # 365 x 24 / 12, as on Scaleway's price pages
HOURS_PER_WEEK = 168

LOAD_BALANCERS = {"LB-S": 0.023, "LB-GP-M": 0.054, "LB-GP-L": 0.094, "LB-GP-XL": 0.941}
CONTROL_PLANES = {
    "kapsule": 0.0,
    "kapsule-dedicated-4": 0.11,
    "kapsule-dedicated-8": 0.18,
    "kapsule-dedicated-16": 0.35,
}
IPV4 = 0.005
BLOCK_STORAGE_GB = 0.00013  # Block Storage 5K (sbs_5k), per GB and hour
OBJECT_STORAGE_GB = 0.00002  # class Standard (Multi-AZ), per GB and hour: 0.0146 a month


def node_extra(root: RootVolume | None = None) -> float:
    """EUR per hour of a node's public address and root volume at Scaleway. Block Storage 15K counts as 5K, which costs less."""
    return IPV4 + BLOCK_STORAGE_GB * (root or RootVolume()).size


SOURCE = (
    f"Scaleway's public prices without tax: nodes {PRICES_AS_OF}, load balancers, IPv4 and control planes 2026-09, "
    "Block Storage 5K 2026-09-26 (Paris; assumed the same elsewhere)"
)
OBJECT_STORAGE_SOURCE = "Object Storage 2026-11-21, cited by others"

"""The annotations by which Scaleway's cloud controller creates the load balancer."""

from typing import Any

from config.balancer import PREFIX, SETTINGS
from config.ingress import Ingress


def scaleway_annotations(ingress: Ingress, zone: str, address_ids: Any) -> dict[str, Any]:
    """How Scaleway's cloud controller makes the load balancer; durations as its annotations take them."""
    place = {"type": ingress.load_balancer, "zone": zone, "ip-ids": address_ids}
    fixed = {each.name: each.value for each in SETTINGS if each.value is not None}
    return {f"{PREFIX}{name}": value for name, value in (place | fixed).items()}

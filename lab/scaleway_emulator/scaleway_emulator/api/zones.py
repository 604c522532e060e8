"""Zones that are lost and come back, as a test says: `PUT` and `DELETE /emulator/lost-zones/{zone}`. Not Scaleway's API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaleway_emulator import errors
from scaleway_emulator.catalogue import ZONES

if TYPE_CHECKING:
    from scaleway_emulator.state import State


def lose(state: State, zone: str) -> None:
    """Take a zone away: its API answers 503, its nodes send no heartbeats, its load balancers are not changed any more."""
    if not any(zone in zones for zones in ZONES.values()):
        raise errors.invalid("zone", f"unknown zone {zone!r}")
    if zone not in state.lost_zones:
        state.lost_zones.append(zone)


def give_back(state: State, zone: str) -> None:
    """End the outage of a zone."""
    if zone in state.lost_zones:
        state.lost_zones.remove(zone)


def check(state: State, zone: str | None) -> None:
    """Refuse a request to the API of a lost zone.

    Raises:
        Refusal: 503.
    """
    if zone in state.lost_zones:
        raise errors.unavailable(f"zone {zone} is lost")

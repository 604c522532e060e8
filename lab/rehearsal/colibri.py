"""Conferences of a bridge's colibri2 REST interface, and which endpoints and relays reach each other.

Facts of stable-11146: Conferences.java, Colibri2ConferenceHandler.kt, Colibri2JSONDeserializer.kt, IceTransport.kt, DtlsTransport.kt.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

ICE = "urn:xmpp:jingle:transports:ice-udp:1"
DTLS_ROLES = {"active", "passive"}


class RefusedError(Exception):
    """A request that the bridge answers with `status`."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(eq=False, slots=True)
class Side:
    """An endpoint or a relay: one end of ICE and DTLS."""

    controlling: bool
    own_port: bool
    """Only relays may have a port of their own; all others share one, which tells peers apart by their addresses."""
    ufrag: str = field(default_factory=lambda: secrets.token_hex(6))
    password: str = field(default_factory=lambda: secrets.token_hex(12))
    fingerprint: str = field(default_factory=lambda: secrets.token_hex(16))
    remote: dict[str, Any] = field(default_factory=dict)
    connected: bool = False

    def described(self) -> dict[str, Any]:
        """Its description in an answer."""
        return {
            "xmlns": ICE,
            "ufrag": self.ufrag,
            "pwd": self.password,
            "rtcp-mux": True,
            "fingerprints": [{"hash": "sha-256", "setup": "actpass", "fingerprint": self.fingerprint}],
            "candidates": [{"type": "host", "protocol": "udp", "ip": "127.0.0.1", "port": "10000", "generation": "0"}],
        }

    def knows(self, other: Side) -> bool:
        """Whether it was told the other's description."""
        prints = [each.get("fingerprint") for each in self.remote.get("fingerprints") or []]
        return (self.remote.get("ufrag"), self.remote.get("pwd"), prints) == (
            other.ufrag,
            other.password,
            [other.fingerprint],
        )

    @property
    def role(self) -> str:
        """What it was told of the other's DTLS role."""
        return str(next((each.get("setup") for each in self.remote.get("fingerprints") or []), ""))


@dataclass(slots=True)
class Conferences:
    """All conferences that were made over REST."""

    relays: bool = True
    """Whether relays are on."""
    created: int = 0
    completed: int = 0
    connected: int = 0
    """Sides whose ICE succeeded, of all conferences so far."""
    meetings: dict[str, dict[tuple[str, str], Side]] = field(default_factory=dict)

    @property
    def endpoints(self) -> int:
        """Endpoints of all conferences."""
        return sum(kind == "endpoints" for sides in self.meetings.values() for kind, _ in sides)

    def create(self, request: Any, *, leaving: bool) -> dict[str, Any]:
        """POST /colibri/v2/conferences."""
        meeting = _object(request).get("meeting-id")
        if not isinstance(meeting, str) or request.get("create") is not True:
            raise RefusedError(400, "a new conference needs meeting-id and create")
        if meeting in self.meetings:
            raise RefusedError(400, "Conference already exists")
        if leaving:
            raise RefusedError(400, "In graceful shutdown")
        self.meetings[meeting] = {}
        self.created += 1
        return self._modify(meeting, request)

    def patch(self, meeting: str, request: Any) -> dict[str, Any]:
        """PATCH /colibri/v2/conferences/{meeting}."""
        if meeting not in self.meetings:
            raise RefusedError(404, "")
        return self._modify(meeting, _object(request))

    def _modify(self, meeting: str, request: dict[str, Any]) -> dict[str, Any]:
        entries = {kind: [_object(each) for each in request.get(kind) or []] for kind in ("endpoints", "relays")}
        if entries["endpoints"] and entries["relays"]:
            raise RefusedError(400, "Using both 'relay' and 'endpoint' in a request")
        if len(entries["endpoints"]) > 1 or len(entries["relays"]) > 1:
            raise RefusedError(400, "Updating more than one endpoint or relay in a request")
        if entries["relays"] and not self.relays:
            raise RefusedError(400, "Octo is disabled in configuration.")
        answer = {
            kind: [self._entry(self.meetings[meeting], kind, each) for each in listed]
            for kind, listed in entries.items()
            if listed
        }
        if request.get("expire") is True or not self.meetings[meeting]:
            del self.meetings[meeting]
            self.completed += 1
        self._connect()
        return answer

    def _entry(self, sides: dict[tuple[str, str], Side], kind: str, entry: dict[str, Any]) -> dict[str, Any]:
        key = kind, str(entry.get("id"))
        transport = entry.get("transport")
        create = entry.get("create") is True
        if create:
            _check_new(kind, entry, taken=key in sides)
            given = _object(transport)
            sides[key] = Side(
                controlling=given.get("ice-controlling") is True,
                own_port=kind == "relays" and given.get("use-unique-port") is True,
            )
        if key not in sides:
            raise RefusedError(400, f"Unknown {kind} {key[1]}")
        described = _object(transport).get("transport") if transport is not None else None
        if isinstance(described, dict) and described.get("xmlns") == ICE:  # the bridge ignores others
            sides[key].remote = described
        return {"id": key[1]} | ({"transport": {"transport": sides[key].described()}} if create else {})

    def _connect(self) -> None:
        waiting = [side for sides in self.meetings.values() for side in sides.values() if not side.connected]
        for side in waiting:
            for other in waiting:
                if not side.connected and side.knows(other) and other.knows(side) and _meet(side, other):
                    side.connected = other.connected = True
                    self.connected += 2


def _meet(side: Side, other: Side) -> bool:
    return (
        side.controlling != other.controlling
        and (side.own_port or other.own_port)
        and {side.role, other.role} == DTLS_ROLES
    )


def _check_new(kind: str, entry: dict[str, Any], *, taken: bool) -> None:
    if taken:
        raise RefusedError(400, f"{kind} {entry.get('id')} already exists")
    if entry.get("transport") is None:
        raise RefusedError(400, f"Attempt to create {entry.get('id')} with no <transport>")
    if kind == "endpoints" and "source-names" not in (entry.get("capabilities") or []):
        raise RefusedError(400, "Source name support is mandatory.")


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError(400, f"Expected object, got {type(value).__name__}")
    return value

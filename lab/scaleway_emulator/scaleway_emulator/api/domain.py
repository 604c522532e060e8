"""DNS zones and records (`/domain/v2beta1`). One PATCH lists additions and deletions of records."""

from __future__ import annotations

import ipaddress
from typing import Any, Literal

from pydantic import Field, field_validator

from scaleway_emulator import errors
from scaleway_emulator.call import Answer, Body, Call
from scaleway_emulator.resource import stamp
from scaleway_emulator.state import DnsRecord

NAME_SERVERS = ["ns0.dom.scw.cloud", "ns1.dom.scw.cloud"]
TYPES = ("A", "AAAA", "CNAME", "TXT", "SRV", "TLSA", "MX", "NS", "PTR", "CAA", "ALIAS", "LOC", "SSHFP", "HINFO", "RP")
TYPES += ("URI", "DS", "NAPTR", "DNAME", "SVCB", "HTTPS")
ROOT_LABELS = 2  # example.org


class HttpService(Body):
    """A record whose addresses are asked over HTTP; those that answer are given out."""

    ips: list[str] = Field(min_length=1)
    must_contain: str = ""
    url: str = Field(min_length=1, pattern="^https?://")
    user_agent: str = ""

    @field_validator("must_contain", "user_agent", mode="before")
    @classmethod
    def _empty(cls, text: str | None) -> str:
        """Return the text as the API answers it; the provider sends null where none is set."""
        return text or ""

    strategy: Literal["random", "hashed", "all"]


class RecordBody(Body):
    """One record to add or set."""

    name: str = ""
    type: str
    data: str = Field(min_length=1)
    ttl: int = Field(default=3600, ge=60, le=2_592_000)
    priority: int = Field(default=0, ge=0)
    comment: str | None = None
    geo_ip_config: dict[str, Any] | None = None
    http_service_config: HttpService | None = None
    weighted_config: dict[str, Any] | None = None
    view_config: dict[str, Any] | None = None


class Identifier(Body):
    """A record by its content."""

    name: str = ""
    type: str
    data: str | None = None
    ttl: int | None = None


class Add(Body):
    """Add records."""

    records: list[RecordBody] = []


class Set(Add):
    """Replace records."""

    id: str | None = None
    id_fields: Identifier | None = None


class Delete(Body):
    """Delete records."""

    id: str | None = None
    id_fields: Identifier | None = None


class Change(Body):
    """One change; one of the four fields is set."""

    add: Add | None = None
    set: Set | None = None
    delete: Delete | None = None
    clear: dict[str, Any] | None = None


class ChangesBody(Body):
    """PATCH records."""

    changes: list[Change] = []
    return_all_records: bool = False


def _zone(call: Call) -> str:
    zone = call.path["dns_zone"].lower().rstrip(".")
    if not call.options.owns_zone(zone):
        raise errors.forbidden("domain not found")
    return zone


def _zone_shown(zone: str, project: str) -> dict[str, Any]:
    labels = zone.split(".")
    return {
        "domain": ".".join(labels[-ROOT_LABELS:]),
        "subdomain": ".".join(labels[:-ROOT_LABELS]),
        "ns": NAME_SERVERS,
        "ns_default": NAME_SERVERS,
        "ns_master": [],
        "status": "active",
        "message": None,
        "updated_at": stamp(),
        "project_id": project,
        "linked_products": [],
    }


def list_zones(call: Call) -> Answer:
    """GET dns-zones: the account's zones, or those of them that the query names."""
    query = next((call.query[name] for name in ("dns_zones", "dns_zone", "domain") if call.query.get(name)), "")
    known = {record.zone for record in call.state.dns_records.values()} | set(call.options.dns_zones)
    names = [name for name in query.lower().split(",") if name] or sorted(known | {"example.org"})
    project = next((c.project_id for c in call.state.clusters.values()), "")
    return call.page("dns_zones", [_zone_shown(name, project) for name in names if call.options.owns_zone(name)])


def list_records(call: Call) -> Answer:
    """GET dns-zones/{zone}/records."""
    zone = _zone(call)
    name = call.query.get("name")
    records = [record.shown() for record in _records(call, zone) if name in (None, "", record.name)]
    return call.page("records", [record for record in records if call.matches(record, "id", "type")])


def _records(call: Call, zone: str) -> list[DnsRecord]:
    return [record for record in call.state.dns_records.values() if record.zone == zone]


def _check_address(field: str, text: str, version: int) -> None:
    try:
        found = ipaddress.ip_address(text).version
    except ValueError:
        found = None
    if found != version:
        raise errors.invalid(field, f"{text!r} is not an IPv{version} address", "format")


def _new_record(call: Call, zone: str, body: RecordBody) -> DnsRecord:
    if body.type not in TYPES:
        raise errors.invalid("type", f"unknown record type {body.type!r}")
    expected: dict[str, Literal[4, 6]] = {"A": 4, "AAAA": 6}
    if body.type in expected:
        _check_address("data", body.data, expected[body.type])
    for address in body.http_service_config.ips if body.http_service_config else ():
        _check_address("http_service_config.ips", address, expected.get(body.type, 4))
    same_name = [record for record in _records(call, zone) if record.name == body.name]
    if body.type == "CNAME" and same_name:
        raise errors.invalid("type", f"a CNAME cannot stand beside other records of {body.name!r}")
    if body.type != "CNAME" and any(record.type == "CNAME" for record in same_name):
        raise errors.invalid("type", f"{body.name!r} is a CNAME already")
    if any(record.type == body.type and record.data == body.data for record in same_name):
        raise errors.conflict("record", f"{body.type} record {body.name!r} with this data exists already")
    return DnsRecord(zone=zone, **body.model_dump())


def _selected(call: Call, zone: str, change: Set | Delete) -> list[DnsRecord]:
    if change.id is not None:
        return [record for record in _records(call, zone) if record.id == change.id]
    fields = change.id_fields
    if fields is None:
        raise errors.invalid("changes", "id or id_fields is required", "required")
    return [
        record
        for record in _records(call, zone)
        if (record.name, record.type) == (fields.name, fields.type) and fields.data in (None, record.data)
    ]


def update_records(call: Call) -> Answer:
    """PATCH dns-zones/{zone}/records: all changes, or none if one is refused."""
    zone = _zone(call)
    before = dict(call.state.dns_records)
    body = call.body(ChangesBody)
    changed: list[DnsRecord] = []
    try:
        for change in body.changes:
            changed += _apply(call, zone, change)
    except errors.Refusal:
        call.state.dns_records = before
        raise
    returned = _records(call, zone) if body.return_all_records else changed
    return 200, {"records": [record.shown() for record in returned]}


def _apply(call: Call, zone: str, change: Change) -> list[DnsRecord]:
    removed: list[DnsRecord] = []
    if change.clear is not None:
        removed = _records(call, zone)
    elif change.delete is not None:
        removed = _selected(call, zone, change.delete)
    elif change.set is not None:
        removed = _selected(call, zone, change.set)
    for record in removed:
        del call.state.dns_records[record.id]
    written: list[DnsRecord] = []
    additions = change.add or change.set
    for index, body in enumerate(additions.records if additions else []):
        record = _new_record(call, zone, body)
        if change.set is not None and removed and index == 0:
            record.id = removed[0].id  # a record that is set keeps its id
        call.state.dns_records[record.id] = record
        written.append(record)
    return written

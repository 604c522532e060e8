"""DNS zones and records (`/domain/v2beta1`). Records change through one PATCH that lists additions and deletions."""

from __future__ import annotations

import ipaddress
from typing import Any, Literal

from pydantic import Field

from local.scaleway import refusals
from local.scaleway.call import Answer, Body, Call
from local.scaleway.record import stamp
from local.scaleway.records import DnsRecord

NAME_SERVERS = ["ns0.dom.scw.cloud", "ns1.dom.scw.cloud"]
TYPES = ("A", "AAAA", "CNAME", "TXT", "SRV", "TLSA", "MX", "NS", "PTR", "CAA", "ALIAS", "LOC", "SSHFP", "HINFO", "RP")
TYPES += ("URI", "DS", "NAPTR", "DNAME", "SVCB", "HTTPS")
ROOT_LABELS = 2  # example.org


class RecordBody(Body):
    """One record to add or set."""

    name: str = ""
    type: str
    data: str = Field(min_length=1)
    ttl: int = Field(default=3600, ge=60, le=2_592_000)
    priority: int = Field(default=0, ge=0)
    comment: str | None = None
    geo_ip_config: dict[str, Any] | None = None
    http_service_config: dict[str, Any] | None = None
    weighted_config: dict[str, Any] | None = None
    view_config: dict[str, Any] | None = None


class Identifier(Body):
    """A record by what it says."""

    name: str = ""
    type: str
    data: str | None = None
    ttl: int | None = None


class Add(Body):
    """Add records."""

    records: list[RecordBody] = []


class Set(Add):
    """Put records in the place of one."""

    id: str | None = None
    id_fields: Identifier | None = None


class Delete(Body):
    """Remove a record."""

    id: str | None = None
    id_fields: Identifier | None = None


class Change(Body):
    """One of the four changes."""

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
        raise refusals.forbidden("domain not found")
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
    """GET dns-zones: the zones asked for that the account has, or all that it names."""
    asked = [
        name.lower() for name in (call.query.get("dns_zones") or call.query.get("dns_zone") or "").split(",") if name
    ]
    if not asked and call.query.get("domain"):
        asked = [call.query["domain"].lower()]
    known = {record.zone for record in call.state.dns_records.values()} | set(call.options.dns_zones)
    names = asked or sorted(known | {"example.org"})
    project = next((c.project_id for c in call.state.clusters.values()), "")
    return call.page("dns_zones", [_zone_shown(name, project) for name in names if call.options.owns_zone(name)])


def list_records(call: Call) -> Answer:
    """GET dns-zones/{zone}/records."""
    zone = _zone(call)
    found = [record.shown() for record in _records(call, zone)]
    wanted = call.query.get("name")
    named = [record for record in found if wanted is None or wanted in ("", record["name"])]
    return call.page("records", [record for record in named if call.matches(record, "id", "type")])


def _records(call: Call, zone: str) -> list[DnsRecord]:
    return [record for record in call.state.dns_records.values() if record.zone == zone]


def _checked(call: Call, zone: str, body: RecordBody) -> DnsRecord:
    if body.type not in TYPES:
        raise refusals.invalid("type", f"unknown record type {body.type!r}")
    expected: dict[str, Literal[4, 6]] = {"A": 4, "AAAA": 6}
    if body.type in expected:
        try:
            good = ipaddress.ip_address(body.data).version == expected[body.type]
        except ValueError:
            good = False
        if not good:
            raise refusals.invalid("data", f"{body.data!r} is not an IPv{expected[body.type]} address", "format")
    same_name = [record for record in _records(call, zone) if record.name == body.name]
    if body.type == "CNAME" and same_name:
        raise refusals.invalid("type", f"a CNAME cannot stand beside other records of {body.name!r}")
    if body.type != "CNAME" and any(record.type == "CNAME" for record in same_name):
        raise refusals.invalid("type", f"{body.name!r} is a CNAME already")
    if any(record.type == body.type and record.data == body.data for record in same_name):
        raise refusals.conflict("record", f"{body.type} record {body.name!r} with this data exists already")
    return DnsRecord(zone=zone, **body.model_dump())


def _chosen(call: Call, zone: str, change: Set | Delete) -> list[DnsRecord]:
    if change.id is not None:
        return [record for record in _records(call, zone) if record.id == change.id]
    fields = change.id_fields
    if fields is None:
        raise refusals.invalid("changes", "id or id_fields is required", "required")
    return [
        record
        for record in _records(call, zone)
        if (record.name, record.type) == (fields.name, fields.type) and fields.data in (None, record.data)
    ]


def update_records(call: Call) -> Answer:
    """PATCH dns-zones/{zone}/records: all changes, or none when one is refused."""
    zone = _zone(call)
    before = dict(call.state.dns_records)
    body = call.body(ChangesBody)
    changed: list[DnsRecord] = []
    try:
        for change in body.changes:
            changed += _apply(call, zone, change)
    except refusals.Refusal:
        call.state.dns_records = before
        raise
    returned = _records(call, zone) if body.return_all_records else changed
    return 200, {"records": [record.shown() for record in returned]}


def _apply(call: Call, zone: str, change: Change) -> list[DnsRecord]:
    gone: list[DnsRecord] = []
    if change.clear is not None:
        gone = _records(call, zone)
    elif change.delete is not None:
        gone = _chosen(call, zone, change.delete)
    elif change.set is not None:
        gone = _chosen(call, zone, change.set)
    for record in gone:
        del call.state.dns_records[record.id]
    written: list[DnsRecord] = []
    additions = change.add or change.set
    for index, wanted in enumerate(additions.records if additions else []):
        record = _checked(call, zone, wanted)
        if change.set is not None and gone and index == 0:
            record.id = gone[0].id  # a record that is set keeps its id
        call.state.dns_records[record.id] = record
        written.append(record)
    return written

"""Writes what Scaleway offers in each zone from its public API: `python -m local catalogue`."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.paths import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Get = Callable[[str], dict[str, Any]]

API = "https://api.scaleway.com"
FILES = (
    PROJECT / "config" / "scaleway.json",
    PROJECT / "lab" / "scaleway_emulator" / "scaleway_emulator" / "catalogue.json",
)
"""The program's file, and the emulator's copy: it is a package of its own."""
DIGITS = 4  # of a price per hour, as on the price pages
GIB, MBIT = 1024**3, 1_000_000


class Refused(LookupError):  # noqa: N818 - the API refuses
    """The API answers an error."""


def getter(api: str) -> Get:
    """Return a function from a path to the API's answer; `SCW_SECRET_KEY` is sent if it is set, and lists need none."""

    def get(path: str) -> dict[str, Any]:
        key = os.environ.get("SCW_SECRET_KEY")
        request = urllib.request.Request(f"{api}{path}", headers={"X-Auth-Token": key} if key else {})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(f"{api}{path} answers {error.code}") from None

    return get


def servers(get: Get, zone: str) -> dict[str, dict[str, Any]]:
    """Return the types of a zone, from every page of its list.

    Raises:
        Refused: there is no such zone.
    """
    found: dict[str, dict[str, Any]] = {}
    for page in range(1, 100):
        more = get(f"/instance/v1/zones/{zone}/products/servers?page={page}&per_page=100")["servers"]
        if not set(more) - set(found):
            break
        found |= more
    return found


def zones_of(get: Get, region: str) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Yield the zones of a region with their types: numbers from 1, until the API knows no such zone."""
    for number in range(1, 10):
        try:
            yield f"{region}-{number}", servers(get, f"{region}-{number}")
        except Refused:
            return


def catalogue(
    get: Get, before: dict[str, Any], regions: tuple[str, ...] = (), today: str = "", source: str = API
) -> dict[str, Any]:
    """Return the catalogue of the known regions and of `regions`; the versions stay as they were where the API wants a key.

    Raises:
        Refused: no region has a zone.
    """
    today = today or datetime.now(UTC).date().isoformat()
    lists = {region: dict(zones_of(get, region)) for region in dict.fromkeys((*before["zones"], *regions))}
    by_zone = {zone: types for zones in lists.values() for zone, types in zones.items()}
    if not by_zone:
        raise Refused(f"no zone of {', '.join(lists)} answers; is this Scaleway's API?")
    versions = {key: before[key] for key in ("versions", "versionsAsOf")}
    try:
        listed = get(f"/k8s/v1/regions/{next(iter(lists))}/versions")["versions"]
        versions = {"versions": [each["name"] for each in listed], "versionsAsOf": today}
    except Refused as error:
        print(f"{error}: the versions stay those of {before['versionsAsOf']}; set SCW_SECRET_KEY to read them")
    return {
        "asOf": today,
        "source": before["source"] if today == before["asOf"] else source,
        **versions,
        "zones": {region: list(zones) for region, zones in lists.items() if zones},
        "nodeTypes": {
            name: _row(name, by_zone) for name in sorted({name for types in by_zone.values() for name in types})
        },
    }


def _row(name: str, by_zone: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    offered = {zone: types[name] for zone, types in by_zone.items() if name in types}
    prices = {zone: round(product["hourly_price"], DIGITS) for zone, product in offered.items()}
    usual = Counter(prices.values()).most_common(1)[0][0]
    product = next(iter(offered.values()))
    row: dict[str, Any] = {
        "cpu": product["ncpus"],
        "memory": product["ram"] // GIB,
        "price": usual,
        "bandwidth": (product["network"]["sum_internet_bandwidth"] or 0) // MBIT or None,
        "zones": list(offered),
    }
    optional = {
        "arch": product["arch"] if product["arch"] != "x86_64" else None,
        "gpu": product["gpu"],
        "priceIn": {zone: price for zone, price in prices.items() if price != usual},
        "ends": product["end_of_service"],
    }
    return row | {key: value for key, value in optional.items() if value}


def text(data: dict[str, Any]) -> str:
    """Return the file's text: a line for each zone list and node type, so that a difference can be read."""
    sections = [
        f'  "{key}": {{\n'
        + ",\n".join(f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in value.items())
        + "\n  }"
        if isinstance(value, dict)
        else f'  "{key}": {json.dumps(value)}'
        for key, value in data.items()
    ]
    return "{\n" + ",\n".join(sections) + "\n}\n"


def refresh(api: str, regions: tuple[str, ...], files: tuple[Path, ...] = FILES) -> int:
    """Write the catalogue files anew and return the exit status."""
    before = json.loads(files[0].read_text(encoding="utf-8"))
    after = catalogue(getter(api.rstrip("/")), before, regions, source=api)
    for file in files:
        file.write_text(text(after), encoding="utf-8")
    old, new = set(before["nodeTypes"]), set(after["nodeTypes"])
    print(
        f"{len(new)} node types in {sum(map(len, after['zones'].values()))} zones; new: {', '.join(sorted(new - old)) or 'none'}; "
        f"gone: {', '.join(sorted(old - new)) or 'none'}"
    )
    return 0

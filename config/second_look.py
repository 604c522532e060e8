"""What is wrong between keys that are right, when others are wrong: those are set aside, and the rest is looked at again."""

import copy
import json
import re
from typing import Any

from pydantic import ValidationError

from config.node_types import ZONES
from config.problems import Problem, telling
from config.stack import StackConfig

_ROUNDS = 3
"""First single keys are set aside; where that makes other keys wrong, whole sections."""
_DOMAIN = "stand-in.example.org"
_NAME = "stand-in-{}x"
_SHARD = re.compile(r"shards\[(\d+)\](?:\.(\w+))?")
REGION_KEY = "scaleway:region"


def problems_beside(raw: dict[str, Any], error: ValidationError) -> list[Problem]:
    """Contradictions among what `error` leaves standing of a config, and none that setting aside has made."""
    look = _Look(raw)
    for number in range(_ROUNDS):
        look.set_aside(error, whole=number > 0)
        try:
            config = StackConfig.model_validate_json(json.dumps(look.raw))
        except ValidationError as again:
            error = again
            continue
        found = config.problems(bridges="bridges" not in look.sections)
        return [problem for problem in found if look.is_sure(problem)]
    return []


class _Look:
    """A config without its wrong parts, and which those were."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = copy.deepcopy(raw)
        self.sections: set[str] = set()
        self._of_shards: set[tuple[int, str]] = set()
        self._kind_unknown = False

    def set_aside(self, error: ValidationError, *, whole: bool) -> None:
        """Take out what the error names: single keys, or `whole` sections and shards."""
        for detail in telling(error):
            location = detail["loc"]
            if not location:
                continue
            for place in _places(location, detail):
                if place[0] == "shards":
                    self._shard_aside(place, whole=whole)
                else:
                    self._section_aside(place, whole=whole)
        if "domain" not in self.raw:
            self.raw["domain"] = _DOMAIN

    def _section_aside(self, place: tuple[int | str, ...], *, whole: bool) -> None:
        section = str(place[0])
        self.sections.add(section)
        cluster = self.raw.get("cluster", {})
        readable = isinstance(cluster, dict)
        kind = cluster.get("kind") if readable else None
        _drop(self.raw, place[:1] if whole else place)
        if section == "cluster":
            if whole and kind == "existing":
                self.raw["cluster"] = {"kind": kind}
            self._kind_unknown |= kind not in (None, "kapsule", "existing") or not readable

    def _shard_aside(self, place: tuple[int | str, ...], *, whole: bool) -> None:
        shards = self.raw.get("shards")
        if len(place) == 1 or not isinstance(shards, list):
            self.raw["shards"] = [{}]
            whole, place = True, ("shards", 0)
        number = int(place[1])
        entry = self.raw["shards"][number]
        if whole or not isinstance(entry, dict):
            entry = self.raw["shards"][number] = {}
            self._of_shards |= {(number, key) for key in ("", "name", "zone", "slot", "bridges")}
        elif len(place) > 2:  # noqa: PLR2004 - shards, its number, the key
            _drop(entry, place[2:])
            self._of_shards.add((number, str(place[2])))
        for key, stand_in in (("name", _NAME.format(number)), ("zone", self._some_zone())):
            if key not in entry:
                entry[key] = stand_in
                self._of_shards.add((number, key))
        if (number, "bridges") in self._of_shards:
            self.sections.add("bridges")

    def _some_zone(self) -> str:
        return ZONES.get(str(self.raw.get("region")), ZONES["fr-par"])[0]

    def is_sure(self, problem: Problem) -> bool:
        """Whether the problem follows from what stands in the file."""
        root = "region" if problem.where == REGION_KEY else re.split(r"[.\[]", problem.where, maxsplit=1)[0]
        aside = {key for _, key in self._of_shards}
        if root in self.sections or _DOMAIN in problem.what or (root == "secretGenerations" and "name" in aside):
            return False
        if self._kind_unknown and (
            root == "region" or problem.where.endswith((".zone", ".nodeType", ".peers", ".endpoint"))
        ):
            return False
        if "slot" in aside and problem.where.endswith(".slot"):
            return False
        shard = _SHARD.match(problem.where)
        if shard and (int(shard[1]), shard[2] or "") in self._of_shards:
            return False
        return not any(_NAME.format(number) in problem.what for number, _ in self._of_shards)


def _places(location: tuple[int | str, ...], detail: Any) -> list[tuple[int | str, ...]]:
    """The keys that an error names: its location, or those before the tabs of its lines."""
    if detail["type"] != "value_error":
        return [location]
    lines = detail["msg"].removeprefix("Value error, ").split("\n")
    keys = [re.split(r"[.\[]", line.split("\t")[0], maxsplit=1)[0] for line in lines if "\t" in line]
    return [(*location, key) for key in keys] or [location]


def _drop(mapping: dict[str, Any], place: tuple[int | str, ...]) -> None:
    """Take out the innermost key of a mapping that lies on the way; what is in lists goes with the list."""
    here, key = mapping, str(place[0])
    for part in place[1:]:
        inner = here.get(key)
        if not isinstance(inner, dict) or str(part) not in inner:
            break
        here, key = inner, str(part)
    here.pop(key, None)

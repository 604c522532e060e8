"""Checks of a whole stack file, also where keys are invalid: every problem that holds whatever those keys should be."""

import copy
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from config.bridges import Bridges
from config.node_type_names import OWN_TYPES, own_node_types
from config.problems import ConfigError, Error, Place, Problem, errors_of
from config.secret_keys import SECRETS, needed_secrets
from config.stack import StackConfig
from config.stack_checks import stack_problems
from config.stand_ins import UNSET, field_of, model_at, owner_of, sections, stand_ins
from config.suggestions import similar

_ROUNDS = 12
"""Each round sets aside at least one more key; a file with more layers of contradictions reports the rest afterwards."""


def check(raw: dict[str, Any]) -> StackConfig | ConfigError:
    """Return the stack, or every problem of its file, with the secrets that it needs whatever the invalid keys should be.

    Pydantic compares keys only where each is valid by itself. So invalid keys get several stand-ins, and a contradiction
    counts if it appears with all of them.
    """
    outcome = _Outcome.of(raw)
    if outcome.config and not outcome.contradictions:
        return outcome.config
    stack, problems = _Stack(raw), dict[Problem, None]()
    secrets = {"secretSeed"}  # every stack needs it
    for _ in range(_ROUNDS):
        scenarios = list(stack.scenarios())
        outcomes = [_Outcome.of(scenario) for scenario, _ in scenarios]
        errors = {e.problem: e for outcome in outcomes for e in outcome.errors if e.problem not in problems}
        certain = [error for error in errors.values() if _is_certain(error, outcomes)]
        problems |= dict.fromkeys(error.problem for error in certain)
        complete = [outcome.contradictions for outcome in outcomes if outcome.config]
        if complete:
            secrets = set.intersection(*(set(needed_secrets(each.config)) for each in outcomes if each.config))
        if certain:
            stack.set_aside(error.place for error in certain)
        elif outcomes[0].config:
            shared = set(complete[0]).intersection(*complete)
            problems |= dict.fromkeys(p for p in complete[0] if p in shared and not stack.hides(p))
            break
        elif complete:
            stack.prefer(
                *next(choice for (_, choice), outcome in zip(scenarios, outcomes, strict=True) if outcome.config)
            )
        elif not stack.set_aside(error.place[:1] for error in outcomes[0].errors):
            break
    return ConfigError(list(problems), [name for name in SECRETS if name in secrets])


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What validation says of one stack: errors of its models, or its config and the contradictions in it."""

    errors: tuple[Error, ...] = ()
    config: StackConfig | None = None
    contradictions: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, raw: dict[str, Any]) -> "_Outcome":
        try:
            config = StackConfig.model_validate_json(
                json.dumps(raw), by_alias=True, by_name=False, context={OWN_TYPES: own_node_types(raw)}
            )
        except ValidationError as error:
            return cls(tuple(errors_of(error, StackConfig)))
        if errors := tuple(_bad_overrides(config)):
            return cls(errors)
        return cls((), config, tuple(stack_problems(config)))


def _bad_overrides(config: StackConfig) -> Iterator[Error]:
    for number, entry in enumerate(config.shards):
        if entry.bridges is not None:
            try:
                config.bridges_of(entry)
            except ValidationError as error:
                yield from errors_of(error, Bridges, ("shards", number, "bridges"))


def _is_certain(error: Error, outcomes: list[_Outcome]) -> bool:
    """Return whether an error is in every outcome that could have it."""
    return all(error in outcome.errors or any(other.hides(error) for other in outcome.errors) for outcome in outcomes)


class _Stack:
    """A stack file, and the places in it that have stand-ins."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = copy.deepcopy(raw)
        self._choices: dict[Place, tuple[Any, ...]] = {}

    def scenarios(self) -> Iterator[tuple[dict[str, Any], tuple[Place, Any]]]:
        """Yield the stack with the first stand-in of every place, then with each other stand-in of each place, and that choice."""
        base = copy.deepcopy(self._raw)
        for place, values in self._choices.items():
            _put(base, place, values[0])
        yield base, ((), None)
        for place, values in self._choices.items():
            for value in values[1:]:
                scenario = copy.deepcopy(base)
                _put(scenario, place, value)
                yield scenario, (place, value)

    def prefer(self, place: Place, value: Any) -> None:
        """Make a stand-in the first one of its place."""
        self._choices[place] = (value, *(other for other in self._choices[place] if other is not value))

    def set_aside(self, places: Iterable[Place]) -> bool:
        """Give the keys stand-ins; return whether any of them is new."""
        before = set(self._choices)
        for named in places:
            for place in self._settable(named):
                inside = [other for other in self._choices if other[: len(place)] == place]
                for other in inside:
                    del self._choices[other]
                self._choices[place] = _values_at(place)
                _put(self._raw, place, UNSET)
        return set(self._choices) != before

    def _settable(self, named: Place) -> Iterator[Place]:
        """Yield the innermost key or entry on the way that can be set, and the key that a misspelt one probably means."""
        here: Any = self._raw
        place: Place = ()
        for part in named:
            if isinstance(here, list) and isinstance(part, int) and part < len(here):
                place, here = ((*place, part) if model_at(StackConfig, place) else place), here[part]
            elif isinstance(here, dict) and isinstance(part, str):
                place, here = (*place, part), here.get(part)
            else:
                break
        if not place:
            return
        yield place
        owner = owner_of(StackConfig, place)
        if owner and field_of(owner, place[-1]) is None:
            close = similar(str(place[-1]), [field.alias or key for key, field in owner.model_fields.items()])
            if close and _get(self._raw, (*place[:-1], close)) is UNSET:
                yield (*place[:-1], close)

    def hides(self, problem: Problem) -> bool:
        """Return whether a stand-in cannot show that the problem is one: a password may belong to a shard without a name."""
        nameless = any(place[0] == "shards" and (len(place) < 3 or place[2] == "name") for place in self._choices)  # noqa: PLR2004
        return nameless and problem.where.startswith("secretGenerations.")


def _values_at(place: Place) -> tuple[Any, ...]:
    if isinstance(place[-1], int):
        model = model_at(StackConfig, place[:-1])
        return sections(model) if model else (UNSET,)
    owner = owner_of(StackConfig, place)
    return (owner and stand_ins(owner, place[-1])) or (UNSET,)


def _get(raw: Any, place: Place) -> Any:
    for part in place:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            return UNSET
    return raw


def _put(raw: dict[str, Any], place: Place, value: Any) -> None:
    """Set the value of a place; `UNSET` removes a key, and empties an entry of a list."""
    outer = _get(raw, place[:-1])
    if isinstance(outer, list) and isinstance(place[-1], int):
        outer[place[-1]] = {} if value is UNSET else copy.deepcopy(value)
    elif isinstance(outer, dict):
        outer.pop(place[-1], None)
        if value is not UNSET:
            outer[place[-1]] = copy.deepcopy(value)

"""What runs, from the engine's own state, in the form in which the recorder writes what the program makes.

The state holds inputs as the providers have checked them: with defaults filled in, which they list, with secrets encrypted,
and with amounts as the API server writes them. What is left after taking that away is what the program had asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from plan.recorder import Known, Resource
from plan.resources.quantities import amount
from plan.tokens import SECRET_TYPE, STACK_TYPE, is_kubernetes_object
from plan.wire import SECRET

PROVIDERS = "pulumi:providers:"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of everything in a state that is no plain value; the protocol's constant, the same in every version."""
_AMOUNTS = ("limits", "requests")
_OF_SECRETS = ("data", "stringData")
"""Written as one and kept as the other; values are secret in any case."""


def deployed(export: Mapping[str, Any]) -> tuple[Resource, ...]:
    """The resources of a `pulumi stack export`, without those that wait for their deletion, or are only read."""
    return tuple(_resource(entry) for entry in _entries(export))


def known(export: Mapping[str, Any]) -> dict[str, Known]:
    """Ids and outputs of what runs, by URN."""
    return {
        entry["urn"]: Known(str(entry.get("id") or ""), _opened(entry.get("outputs") or {}))
        for entry in _entries(export)
        if entry.get("custom")
    }


def comparable(resources: Iterable[Resource], running: Iterable[Resource]) -> tuple[Resource, ...]:
    """What the program makes, in the same form as `deployed`: secrets as unknown as there."""
    before = {resource.urn: resource.properties for resource in running}
    return tuple(
        replace(
            resource,
            properties=_hidden(before.get(resource.urn), _settled(resource.type, resource.properties)),
            secret_marks={},
        )
        for resource in resources
    )


def _entries(export: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    deployment = export.get("deployment") or {}
    return [
        entry
        for entry in deployment.get("resources") or []
        if not entry.get("delete") and not entry.get("external") and not _is_default(entry["urn"], entry["type"])
    ]


def _is_default(urn: str, type_: str) -> bool:
    """A provider that the engine made by itself."""
    return type_.startswith(PROVIDERS) and urn.rpartition("::")[2].startswith("default")


def _resource(entry: Mapping[str, Any]) -> Resource:
    urn, type_, provider = entry["urn"], entry["type"], str(entry.get("provider") or "")
    properties = entry.get("outputs" if type_ == STACK_TYPE else "inputs") or {}
    owner = provider.rpartition("::")[0]
    return Resource(
        urn=urn,
        type=type_,
        name=urn.rpartition("::")[2],
        parent=entry.get("parent"),
        properties=_settled(type_, _asked(properties)),
        custom=bool(entry.get("custom")),
        provider="" if owner and _is_default(owner, PROVIDERS) else provider,
        protect=bool(entry.get("protect")),
    )


def _asked(value: Any) -> Any:
    """Without what providers added, and with secrets masked."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return SECRET
        added = {str(name) for name in value.get("__defaults") or ()}
        return {key: _asked(item) for key, item in value.items() if not key.startswith("__") and key not in added}
    if isinstance(value, list):
        return [_asked(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _opened(value: dict[str, Any]) -> dict[str, Any]:
    """Outputs that are no secrets."""
    return {key: item for key, item in value.items() if not (isinstance(item, dict) and _SIGNATURE in item)}


def _settled(type_: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The same for both sides: what can be written in several ways is written in one."""
    if type_.startswith(PROVIDERS):
        return {key: value for key, value in properties.items() if key != "version"}
    if type_ == SECRET_TYPE:
        properties = {key: value for key, value in properties.items() if key not in _OF_SECRETS}
    return _tidy(properties) if is_kubernetes_object(type_) else properties


def _tidy(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        if key in _AMOUNTS:
            return {name: amount(text) for name, text in value.items()}
        return {name: _tidy(item, name) for name, item in value.items() if item not in ([], None)}
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    return value


def _hidden(before: Any, after: Any) -> Any:
    """`after`, with a mask wherever `before` has one."""
    if before == SECRET:
        return SECRET
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: _hidden(before.get(key), value) for key, value in after.items()}
    if isinstance(before, list) and isinstance(after, list):
        return [_hidden(before[n] if n < len(before) else None, value) for n, value in enumerate(after)]
    return after

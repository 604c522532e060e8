"""Deployed resources from the engine's state, in the recorder's format.

The state holds inputs as checked by the providers: with defaults (which are listed), encrypted secrets, and quantities as
the API server formats them. Without these, the program's own inputs remain.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from config.quantities import amount
from plan.recorder import PriorState, Resource
from plan.tokens import SECRET_TYPE, STACK_TYPE, is_kubernetes_object
from plan.wire import SECRET

PROVIDERS = "pulumi:providers:"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key that marks special values in a state; a constant of the protocol."""
_QUANTITIES = ("limits", "requests")
_SECRET_KEYS = ("data", "stringData")
"""The API server stores `stringData` as `data`; both are secret."""


def deployed(export: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Return the resources of a `pulumi stack export`, without those pending deletion or only read."""
    return tuple(_resource(entry) for entry in _entries(export))


def prior_states(export: Mapping[str, Any]) -> dict[str, PriorState]:
    """Return ids and outputs of deployed resources by URN."""
    return {
        entry["urn"]: PriorState(str(entry.get("id") or ""), _without_secrets(entry.get("outputs") or {}))
        for entry in _entries(export)
        if entry.get("custom")
    }


def comparable(resources: Iterable[Resource], running: Iterable[Resource]) -> tuple[Resource, ...]:
    """Return the program's resources in the format of `deployed`, with the same secrets masked."""
    before = {resource.urn: resource.properties for resource in running}
    return tuple(
        replace(
            resource,
            properties=_masked_like(before.get(resource.urn), _normalised(resource.type, resource.properties)),
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
    """Whether it is a default provider, which the engine creates."""
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
        properties=_normalised(type_, _without_defaults(properties)),
        custom=bool(entry.get("custom")),
        provider="" if owner and _is_default(owner, PROVIDERS) else provider,
        protect=bool(entry.get("protect")),
    )


def _without_defaults(value: Any) -> Any:
    """Remove defaults that providers added, and mask secrets."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return SECRET
        added = {str(name) for name in value.get("__defaults") or ()}
        return {
            key: _without_defaults(item) for key, item in value.items() if not key.startswith("__") and key not in added
        }
    if isinstance(value, list):
        return [_without_defaults(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _without_secrets(value: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs that are not secret."""
    return {key: item for key, item in value.items() if not (isinstance(item, dict) and _SIGNATURE in item)}


def _normalised(type_: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return properties in a canonical form, the same for both sides."""
    if type_.startswith(PROVIDERS):
        return {key: value for key, value in properties.items() if key != "version"}
    if type_ == SECRET_TYPE:
        properties = {key: value for key, value in properties.items() if key not in _SECRET_KEYS}
    return _canonical(properties) if is_kubernetes_object(type_) else properties


def _canonical(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        if key in _QUANTITIES:
            return {name: float(amount(text)) for name, text in value.items()}
        return {name: _canonical(item, name) for name, item in value.items() if item not in ([], None)}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return value


def _masked_like(before: Any, after: Any) -> Any:
    """Return `after` with a mask wherever `before` has one."""
    if before == SECRET:
        return SECRET
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: _masked_like(before.get(key), value) for key, value in after.items()}
    if isinstance(before, list) and isinstance(after, list):
        return [_masked_like(before[n] if n < len(before) else None, value) for n, value in enumerate(after)]
    return after

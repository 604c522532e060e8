"""The part of a live object that the program or a person set, without the API server's defaults and what controllers add.

The program's engine creates objects by POST, so the API server records it as the owner of defaults, too. Hence a field counts if the
program renders it, or if a manager other than the engine and the cluster's controllers owns it (`kubectl edit` owns what it changed).
"""

import json
from collections.abc import Mapping
from typing import Any

_IGNORED = ("pulumi", "kube-", "cloud-controller-manager", "scaleway-cloud-controller-manager", "cert-manager")
"""How the names of managers begin that are the engine's or the cluster's own; kubectl's begin with `kubectl-`."""
_NAMES = ("name", "key", "port", "containerPort", "mountPath")
"""Fields by which an item of a list is told from its neighbours, where both sides have it."""
_NONE: Any = object()


def explicit(document: Mapping[str, Any], rendered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `document` that `rendered` has or that a person set."""
    fields: dict[str, Any] = {}
    for owner in document["metadata"].get("managedFields") or []:
        if not owner.get("subresource") and not str(owner.get("manager")).startswith(_IGNORED):
            _add(fields, owner.get("fieldsV1") or {})
    fields.get("f:metadata", {}).pop("f:finalizers", None)  # controllers of any name set them
    return _kept(dict(document), rendered, fields)


def _add(fields: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        _add(fields.setdefault(key, {}), value)


def _kept(value: Any, rendered: Any, fields: Mapping[str, Any] | None) -> Any:
    """Return the part of `value` that `rendered` has or `fields` (`fieldsV1`) names: `f:` a field, `k:` an item, `v:` a member."""
    below = {key: one for key, one in (fields or {}).items() if key != "."}
    if rendered is _NONE and not below:
        return value
    if isinstance(value, dict) and (rendered is _NONE or isinstance(rendered, Mapping)):
        known = {} if rendered is _NONE else rendered
        keys = (key for key in value if key in known or f"f:{key}" in below)
        return {key: _kept(value[key], known.get(key, _NONE), below.get(f"f:{key}")) for key in keys}
    if isinstance(value, list) and (rendered is _NONE or isinstance(rendered, list)):
        items = [] if rendered is _NONE else rendered
        pairs = ((item, _same(item, number, items), _item_fields(item, below)) for number, item in enumerate(value))
        return [_kept(item, same, named) for item, same, named in pairs if same is not _NONE or named is not None]
    return value


def _same(item: Any, number: int, items: list[Any]) -> Any:
    """Return the rendered item that `item` is, by its name or else by its position."""
    if isinstance(item, dict):
        for name in _NAMES:
            names = [each.get(name) for each in items if isinstance(each, dict)]
            if name in item and None not in names and len(names) == len(items) == len(set(names)):
                return next((each for each in items if each[name] == item[name]), _NONE)
    return items[number] if number < len(items) else _NONE


def _item_fields(item: Any, fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for key, below in fields.items():
        kind, _, text = key.partition(":")
        if kind == "v" and json.loads(text) == item:
            return {}
        if kind == "k" and isinstance(item, dict) and json.loads(text).items() <= item.items():
            return below
    return None

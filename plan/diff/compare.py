"""Compare two evaluations of the program: which resources the engine would create, update, replace and delete."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from plan.answers import ADDRESS, generated
from plan.diff import kubernetes_rules, scaleway_rules
from plan.diff.paths import differing, holding, under, written
from plan.recorder import Resource
from plan.tokens import STACK_TYPE, is_kubernetes_object, is_scaleway_resource

Operation = Literal["create", "update", "replace", "delete"]

PROVIDER_TYPE = "pulumi:providers:kubernetes"
HELM_RELEASE = "kubernetes:helm.sh/v3:Release"
HELM_FORCE_NEW = ("name", "namespace")  # a release is identified by both (pulumi-kubernetes 4.30.0, helm_release.go)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One changed resource. `old` is None if it is created, `new` if it is deleted."""

    operation: Operation
    old: Resource | None
    new: Resource | None
    paths: tuple[str, ...] = ()
    """Properties that differ, in the engine's format. Empty if the resource is created or deleted."""

    @property
    def resource(self) -> Resource:
        """The new resource, or the old one if it is deleted."""
        resource = self.new or self.old
        if resource is None:
            raise ValueError("a change needs an old or a new resource, got neither")
        return resource

    @property
    def before(self) -> dict[str, Any]:
        """Properties at the base; empty if the resource is created."""
        return self.old.properties if self.old else {}

    @property
    def after(self) -> dict[str, Any]:
        """Properties in the working tree; empty if the resource is deleted."""
        return self.new.properties if self.new else {}

    @property
    def goes(self) -> bool:
        """Whether the old resource is deleted, with or without a replacement."""
        return self.operation in ("replace", "delete")

    def touches(self, *prefixes: str) -> bool:
        """Whether a property at or below one of these paths differs."""
        return any(under(path, prefix) for path in self.paths for prefix in prefixes)


def changes(base: Sequence[Resource], head: Sequence[Resource]) -> tuple[Change, ...]:
    """Return every change in the order of the program; deletions come last.

    Components and the stack have no properties of their own: they appear only if they are created or deleted.
    """
    return _Comparison(base, head).run()


class _Comparison:
    """Propagates replacements: an id that becomes unknown changes every resource that uses it."""

    def __init__(self, base: Sequence[Resource], head: Sequence[Resource]) -> None:
        self._base = {resource.urn: resource for resource in base if resource.type != STACK_TYPE}
        self._head = [resource for resource in head if resource.type != STACK_TYPE]
        self._by_urn = {resource.urn: resource for resource in self._head}
        self._unknown: set[str] = set()
        self._replaced: set[str] = set()
        self._renamed: dict[str, str] = {}

    def run(self) -> tuple[Change, ...]:
        """Return every change."""
        changed = [change for resource in self._head if (change := self._of(resource))]
        deleted = [self._base[urn] for urn in self._base if urn not in self._by_urn and urn not in self._renamed]
        return (*changed, *(Change(operation="delete", old=old, new=None) for old in deleted))

    def _of(self, new: Resource) -> Change | None:
        old = self._base.get(new.urn) or self._aliased(new)
        if old is None:
            return Change(operation="create", old=None, new=new)
        if not new.custom:
            return None
        paths = self._paths(old, new)
        replaced = self._provider_changed(old, new) or (bool(paths) and self._is_replaced(old, new, paths))
        if replaced:
            self._replaced.add(new.urn)
            self._unknown |= _generated(new)
        if not paths and not replaced:
            return None
        return Change(operation="replace" if replaced else "update", old=old, new=new, paths=paths or ("provider",))

    def _aliased(self, new: Resource) -> Resource | None:
        """Return the resource's predecessor by alias; a bare name in an alias keeps type and parent. None if it has none."""
        head, _, name = new.urn.rpartition("::")
        for alias in new.aliases:
            urn = alias if alias.startswith("urn:") else f"{head}::{alias}"
            if alias and alias != name and urn in self._base and urn not in self._by_urn:
                self._renamed[urn] = new.urn
                return self._base[urn]
        return None

    def _paths(self, old: Resource, new: Resource) -> tuple[str, ...]:
        before, after = _ordered(old), _ordered(new)
        paths = [written(path) for path in differing(before, after)]
        paths += [written(path) for path in holding(after, frozenset(self._unknown))] if self._unknown else []
        paths += [
            path
            for path in sorted({*old.secret_marks, *new.secret_marks})
            if old.secret_marks.get(path) != new.secret_marks.get(path)
        ]
        kept = (path for path in paths if not any(_ignored(path, ignored) for ignored in new.ignore_changes))
        return tuple(dict.fromkeys(kept))

    def _provider_changed(self, old: Resource, new: Resource) -> bool:
        """Whether the resource has another provider or a replaced one, which replaces the resource."""
        before, after = _urn_of(old.provider), _urn_of(new.provider)
        return bool(before or after) and (before != after or after in self._replaced)

    def _is_replaced(self, old: Resource, new: Resource, paths: tuple[str, ...]) -> bool:
        if is_scaleway_resource(new.type):
            return scaleway_rules.is_replaced(new.type, old.properties, new.properties, paths)
        if new.type == PROVIDER_TYPE:
            return kubernetes_rules.provider_is_replaced(old.properties, new.properties, paths)
        if new.type == HELM_RELEASE:
            return any(path in HELM_FORCE_NEW for path in paths)
        if is_kubernetes_object(new.type):
            forcing = kubernetes_rules.forcing_paths(new, self._by_urn.get(_urn_of(new.provider)))
            return any(under(path, prefix) for path in paths for prefix in forcing)
        return False


def _urn_of(reference: str) -> str:
    """Return the URN of a provider reference `urn::id`."""
    return reference.rpartition("::")[0]


def _generated(resource: Resource) -> frozenset[str]:
    """Return generated texts, such as the id, that a replacement of the resource changes."""
    if is_kubernetes_object(resource.type):
        return frozenset()  # its id is its name, which the program sets
    address = {ADDRESS} if resource.type == "scaleway:loadbalancers/ip:Ip" else set()
    return generated(resource.type, resource.urn) | address


def _ordered(resource: Resource) -> dict[str, Any]:
    """Return the properties with every set sorted."""
    lists = scaleway_rules.UNORDERED.get(resource.type, ())
    return {
        key: sorted(value, key=lambda item: json.dumps(item, sort_keys=True))
        if key in lists and isinstance(value, list)
        else value
        for key, value in resource.properties.items()
    }


def _ignored(path: str, ignored: str) -> bool:
    return path == ignored or path.startswith((f"{ignored}.", f"{ignored}["))

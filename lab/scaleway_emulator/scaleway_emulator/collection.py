"""The resources of one kind: find, list, read, update and delete, as every product of the API does them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from scaleway_emulator import errors
from scaleway_emulator.call import Body
from scaleway_emulator.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scaleway_emulator.call import Answer, Call
    from scaleway_emulator.state import State

ResourceT = TypeVar("ResourceT", bound=Resource)


def _allow(_call: Call, _resource: Resource) -> None:
    """Nothing keeps the resource from being deleted, and nothing goes with it."""


@dataclass(frozen=True, kw_only=True)
class Collection(Generic[ResourceT]):
    """One kind of resource. Its methods are handlers of routes, or parts of one."""

    records: Callable[[State], dict[str, ResourceT]]
    name: str
    """As `not_found` answers name the resource."""
    key: str = ""
    """Of the list in an answer."""
    scope: Literal["region", "zone"] | None = "region"
    """A resource of another region or zone than the path's is not found."""
    filters: tuple[str, ...] = ()
    """Query parameters that a list is filtered by."""
    shown: Callable[[Call, ResourceT], dict[str, Any]] = lambda _, resource: resource.shown()
    """The resource as the API answers it."""
    wrapper: str = ""
    """Key around a single resource in an answer; "" for none."""
    change: type[Body] = Body
    """Body of PATCH; its fields are the resource's."""
    release: Callable[[Call, ResourceT], None] = _allow
    """Called before a delete: raises Refusal while something uses the resource, and removes what goes with it."""
    missing: Callable[[str, str], errors.Refusal] = field(default=errors.not_found)
    """The refusal for an unknown id, from `name` and the id."""

    def find(self, call: Call) -> ResourceT:
        """The resource in the path."""
        return self.get(call, call.path["id"])

    def get(self, call: Call, resource_id: str) -> ResourceT:
        """The resource of this id, if it is in the path's region or zone.

        Raises:
            Refusal: there is none.
        """
        resource = self.records(call.state).get(resource_id)
        if resource is None or not self._in_scope(call, resource):
            raise self.missing(self.name, resource_id)
        return resource

    def _in_scope(self, call: Call, resource: ResourceT) -> bool:
        return self.scope is None or getattr(resource, self.scope) == call.path[self.scope]

    def answer(self, call: Call, resource: ResourceT, status: int = 200) -> Answer:
        """The answer that shows one resource."""
        shown = self.shown(call, resource)
        return status, {self.wrapper: shown} if self.wrapper else shown

    def add(self, call: Call, resource: ResourceT, status: int = 200) -> Answer:
        """Keep a new resource, or the new version of one."""
        self.records(call.state)[resource.id] = resource
        return self.answer(call, resource, status)

    def page(self, call: Call, resources: Iterable[ResourceT]) -> Answer:
        """The page of `resources` that the query asks for."""
        shown = [self.shown(call, resource) for resource in resources]
        return call.page(self.key, [each for each in shown if call.matches(each, *self.filters)])

    def list(self, call: Call) -> Answer:
        """GET of the collection."""
        return self.page(call, [each for each in self.records(call.state).values() if self._in_scope(call, each)])

    def read(self, call: Call) -> Answer:
        """GET of one."""
        return self.answer(call, self.find(call))

    def update(self, call: Call) -> Answer:
        """PATCH: the fields that the body names with a value."""
        resource = self.find(call)
        for name, value in call.body(self.change).given().items():
            setattr(resource, name, value)
        resource.touch()
        return self.answer(call, resource)

    def delete(self, call: Call) -> Answer:
        """DELETE."""
        resource = self.find(call)
        self.release(call, resource)
        del self.records(call.state)[call.path["id"]]
        return 204, None

    @property
    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """The handlers of one resource's path, by method."""
        return {"GET": self.read, "PATCH": self.update, "DELETE": self.delete}

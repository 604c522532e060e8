"""One request on its way to a handler: who is asked, what is in the path, the query and the body."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from config.node_types import ZONES
from local.scaleway import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from local.scaleway.kubeconfig import ControlPlane
    from local.scaleway.options import Options
    from local.scaleway.records import State

BodyT = TypeVar("BodyT", bound="Body")
Answer = tuple[int, Any]
PAGE_SIZE = 50


class Body(BaseModel):
    """What a request may say; like the real API, unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore")

    def given(self) -> dict[str, Any]:
        """The fields that the request names with a value: what a PATCH changes."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


@dataclass(frozen=True, slots=True)
class Call:
    """A request. Handlers read `state`, change it, and return (status, body)."""

    state: State
    options: Options
    control_plane: ControlPlane
    path: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    content: Mapping[str, Any] = field(default_factory=dict[str, Any])
    clock: Callable[[], float] = time.time

    def body(self, model: type[BodyT]) -> BodyT:
        """The request's body as `model`; a 400 that names every wrong field otherwise."""
        try:
            return model.model_validate(self.content)
        except ValidationError as error:
            raise refusals.invalid_all(
                [
                    (
                        ".".join(str(part) for part in problem["loc"]),
                        "required" if problem["type"] == "missing" else "format",
                        problem["msg"],
                    )
                    for problem in error.errors()
                ]
            ) from None

    def __post_init__(self) -> None:
        """Refuse regions and zones that Scaleway does not have."""
        region, zone = self.path.get("region"), self.path.get("zone")
        if region is not None and region not in ZONES:
            raise refusals.invalid("region", f"unknown region {region!r}, expected one of {', '.join(ZONES)}")
        if zone is not None and not any(zone in zones for zones in ZONES.values()):
            raise refusals.invalid("zone", f"unknown zone {zone!r}")

    @property
    def region(self) -> str:
        """The region in the path."""
        return self.path["region"]

    @property
    def zone(self) -> str:
        """The zone in the path."""
        return self.path["zone"]

    def page(self, key: str, items: Iterable[Mapping[str, Any]]) -> Answer:
        """One page of a list, with the count of all."""
        everything = list(items)
        size = self._number("page_size") or self._number("per_page") or PAGE_SIZE
        page = self._number("page") or 1
        size = min(size, 100)
        return 200, {"total_count": len(everything), key: everything[(page - 1) * size : page * size]}

    def _number(self, name: str) -> int:
        text = self.query.get(name, "0")
        if not text.isdigit():
            raise refusals.invalid(name, f"expected a number, got {text!r}", "format")
        return int(text)

    def matches(self, shown: Mapping[str, Any], *names: str) -> bool:
        """Whether a resource has every value that the query filters by; the SDK sends `unknown…` for an unset enum."""
        wanted = {name: self.query.get(name, "") for name in names}
        return all(
            not value or value.startswith("unknown") or str(shown.get(name)) == value for name, value in wanted.items()
        )

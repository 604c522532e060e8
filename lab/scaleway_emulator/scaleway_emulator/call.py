"""A request as handlers see it: state, path, query and body."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from scaleway_emulator import errors
from scaleway_emulator.catalogue import ZONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scaleway_emulator.kubeconfig import ControlPlane
    from scaleway_emulator.options import Options
    from scaleway_emulator.state import State

BodyT = TypeVar("BodyT", bound="Body")
Answer = tuple[int, Any]
PAGE_SIZE, LARGEST_PAGE = 50, 100


class Body(BaseModel):
    """Body of a request. Unknown fields are ignored, as the real API does."""

    model_config = ConfigDict(extra="ignore")

    def given(self) -> dict[str, Any]:
        """Fields that the request sets to a value: those that a PATCH changes."""
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
        """The request's body as `model`.

        Raises:
            Refusal: 400 that names every wrong field.
        """
        try:
            return model.model_validate(self.content)
        except ValidationError as error:
            raise errors.invalid_all(
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
        """Refuse unknown regions and zones."""
        region, zone = self.path.get("region"), self.path.get("zone")
        if region is not None and region not in ZONES:
            raise errors.invalid("region", f"unknown region {region!r}, expected one of {', '.join(ZONES)}")
        if zone is not None and not any(zone in zones for zones in ZONES.values()):
            raise errors.invalid("zone", f"unknown zone {zone!r}")

    @property
    def region(self) -> str:
        """The region in the path."""
        return self.path["region"]

    @property
    def zone(self) -> str:
        """The zone in the path."""
        return self.path["zone"]

    def page(self, key: str, items: Iterable[Mapping[str, Any]]) -> Answer:
        """One page of a list, with the total count."""
        items = list(items)
        size = min(self._number("page_size") or self._number("per_page") or PAGE_SIZE, LARGEST_PAGE)
        page = self._number("page") or 1
        return 200, {"total_count": len(items), key: items[(page - 1) * size : page * size]}

    def _number(self, name: str) -> int:
        text = self.query.get(name, "0")
        if not text.isdigit():
            raise errors.invalid(name, f"expected a number, got {text!r}", "format")
        return int(text)

    def matches(self, shown: Mapping[str, Any], *names: str) -> bool:
        """Whether a resource has every value that the query filters by; the SDK sends `unknown…` for an unset enum."""
        filters = {name: self.query.get(name, "") for name in names}
        return all(
            not value or value.startswith("unknown") or str(shown.get(name)) == value for name, value in filters.items()
        )

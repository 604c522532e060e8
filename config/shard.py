"""A shard: web, prosody and jicofo with bridges of their own."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field, create_model

from config.addresses import Tag, Zone
from config.bridges import HOST_PORT, NODE_PORT_BLOCK, NODE_PORTS, Bridges
from config.model import Label, Model, dumped

_TRAILING_NUMBER = re.compile(r"\d+$")


class Overrides(Model):
    """Base of models that repeat another model's keys, all optional."""

    SUFFIX: ClassVar = "Overrides"
    """Suffix of their names, after the name of the model they override."""

    model_config = ConfigDict(use_attribute_docstrings=False)  # descriptions are copied: reading the source takes 20 ms


def _overrides(model: type[Model]) -> type[Model]:
    """Create a model with the same keys, all optional."""
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        nested = [
            part for part in (annotation, *get_args(annotation)) if isinstance(part, type) and issubclass(part, Model)
        ]
        if nested and annotation is nested[0]:
            annotation = _overrides(nested[0])
        elif field.metadata:
            annotation = Annotated[annotation, *field.metadata]
        fields[name] = (
            annotation | None if isinstance(annotation, type) else annotation,
            Field(None, alias=field.alias, description=field.description),
        )
    return create_model(f"{model.__name__}{Overrides.SUFFIX}", __base__=Overrides, **fields)


if TYPE_CHECKING:
    BridgeOverrides = Model
else:
    BridgeOverrides = _overrides(Bridges)


class ShardEntry(Model):
    """One entry of `shards`, as written."""

    name: Annotated[Label, Field(max_length=20, examples=["s0"])]
    """Name of the shard, part of the names of its objects. Do not change it."""
    zone: Annotated[Zone, Field(examples=["fr-par-1"])]
    """Zone of its bridges, and of its signalling as `pinned` says."""
    slot: Annotated[int, Field(ge=0, le=27)] | None = None  # 30300 + 100 x 24 is the last whole block of NodePorts
    """Number that ports follow; by default the number at the end of the name, else the position in the list."""
    state: Literal["active", "draining", "standby"] = "active"
    """`draining` takes no new rooms and keeps its open ones. `standby` takes new rooms only while no active shard is ready."""
    release: Tag | None = None
    """Jitsi release (image tag) of this shard; by default `images.tag`."""
    weight: Annotated[int, Field(ge=1, le=256)] = 100  # HAProxy: a server's weight is 0 to 256
    """Share of new rooms, relative to the other shards' weights."""
    pinned: bool | None = None
    """Whether web, prosody and jicofo run in the shard's zone only. By default they do unless it is the zone of the first system
    pool, which they prefer then. A change restarts them, which ends the shard's meetings."""
    bridges: BridgeOverrides | None = None
    """Keys of `bridges` that this shard overrides."""

    def slot_at(self, position: int) -> int:
        """Return the slot that ports follow, for an entry at this position in the list."""
        if self.slot is not None:
            return self.slot
        number = _TRAILING_NUMBER.search(self.name)
        return int(number.group()) if number else position

    @property
    def slot_follows_position(self) -> bool:
        """Whether reordering the list moves this shard's ports."""
        return self.slot is None and not _TRAILING_NUMBER.search(self.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """A resolved shard: overrides merged, slot and first port known."""

    name: str
    zone: str
    slot: int
    state: str
    release: str
    weight: int
    bridges: Bridges
    sized_for: int | None = None
    """`signalling.sizedFor`."""
    signalling_zone: str | None = None
    """Zone that web, prosody and jicofo are bound to; None if any node may run them."""

    @property
    def first_port(self) -> int:
        """First public UDP port: configured, or 10000 (hostPort), or 30300 + 100 x slot (nodePort)."""
        if self.bridges.first_port is not None:
            return self.bridges.first_port
        return HOST_PORT if self.bridges.layout == "hostPort" else NODE_PORTS[0] + 300 + NODE_PORT_BLOCK * self.slot


def merged(defaults: Bridges, overrides: Model | None) -> dict[str, Any]:
    """Return a shard's bridges by config key: the defaults with its overrides."""

    def merge(base: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
        return base | {
            key: merge(base.get(key, {}), value) if isinstance(value, dict) else value for key, value in other.items()
        }

    return merge(dumped(defaults), dumped(overrides) if overrides else {})

"""Names of node types in a stack file: those of Scaleway's lists, and those whose size the stack file gives."""

import contextlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo

from config.model import Model, matching, nearest
from config.node_types import NODE_TYPES, REFUSED, NodeType, OwnNodeType


def nearest_type(name: str) -> str:
    """Return `"did you mean PRO2-XS?"`, or where the list of names is if none is close."""
    close = nearest(re.sub(r"[_ ]", "-", name.upper().strip()), NODE_TYPES)
    return close if close.startswith("did") else "config/scaleway.json lists them, such as PRO2-XS"


_TYPE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
OWN_TYPES = "nodeTypes"
"""Key of `cluster`, and of the validation's context, with the facts of `NodeSize` by name."""


def check_node_type(name: str, info: ValidationInfo) -> str:
    """Return the name, with its facts if the stack file gives them.

    Raises:
        ValueError: Kapsule refuses the type, or it cannot be the name of one; the message names the nearest one.
    """
    own = (info.context or {}).get(OWN_TYPES, {}).get(name)
    if own is not None:
        return OwnNodeType.of(own)
    if name in REFUSED:
        raise ValueError(f"{name} cannot be used for a pool: {REFUSED[name]}; use DEV1-M or larger")
    if name not in NODE_TYPES and not _TYPE.fullmatch(name):
        raise ValueError(f"{name} is not a known node type; {nearest_type(name)}")
    return name


NodeTypeName = Annotated[str, AfterValidator(check_node_type)]
OwnTypeName = Annotated[str, matching(_TYPE, "a node type is named in capital letters, such as PRO2-XS")]
"""Key of `cluster.nodeTypes`."""


class NodeSize(Model):
    """What a node type has that is on no recorded list."""

    cpu: Annotated[int, Field(ge=2, le=1024)]
    """vCPUs."""
    memory: Annotated[int, Field(ge=4, le=16384)]
    """GiB."""
    bandwidth: Annotated[int, Field(ge=1, le=400_000)] | None = None
    """Mbit/s to the Internet; without it, the bridges' need is not compared."""
    price: Annotated[float, Field(gt=0, le=1000, strict=False)] | None = None
    """EUR per started hour, without address and volume; without it, the nodes are not on the bill."""
    arch: Literal["x86_64", "arm64"] = "x86_64"
    """Architecture of its cores."""

    def facts(self, name: str) -> NodeType:
        """Return the type; it counts as offered in every zone."""
        return NodeType(name, self.cpu, self.memory, self.price, self.bandwidth, self.arch)


def own_node_types(raw: Any) -> dict[str, NodeType]:
    """Return the facts of the node types in a stack file before its check; wrong entries are left out, as their check reports them."""
    cluster = raw.get("cluster") if isinstance(raw, dict) else None
    given = cluster.get(OWN_TYPES) if isinstance(cluster, dict) else None
    found: dict[str, NodeType] = {}
    for name, size in given.items() if isinstance(given, dict) else ():
        with contextlib.suppress(ValidationError):
            found[name] = NodeSize.model_validate_json(json.dumps(size)).facts(name)
    return found

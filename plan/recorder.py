"""Recorder that replaces the engine: answers every registration and stores its inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_project, get_stack

from plan.answers import autoname, identifier, outputs, secret_outputs
from plan.tokens import SECRET_TYPE, STACK_TYPE, is_kubernetes_object
from plan.wire import document, masked, secret_fields, secret_marks

SECRET_KEYS = ("data", "stringData")
"""Fields of a Secret that pulumi-kubernetes always treats as secret."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One registration; the stack's properties are its exports. Secret values are replaced by `[secret]`."""

    urn: str
    type: str
    name: str
    parent: str | None
    properties: dict[str, Any]
    custom: bool = True
    provider: str = ""
    """`urn::id` of the explicit provider; empty for default providers and components."""
    dependencies: tuple[str, ...] = ()
    protect: bool = False
    aliases: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    timeouts: dict[str, int] = field(default_factory=dict)
    """Operation -> seconds that the engine waits, if it differs from the provider's default."""
    secret_fields: tuple[str, ...] = ()
    secret_marks: dict[str, str] = field(default_factory=dict)
    """Path of each secret -> digest of its placeholder value; differs if the secret would differ."""

    def as_dict(self) -> dict[str, Any]:
        """Return the entry of resources.json."""
        return {
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "parent": self.parent,
            "properties": self.properties,
        }


@dataclass(frozen=True, slots=True)
class PriorState:
    """Id and outputs of a deployed resource, which the recorder returns instead of generated ones."""

    id: str
    outputs: dict[str, Any]


class Recorder(mocks.MockMonitor):
    """Stores resources in order of registration; `outputs` are the stack's exports.

    Ids and outputs come from `prior` (by URN) if the resource is in it. Otherwise they are generated.
    """

    def __init__(self, region: str, prior: Mapping[str, PriorState] | None = None) -> None:
        super().__init__(mocks=None)  # type: ignore[arg-type] # every method that would use them is overridden
        self.region = region
        self.prior = prior or {}
        self.recorded: dict[str, Resource] = {}
        self.outputs: dict[str, Any] = {}

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return the URN as the engine builds it: with the types of all parents except the stack."""
        above = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if above == STACK_TYPE else f"{above}${type_}"
        return "::".join([f"urn:pulumi:{get_stack()}", get_project(), qualified, name])

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        """Record the resource and return its inputs, an id, and its provider's outputs."""
        urn = self.make_urn(request.parent, request.type, request.name)
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        if is_kubernetes_object(request.type):
            _name(state, request.name, urn)
        properties = document(state)
        if request.type == SECRET_TYPE:
            properties |= {key: masked(properties[key]) for key in SECRET_KEYS if key in properties}
        if urn in self.recorded and request.type != STACK_TYPE:
            raise ValueError(f"two resources are called {urn}; give one of them another name")
        self.recorded[urn] = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent or None,
            properties=properties,
            custom=request.custom,
            provider=request.provider,
            dependencies=tuple(sorted(request.dependencies)),
            protect=request.protect,
            aliases=tuple(alias.urn or alias.spec.name for alias in request.aliases),
            ignore_changes=tuple(request.ignoreChanges),
            timeouts={
                name: int(text.removesuffix("s"))
                for name in ("create", "update", "delete")
                if (text := getattr(request.customTimeouts, name))
            },
            secret_fields=secret_fields(state),
            secret_marks=secret_marks(state, SECRET_KEYS if request.type == SECRET_TYPE else ()),
        )
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=state)
        prior = self.prior.get(urn)
        return resource_pb2.RegisterResourceResponse(
            urn=urn,
            id=prior.id if prior else identifier(request.type, urn, properties, self.region),
            object=_with_outputs(state, request.type, urn, properties, prior.outputs if prior else {}),
        )

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        """Return the requested properties. Not recorded, since a read creates nothing."""
        urn = self.make_urn(request.parent, request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=request.properties)

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802
        """Return a provider function's own arguments."""
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(request.args)
        return response

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:  # noqa: N802
        """Store the stack's exports."""
        recorded = self.recorded.get(request.urn)
        if recorded and recorded.type == STACK_TYPE:
            self.outputs = document(request.outputs)
            self.recorded[request.urn] = replace(recorded, properties=self.outputs)
        return empty_pb2.Empty()


def _name(state: struct_pb2.Struct, name: str, urn: str) -> None:
    """Set the name of a Kubernetes object as its provider would if the program sets none."""
    metadata = state.fields["metadata"].struct_value
    if not {"name", "generateName"} & set(metadata.fields):
        metadata.update({"name": autoname(name, urn)})


def _with_outputs(
    state: struct_pb2.Struct, type_: str, urn: str, properties: dict[str, Any], prior: dict[str, Any]
) -> struct_pb2.Struct:
    state.update({key: prior.get(key, value) for key, value in outputs(type_, urn, properties).items()})
    for key, value in secret_outputs(type_).items():
        state.update({key: rpc.wrap_rpc_secret(value)})
    return state

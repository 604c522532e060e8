"""A stub engine that answers at once, to measure the program's own time."""

# ruff: noqa: N802, ARG002 - names and signatures are the protocol's

from __future__ import annotations

from concurrent import futures
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from plan.answers import outputs, secret_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator

STACK = "bench"
PROJECT = "jitsi"
FEATURES = frozenset({"secrets", "resourceReferences", "outputValues", "aliasSpecs", "deletedWith"})
MESSAGE_BYTES = 400 * 1024 * 1024  # the engine's own limit (rpcutil.GrpcChannelOptions)


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Accepts registrations; `registered` counts them, `calls` all calls."""

    def __init__(self) -> None:
        self.registered = 0
        self.calls = 0

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        """Report the features of current engines."""
        self.calls += 1
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    def RegisterResource(self, request: Any, context: Any) -> Any:
        """Return the inputs, an id, and the provider outputs that the program reads."""
        self.registered += 1
        self.calls += 1
        urn = f"urn:pulumi:{STACK}::{PROJECT}::{request.type}::{request.name}"
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        state.update(outputs(request.type, urn, {}))
        secrets = secret_outputs(request.type)
        for cluster in secrets.get("kubeconfigs", ()):
            cluster["configFile"] = ""  # there is no API server that the program could ask
        for key, value in secrets.items():
            state.update({key: rpc.wrap_rpc_secret(value)})
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"id/{request.name}", object=state)

    def ReadResource(self, request: Any, context: Any) -> Any:
        """Return the requested properties."""
        self.calls += 1
        urn = f"urn:pulumi:{STACK}::{PROJECT}::{request.type}::{request.name}"
        return resource_pb2.ReadResourceResponse(urn=urn, properties=request.properties)

    def Invoke(self, request: Any, context: Any) -> Any:
        """Return the arguments as the result."""
        self.calls += 1
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(request.args)
        return response

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        """Accept the outputs."""
        self.calls += 1
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        """Return at once."""
        self.calls += 1
        return empty_pb2.Empty()


class Engine(engine_pb2_grpc.EngineServicer):
    """Accepts log messages and keeps errors."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.calls = 0
        self.root = ""

    def Log(self, request: Any, context: Any) -> Any:
        """Accept a message."""
        self.calls += 1
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        """Return the stack's URN."""
        self.calls += 1
        return engine_pb2.GetRootResourceResponse(urn=self.root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        """Store the stack's URN."""
        self.calls += 1
        self.root = request.urn
        return engine_pb2.SetRootResourceResponse()


@contextmanager
def serving() -> Iterator[tuple[str, Monitor, Engine]]:
    """Serve a new stub engine on a loopback port; yields its address and services."""
    monitor, engine = Monitor(), Engine()
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.max_send_message_length", MESSAGE_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(16), options=options)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}", monitor, engine
    finally:
        server.stop(grace=None).wait()

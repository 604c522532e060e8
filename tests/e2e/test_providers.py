"""The providers that were built answer to the SDKs in uv.lock."""

from __future__ import annotations

import importlib
import subprocess
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from scaleway_tokens import TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.toolchain.prepare import Toolchain

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def scaleway(toolchain: Toolchain) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    child = subprocess.Popen(
        [toolchain.paths["pulumi-resource-scaleway"], "127.0.0.1:1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        child.kill()
        child.communicate()


def test_the_scaleway_provider_has_the_version_of_the_sdk(scaleway: provider_pb2_grpc.ResourceProviderStub) -> None:
    sdk = importlib.import_module("pulumiverse_scaleway._utilities")
    assert scaleway.GetPluginInfo(empty_pb2.Empty()).version == sdk.get_version()


@pytest.mark.parametrize("token", TOKENS)
def test_the_scaleway_provider_serves_the_tokens_that_the_program_uses(
    scaleway: provider_pb2_grpc.ResourceProviderStub, token: str
) -> None:
    request = provider_pb2.CheckRequest(urn=f"urn:pulumi:s::p::{token}::n", randomSeed=b"0" * 32)
    try:
        scaleway.Check(request)
    except grpc.RpcError as error:
        detail = str(error)
        assert "unrecognized resource type" not in detail.lower(), detail
        assert "unknown resource" not in detail.lower(), detail


def test_a_token_that_is_not_served_is_refused(scaleway: provider_pb2_grpc.ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError, match=r"(?i)unrecognized resource type|unknown resource"):
        scaleway.Check(provider_pb2.CheckRequest(urn="urn:pulumi:s::p::scaleway:x/y:Z::n"))

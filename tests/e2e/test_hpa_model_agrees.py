"""The model of the autoscaler is the real controller: both play the same morning, with every kind of loss in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.benchmarks.controller.measured import measure
from lab.benchmarks.controller.page import AIM
from lab.network_namespace import why_not

if TYPE_CHECKING:
    from lab.toolchain.prepare import Toolchain

pytestmark = pytest.mark.e2e

KINDS = ("Deployment", "StatefulSet")


@pytest.fixture(scope="module")
def played(toolchain: Toolchain) -> dict[str, dict[str, Any]]:
    """Five minutes of the real controller, by kind of workload."""
    if reason := why_not():
        pytest.skip(reason)
    return {scenario["kind"]: scenario for scenario in measure(long=False)["scenarios"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_wants_as_many_bridges_as_the_controller_at_nearly_every_instant(played, kind) -> None:
    assert played[kind]["syncs"]["number"] >= 100, "the controller hardly looked: nothing was compared"
    assert played[kind]["maximum"]["real"] >= 15, "the morning was too calm to tell"
    assert played[kind]["apart"]["mean"] <= AIM, played[kind]["apart"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_number_of_bridges_is_the_same(played, kind) -> None:
    maximum = played[kind]["maximum"]
    assert maximum["real"] == maximum["model"] < played[kind]["spec"]["maxReplicas"]


@pytest.mark.parametrize("kind", KINDS)
def test_given_what_the_controller_was_given_the_model_decides_as_it_did(played, kind) -> None:
    replayed = played[kind]["replayed"]
    # A pod may become ready between the controller's look at it and ours.
    assert len(replayed["other"]) <= 0.01 * replayed["looks"], replayed["other"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_hours_add_up_alike(played, kind) -> None:
    for hours in ("replicaHours", "nodeHours"):
        assert played[kind][hours]["model"] == pytest.approx(played[kind][hours]["real"], rel=0.02), hours


@pytest.mark.parametrize("kind", KINDS)
def test_no_bridge_goes_while_a_metric_is_lost(played, kind) -> None:
    losses = played[kind]["withoutMetrics"]
    assert losses["partial"] >= 5, "the controller hardly looked while metrics were lost"
    assert losses["shrunk"] == 0


def test_without_any_metric_the_number_stays_as_it_is(played) -> None:
    losses = played["Deployment"]["withoutMetrics"]
    assert losses["total"] >= 10, "the controller hardly looked while everything was lost"
    assert losses["moved"] == 0

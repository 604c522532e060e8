"""What each zone's loss costs, by the report: people, seconds, what is left, and the price of surviving it."""

from datetime import date

import pytest
from plan_stacks import stack_of
from sample_stacks import ROOT

from config.read import parse, stack_file
from plan.text import survival_words
from plan.zone_loss import PROMISED_SECONDS, survival, zone_losses
from sizing.standing_nodes import adds_nodes

TODAY = date(2026, 3, 2)
S0, S1 = {"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}
BRIDGES = {"min": 2, "max": 10, "participants": 100}


def losses(*shards, **keys):
    config = stack_of(shards=list(shards), bridges=BRIDGES, **keys)
    return {loss.zone: loss for loss in zone_losses(config, TODAY)}


def test_the_zone_of_the_only_load_balancer_ends_everything_until_it_is_back():
    first = losses(S0, S1)["fr-par-1"]
    assert first.entrance
    assert first.seconds is None
    assert (first.as_dict()["participants"], first.as_dict()["left"], first.unplaced) == (2000, 0, 2000)


def test_another_zone_ends_its_own_shards_and_the_others_carry_on():
    second = losses(S0, S1)["fr-par-2"]
    assert [shard.name for shard in second.shards] == ["s1"]
    assert (second.participants, second.carried, second.unplaced) == (1000, 1000, 1000)
    assert second.seconds == sum(second.wait.values()) == 59
    assert not second.parts, "what all shards share is in the first zone"


def test_people_of_a_lost_zone_are_in_a_meeting_again_within_a_minute():
    """Seconds: HAProxies and a second try to resume, the other address, the page's countdown, joining."""
    loss = losses(S0, S1, ingress={"zones": ["fr-par-1", "fr-par-2"]})["fr-par-2"]
    assert loss.wait == {"signalling": 24, "address": 1, "countdown": 30, "join": 5}
    assert loss.seconds == PROMISED_SECONDS
    assert loss.by_name_servers == PROMISED_SECONDS + 60, "the least time that Scaleway lets resolvers keep a record"


def test_pages_that_ping_as_jitsi_does_by_default_notice_later_and_the_report_says_so():
    slow = losses(S0, S1, web={"config": {"xmppPing": {"interval": 10000, "timeout": 5000}}})["fr-par-2"]
    assert slow.wait["signalling"] == 28


def test_signalling_in_another_zone_than_its_bridges_ends_with_either():
    found = losses(S0, {**S1, "pinned": False})
    assert [shard.name for shard in found["fr-par-1"].shards] == ["s0", "s1"]
    assert [shard.name for shard in found["fr-par-2"].shards] == ["s1"]


def test_a_standby_shard_carries_the_people_when_no_active_one_is_left():
    assert losses({**S0, "state": "standby"}, S1)["fr-par-2"].carried == 1000
    assert losses({**S0, "state": "draining"}, S1)["fr-par-2"].carried == 0


def of_timetable(*zones, **bridges):
    """The losses of a stack with a shard in each zone, whose timetable asks for 4 of 10 bridges."""
    entry = {"days": ["mon"], "start": "08:00", "end": "12:00", "timezone": "Europe/Paris", "bridges": 4}
    shards = [{"name": f"s{number}", "zone": zone} for number, zone in enumerate(zones)]
    config = stack_of(
        shards=shards, bridges={**BRIDGES, "schedule": [entry], **bridges}, ingress={"zones": sorted(set(zones))[:2]}
    )
    return {loss.zone: loss for loss in zone_losses(config, TODAY)}


def test_with_the_metrics_gone_only_the_bridges_that_the_timetable_has_started_carry_people():
    found = of_timetable("fr-par-1", "fr-par-2", "fr-par-1")
    assert (found["fr-par-1"].carried, found["fr-par-1"].unplaced) == (400, 800)
    assert (found["fr-par-2"].carried, found["fr-par-2"].unplaced) == (2000, 0)
    assert found["fr-par-2"].seconds == PROMISED_SECONDS


def test_no_bridge_is_added_while_so_many_nodes_are_lost_that_the_autoscaler_waits():
    """Half of the cluster is above 45 %, though the metrics of the other half go on."""
    found = of_timetable("fr-par-1", "fr-par-2")["fr-par-2"]
    assert (found.lost_nodes, found.nodes, found.nodes_added) == (6, 13, False)
    assert (found.carried, found.unplaced) == (400, 400)
    small = of_timetable("fr-par-1", "fr-par-2", perNode=2, scaling={"spares": 0})["fr-par-2"]
    assert (small.lost_nodes, small.nodes_added) == (3, True), "three may be lost, whatever their share"
    assert (small.carried, small.unplaced) == (1000, 0)


def test_bridges_run_at_the_minimum_where_the_timetable_asks_for_fewer():
    assert of_timetable("fr-par-1", "fr-par-2", min=6)["fr-par-2"].running == 600


@pytest.mark.parametrize(
    ("lost", "nodes", "adds"), [(3, 4, True), (4, 8, False), (9, 20, True), (10, 20, False), (0, 0, True)]
)
def test_the_autoscaler_waits_above_both_limits(lost, nodes, adds):
    assert adds_nodes(lost, nodes) is adds


def test_the_report_names_the_zones_whose_loss_stops_the_autoscaler_of_nodes():
    def said(*zones):
        losses = [loss.as_dict() for loss in of_timetable(*zones).values()]
        survived = {"ready": {"nodes": 0}, "unplaced": 0, "participants": 0, "monthly": 0.0}
        words = survival_words({"zones": losses, "survival": survived})
        return [line for line in words if line.startswith("no node is added")]

    (sentence,) = said("fr-par-1", "fr-par-2")
    assert "fr-par-2 (6 of 13 nodes)" in sentence
    (uneven,) = said("fr-par-1", "fr-par-2", "fr-par-1")
    assert "fr-par-1 (" in uneven
    assert "fr-par-2" not in uneven


def test_the_zones_of_an_existing_cluster_are_not_this_stacks():
    assert losses(S0, S1, region=None, cluster={"kind": "existing"}) == {}


@pytest.mark.parametrize(("shards", "monthly"), [((S0,), 0.0), ((S0, S1), 46.50)])
def test_the_price_of_a_second_zone_is_its_system_nodes(shards, monthly):
    config = stack_of(shards=list(shards), bridges=BRIDGES)
    paid = survival(config, zone_losses(config, TODAY))
    assert paid["monthly"] == pytest.approx(monthly)


def test_nodes_for_those_above_what_runs_in_the_other_zone_have_a_price_too():
    config = stack_of(shards=[S0, S1], bridges=BRIDGES)
    ready = survival(config, zone_losses(config, TODAY))["ready"]
    assert ready["nodes"] == 10
    assert ready["monthly"] > 10 * 0.05 * 730


def test_the_production_example_survives_each_zone():
    config = parse(stack_file(ROOT / "Pulumi.prod-fr-par.yaml"))
    found = zone_losses(config, TODAY)
    assert {loss.zone for loss in found} == {"fr-par-1", "fr-par-2"}
    for loss in found:
        assert loss.unplaced == 0
        assert loss.seconds is not None
        assert loss.seconds <= PROMISED_SECONDS
        assert not loss.entrance
    assert survival(config, found)["ready"]["nodes"] == 0

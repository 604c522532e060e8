"""Every panel's and every alert's expression finds series in a real Prometheus that scrapes the service."""

import re

import pytest
from e2e.test_alerts_fire import STACK
from e2e.watched_recorders import FACTS
from waiting import eventually
from watched_world import Watched

from components.monitoring.alerts.catalogue import alerts
from components.monitoring.dashboards.catalogue import dashboards

pytestmark = [pytest.mark.tools, pytest.mark.timeout(300)]

MADE_BY_PROMETHEUS = {"ALERTS", "up"}
PANELS = {
    f"{dashboard.uid}: {panel.title}: {query.legend}": (panel, query.expression.replace("$shard", ".+"))
    for dashboard in dashboards(FACTS)
    for panel in dashboard.panels
    for query in panel.queries
}


@pytest.fixture(scope="module")
def world(toolchain, tmp_path_factory):
    with Watched(toolchain, tmp_path_factory.mktemp("watched"), STACK) as made:
        eventually(lambda: made.ask('count(up{namespace="jitsi"} == 1)') == [({}, 10.0)], 60)
        eventually(lambda: made.ask("stack:cost_per_participant_hour:eur"), 60)
        eventually(lambda: made.ask('sum(prosody_mod_c2s__connections{namespace="jitsi"})'), 60)
        eventually(lambda: made.ask("shard:joins:per_minute"), 60)
        yield made


def series_in(expression):
    bare = re.sub(r'"(\\.|[^"\\])*"', '""', expression)
    bare = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", "", bare)
    words = re.findall(r"[a-zA-Z_][a-zA-Z0-9_:]*(?=\{)", bare)
    return {word for word in words if word}


def test_every_query_of_every_panel_answers(world):
    silent = []
    for name, (panel, expression) in PANELS.items():
        found = world.ask(expression)
        if not found and not panel.may_be_empty:
            silent.append(f"{name}: {expression}")
    assert len(PANELS) > 100
    assert silent == []


def test_every_series_that_an_alert_reads_is_there(world):
    there = world.names() | MADE_BY_PROMETHEUS
    missing = {alert.name: series_in(alert.expression) - there for alert in alerts(FACTS)}
    assert {name: gone for name, gone in missing.items() if gone} == {}
    assert all(series_in(alert.expression) for alert in alerts(FACTS)), "nothing read would pass, too"


def test_nothing_fires_in_a_service_that_is_well_but_what_the_small_world_lacks(world):
    firing = {labels["alertname"] for labels, _ in world.ask('ALERTS{severity="critical",alertstate="firing"}')}
    assert firing <= {"TimetableNotMet"}, "the timetable asks for four bridges, and there are two"


def test_what_grows_with_meetings_and_people_never_enters_the_store(world):
    assert world.ask('count({jvb!=""})') == []
    assert world.ask('count({__name__=~".*check_status"})') == []
    ((_, for_a_bridge),) = world.ask('max(count by (pod) ({component="jvb"}))')
    ((_, for_a_proxy),) = world.ask('max(count by (pod) ({component="haproxy"}))')
    ((_, for_jicofo),) = world.ask('count({component="jicofo",pod!=""})')
    assert (for_a_bridge < 120, for_a_proxy < 1000, for_jicofo < 100) == (True, True, True)


def test_the_figures_say_what_the_world_is(world):
    def one(expression):
        ((_, value),) = world.ask(expression)
        return value

    assert one("stack:participants:sum") == 25
    assert one("stack:meetings:sum") == 7
    assert one("shard:bridges_ready:count") == 2
    assert one("shard:headroom:participants") == 2 * 100 - 2 * 12
    assert one("shard:bridge_nodes:count") == 2
    assert one("shard:bridges_wanted:count") == 2
    assert one("shard:scaling_active:state") == 1
    assert one("shard:bridges_pending:count") == 0
    each = one("stack:cost:eur_per_hour") / 25
    assert one("stack:cost_per_participant_hour:eur") == pytest.approx(each)


def test_a_draining_bridge_is_seen_to_its_end_and_counts_as_leaving(world):
    name, bridge = next(iter(world.bridges.items()))
    bridge.drain = True
    eventually(lambda: world.ask("shard:bridges_ready:count")[0][1] == 1, 20)
    assert world.ask("shard:bridges_leaving:count")[0][1] == 1
    assert world.ask("shard:leaving_participants:sum")[0][1] == 12
    assert world.ask(f'bridge:participants:current{{pod="{name}"}}')[0][1] == 12
    bridge.drain = False
    eventually(lambda: world.ask("shard:bridges_ready:count")[0][1] == 2, 20)

"""Each alert is provoked once in the real loop, and fires: real Prometheus, the program's own rules, waiting shortened."""

import time
from pathlib import Path

import pytest
from e2e.test_alerts_fire import KEYS
from provoked import FACTOR, WAVES, Provoker, Watch, edge_of_two_shards, firing, keys, seconds, shortened
from waiting import eventually
from watched_world import Watched

from components.monitoring.alerts.catalogue import alerts
from components.monitoring.rule_groups import monitoring_facts, rule_groups
from config.read import parse

pytestmark = [pytest.mark.tools, pytest.mark.timeout(600)]

STACK = parse(keys(KEYS))
ALERTS = {alert.name: alert for alert in alerts(monitoring_facts(STACK))}
ROOT = Path(__file__).parents[2]
LONGEST = 75  # seconds of a wave: the longest `for`, and what must be noticed first


@pytest.fixture(scope="module")
def table(toolchain, tmp_path_factory):
    """Rows of alert, what was done, and seconds until it fired; also written to .local/alerts/provoked.md."""
    edges, broken = edge_of_two_shards()
    groups = shortened(rule_groups(STACK))
    folder = tmp_path_factory.mktemp("provoked")
    with Watched(toolchain, folder, STACK, bridges="abcd", world=edges, groups=groups) as world:
        provoker = Provoker(world, broken)
        eventually(lambda: world.ask('count(up{namespace="jitsi"} == 1)') == [({}, 12.0)], 60)
        eventually(lambda: world.ask("shard:bridges_ready:count == 4"), 30)
        eventually(lambda: world.ask("sum(rate(prometheus_http_requests_total{code='200'}[5s])) > 0"), 30)
        eventually(lambda: not firing(world), 30)  # bridges are scraped one after the other when Prometheus starts
        watch = Watch(world)
        time.sleep(8)  # longer than every range that is looked back over
        before = set(watch.fired)
        began, done = {}, {}
        for wave in WAVES:
            for what, (names, act) in wave(provoker).items():
                for name in names:
                    began[name], done[name] = time.monotonic(), what
                act()
            end = time.monotonic() + LONGEST
            while set(began) - set(watch.fired) and time.monotonic() < end:
                time.sleep(0.25)
        watch.end()
        rows = {name: (done[name], watch.fired[name] - began[name]) for name in began if name in watch.fired}
        provoker.traffic = provoker.adapter_asks = False
    lines = [
        "| alert | triggered by | `for` | shortened | fired after |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {what} | {ALERTS[name].duration} | {seconds(ALERTS[name].duration) / FACTOR:.1f} s | {after:.1f} s |"
            for name, (what, after) in sorted(rows.items())
        ),
    ]
    out = ROOT / ".local/alerts/provoked.md"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(lines) + "\n")
    return before, rows


def test_nothing_fires_before_anything_is_done(table):
    before, _ = table
    assert before == set()


def test_every_alert_fires_once_what_it_is_about_is_done(table):
    _, rows = table
    assert sorted(set(ALERTS) - set(rows)) == []


def test_none_fires_before_its_time(table):
    _, rows = table
    early = {name: after for name, (_, after) in rows.items() if after < seconds(ALERTS[name].duration) / FACTOR}
    assert early == {}

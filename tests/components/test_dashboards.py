"""Dashboards: whole, found by Grafana, and no poorer than those of the predecessors."""

import json
import re
from pathlib import Path

import pytest
from e2e.watched_recorders import FACTS, SERVED
from sample_stacks import NAMES, kubernetes_objects

from components.monitoring.dashboards.catalogue import dashboards

DOCS = Path(__file__).parents[2] / "docs/monitoring.md"
UIDS = {
    "jitsi-overview",
    "jitsi-shards",
    "jitsi-bridges",
    "jitsi-signalling",
    "jitsi-edge",
    "jitsi-capacity",
    "jitsi-cost",
    "jitsi-recording",
}
KINDS = {"row", "timeseries", "stat", "gauge", "table", "state-timeline", "text"}


def documents(stack):
    found = [
        o.properties for o in kubernetes_objects(stack) if "grafana_dashboard" in o.properties["metadata"]["labels"]
    ]
    return {name: json.loads(text) for o in found for name, text in o["data"].items()}


def test_every_dashboard_keeps_its_address():
    assert {dashboard.uid for dashboard in dashboards(FACTS)} == UIDS


@pytest.mark.parametrize("stack", NAMES)
def test_every_dashboard_is_whole(stack):
    for name, document in documents(stack).items():
        assert name == f"{document['uid']}.json"
        assert document["version"] >= 1
        panels = document["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        taken = set()
        for panel in panels:
            assert panel["type"] in KINDS
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
            assert not cells & taken, f"{name}: {panel['title']} lies over another panel"
            taken |= cells
            if panel["type"] != "row":
                assert panel["description"], panel["title"]
                assert {target["refId"] for target in panel["targets"]}
                assert panel["datasource"]["uid"] == "${datasource}"
        asks_for_shard = any("$shard" in target["expr"] for p in panels for target in p.get("targets", []))
        assert asks_for_shard == ("shard" in {variable["name"] for variable in document["templating"]["list"]})


def test_a_grafana_of_the_stacks_own_reads_its_own_prometheus_and_its_password_from_a_secret():
    objects = {
        (o.properties["kind"], o.properties["metadata"]["name"]): o.properties
        for o in kubernetes_objects("many-ports-per-node")
    }
    provisioning = objects["ConfigMap", "grafana-provisioning"]["data"]
    (source,) = json.loads(provisioning["datasources.yaml"])["datasources"]
    assert source["url"] == "http://prometheus.jitsi.svc:9090"
    (container,) = objects["Deployment", "grafana"]["spec"]["template"]["spec"]["containers"]
    values = {variable["name"]: variable for variable in container["env"]}
    assert values["GF_SECURITY_ADMIN_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"] == "grafana-admin"
    assert ("Secret", "grafana-admin") in objects
    assert objects["NetworkPolicy", "grafana"]["spec"]["ingress"] == []
    home = values["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]["value"].rpartition("/")[2]
    assert home in objects["ConfigMap", "jitsi-dashboards"]["data"]


PREDECESSORS = {
    "Bitrate Download": "Bitrate, received",
    "Bitrate Upload": "Bitrate, sent",
    "Threads": "Threads",
    "Videostreams": "Senders of video",
    "RTT": "Round trip",
    "Biggest Conference": "Biggest conference",
    "Completed Conferences": "Completed conferences",
    "Created Conferences": "Created conferences",
    "Current Participants": "People in meetings",
    "Conferences": "Conferences",
    "Participants": "Participants",
    "CPU Usage of JVBs": "CPU, share of its limit",
    "Memory Usage of JVBs": "Memory: heap in use",
    "Network Transmitted Bytes Rate per JVB": "Bitrate, sent",
    "Number of Running JVB Pods": "Bridges ready",
    "Stress level": "Stress",
    "Packet rate": "Packets sent",
    "Loss": "Loss, received",
    "Failed conferences": "ICE failures",
    "Loss-limited participants": "Endpoints with high loss",
}
"""Panel of hpi (15) and multi-shard (the same), and what the systemli dashboards of openfun add -> ours. Jitter and the
distribution of conference sizes by room are no series of today's bridges; `Conferences by size` is their histogram."""


def test_nothing_that_the_predecessors_show_is_missing():
    ours = {panel.title for dashboard in dashboards(FACTS) for panel in dashboard.panels}
    assert {theirs: mine for theirs, mine in PREDECESSORS.items() if mine not in ours} == {}


def test_the_page_lists_every_dashboard_and_names_every_panel_of_the_table():
    page = DOCS.read_text(encoding="utf-8")
    for dashboard in dashboards(FACTS):
        assert dashboard.title in page
    for theirs, mine in PREDECESSORS.items():
        assert f"| {theirs} | {mine} |" in page


def test_metrics_of_one_stack_are_never_asked_of_another():
    for dashboard in dashboards(FACTS):
        for panel in dashboard.panels:
            for query in panel.queries:
                for selector in re.findall(r"\{([^{}]*)\}", query.expression):
                    assert 'namespace="jitsi"' in selector, query.expression


def test_the_world_in_which_panels_are_asked_serves_what_a_recorder_serves():
    script = (DOCS.parents[1] / "components/recording/scripts/watch.sh").read_text()
    assert set(re.findall(r"^jibri_(\w+) ", script, re.MULTILINE)) == set(SERVED)

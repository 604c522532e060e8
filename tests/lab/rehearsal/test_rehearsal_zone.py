"""The parts of the lost zone's story, and its document."""

import json
import random

import pytest

from components.scaleway.balancer import scaleway_annotations
from config.browser import RESUME_AGAIN_SECONDS, RESUME_SECONDS
from config.ingress import Ingress
from lab.paths import PROJECT
from lab.rehearsal.zone import balancers, names, page, people, story

RECORD = {"ttl": 60, "data": "192.0.2.1", "http_service_config": {}}


def split(*homes, lost=10.0):
    return story._split([(float(at), shard, "room") for at, shard in homes], lost)


def test_a_room_that_moves_once_from_the_lost_zone_is_whole():
    assert split((1, "s1"), (30, "s0"), (31, "s0")) == set()
    assert split((1, "s0"), (30, "s0")) == set()


@pytest.mark.parametrize(
    "homes",
    [
        ((1, "s1"), (30, "s0"), (60, "s1")),
        ((1, "s1"), (30, "s0"), (31, "s2")),
        ((1, "s0"), (30, "s2")),
        ((20, "s1"), (30, "s0")),
    ],
)
def test_a_room_that_goes_back_or_is_on_two_shards_is_split(homes):
    assert split(*homes) == {"room"}


def test_a_load_balancer_does_what_its_service_says():
    annotations = scaleway_annotations(Ingress(), "fr-par-1", "id")
    ports = [{"name": "https", "port": 443, "nodePort": 30043}]
    service = {"metadata": {"annotations": annotations}, "spec": {"healthCheckNodePort": 30081, "ports": ports}}
    text = balancers.configuration("192.0.2.1", service, ["172.16.0.2"])
    assert "send-proxy-v2 check port 30081 inter 5s fastinter 500ms fall 3" in text
    assert "timeout connect 3s" in text
    assert "bind 192.0.2.1:443\n  server node0 172.16.0.2:30043" in text


def test_a_resolver_keeps_its_answer_for_the_time_to_live(monkeypatch):
    servers = names.NameServers(RECORD, healthy=["192.0.2.1", "192.0.2.2"])
    resolver = names.Resolver(servers, random.Random(1))
    now = 1000.0
    monkeypatch.setattr("time.time", lambda: now)
    assert sorted(resolver.addresses()) == ["192.0.2.1", "192.0.2.2"]
    servers.healthy = ["192.0.2.2"]
    now += 59
    assert len(resolver.addresses()) == 2
    now += 2
    assert resolver.addresses() == ["192.0.2.2"]


def test_where_no_address_answers_name_servers_give_the_records_own():
    assert names.NameServers(RECORD).answer(random.Random(1)) == ["192.0.2.1"]


def test_browsers_resume_as_soon_as_the_report_counts():

    assert [longest for _, longest in people.RESUME_SECONDS[:2]] == [RESUME_SECONDS, RESUME_AGAIN_SECONDS]


def test_the_document_is_what_the_figures_say():
    figures = json.loads((PROJECT / "benchmarks" / "results" / "zone-loss.json").read_text())
    assert (PROJECT / "docs" / "zone-loss.md").read_text() == page.page(figures)


def test_the_recorded_story_kept_its_promises():
    figures = json.loads((PROJECT / "benchmarks" / "results" / "zone-loss.json").read_text())
    assert (figures["split"], figures["swung"], figures["cutAtReturn"], figures["elsewhereCut"]) == ([], [], 0, 0)
    assert figures["backSeconds"]["last"] < 60

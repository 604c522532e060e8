"""Rooms move once a new shard is healthy, and the former one goes once it is empty; the messages say why not."""

import asyncio
import http.client
import itertools
import json
import urllib.error
from datetime import UTC, datetime, timedelta
from email.message import Message
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from sample_stacks import FILES

from components.ingress import handover, haproxy_cfg
from components.ingress.edge_settings import Edge
from components.ingress.handover import Handover, Pace, until_empty, until_healthy
from components.ingress.leaving import known_shards, leaving
from components.ingress.shard_health import Health, Observer, figure
from components.kubernetes.cluster_reader import UnreachableError
from config.read import parse, stack_file
from plan.diff import leaving_shards
from sizing.edge_shards import EdgeShard

SHARD = parse(stack_file(FILES["local"])).resolved[0]
FAST = Pace(poll=0, healthy=2, fault=5, answer=5, told=15, quiet=2, meeting=9)
"""In looks, of which each takes a second of the clock below."""
HEALTHY = Health()
BAD = Health(faults=("jicofo-s0 knows 0 bridges",))


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr(handover, "time", SimpleNamespace(monotonic=lambda: next(ticks)))


class Played:
    """An observer whose answers are given; the last one stays."""

    def __init__(self, *answers, led=(True,)):
        self.answers, self.led = list(answers), list(led)

    def _next(self, left):
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def health(self, shard):
        return self._next(self.answers)

    def rooms(self, shard, adapter):
        return self._next(self.answers)

    def led_by_all(self, shards):
        return self._next(self.led)


def healthy(*answers, limit=None, made=(True,)):
    said, given = [], list(made)
    played: Any = Played(*answers)
    is_made = lambda: given.pop(0) if len(given) > 1 else given[0]  # noqa: E731
    asyncio.run(until_healthy(played, SHARD, "old", say=said.append, made=is_made, pace=FAST, limit=limit))
    return said


def empty(*answers, **more):
    said = []
    played: Any = Played(*answers, **more)
    asyncio.run(until_empty(played, ["s0"], {"s0b"}, "prometheus", say=said.append, pace=FAST))
    return said


def test_rooms_move_once_a_shard_stays_healthy():
    assert healthy(HEALTHY) == []
    waits = Health(missing=("jvb has 0 of 2 pods Ready",))
    assert healthy(waits, waits, BAD, OSError("refused"), HEALTHY)[0].endswith("jvb has 0 of 2 pods Ready")


def test_a_shard_that_is_healthy_for_a_moment_only_gets_no_rooms():
    with pytest.raises(pulumi.RunError, match="knows 0 bridges"):
        healthy(HEALTHY, BAD, HEALTHY, BAD)


def test_pods_that_an_update_has_not_reached_yet_are_not_judged():
    assert len(healthy(*[BAD] * 20, HEALTHY, made=[False] * 20 + [True])) == 1
    played: Any = Played(HEALTHY)
    looks = [False] * 9 + [True]
    asyncio.run(
        until_healthy(played, SHARD, "old", say=print, made=lambda: looks.pop(0) if looks[1:] else True, pace=FAST)
    )
    assert looks == [True], "healthy pods of before are none"


def test_an_unhealthy_release_stops_the_update_before_rooms_move_and_says_what_to_do():
    with pytest.raises(pulumi.RunError) as stopped:
        healthy(BAD)
    message = str(stopped.value)
    assert f"{SHARD.name} ({SHARD.release}) is not healthy: jicofo-s0 knows 0 bridges. No room was moved" in message
    assert "new rooms open on old" in message
    assert "To go back, append the former release" in message


def test_pods_that_do_not_become_ready_and_an_api_server_that_is_gone_stop_it_too():
    with pytest.raises(pulumi.RunError, match="ImagePullBackOff"):
        healthy(Health(missing=("web has 0 of 1 pods Ready (web-s0: ImagePullBackOff)",)), limit=3)
    with pytest.raises(pulumi.RunError, match="the API server does not answer: refused"):
        healthy(OSError("refused"))


def test_a_shard_is_removed_after_its_last_room():
    said = empty((2, 5), (1, 5), (1, 2), (0, 0))
    assert [line.partition(";")[0] for line in said] == [
        "s0: 2 rooms with 5 people",
        "s0: 1 rooms with 5 people",
        "s0: 1 rooms with 2 people",
    ]


def test_an_empty_shard_stays_while_a_haproxy_may_send_it_rooms():
    looks = [False] * 10 + [True]
    played: Any = Played((0, 0), led=looks)
    asyncio.run(until_empty(played, ["s0"], {"s0b"}, "prometheus", say=print, pace=FAST))
    assert played.led == [True], "every look was taken"


def test_where_no_haproxy_can_be_asked_its_time_to_reload_is_waited_for():
    before = len(empty((0, 0)))
    assert before == 0
    played: Any = Played((0, 0), led=[OSError("no route")])
    asyncio.run(until_empty(played, ["s0"], {"s0b"}, "prometheus", say=print, pace=FAST))


def test_a_room_that_lasts_ends_the_update_with_nothing_deleted():
    with pytest.raises(pulumi.RunError, match=r"s0 still has 1 rooms\. New rooms open on s0b, and nothing was deleted"):
        empty((1, 2))


def test_a_shard_whose_rooms_nobody_counts_is_not_removed():
    with pytest.raises(pulumi.RunError, match=r"some rooms \(nobody tells how many: refused\)"):
        empty(OSError("refused"))


def test_the_plan_names_the_same_times():
    assert leaving_shards.FAULT_SECONDS == handover.FAULT_SECONDS
    assert leaving_shards.MEETING_SECONDS == handover.MEETING_SECONDS


def shard(name, slot, **more):
    return EdgeShard(name=name, slot=slot, state="active", weight=100, **more)


def cfg(*shards):
    values = {
        "namespace": "jitsi",
        "domain": "meet.example.org",
        "replicas": 2,
        "room_table": 1000,
        "connections": 1000,
    }
    return haproxy_cfg.render(Edge(**values, shards=shards, proxy_protocol=False))


def test_shards_that_haproxies_know_are_read_from_their_configuration():
    known = known_shards(cfg(shard("s0", 0, visitors={"v0": "10.0.0.1:5280"}), shard("s1", 12)))
    assert [(each.name, each.slot, each.visitors) for each in known] == [
        ("s0", 0, {"v0": "10.0.0.1:5280"}),
        ("s1", 12, {}),
    ]
    assert {each.state for each in known} == {"standby"}
    assert known_shards("") == ()


@pytest.mark.parametrize(
    ("present", "running", "leaves"),
    [
        (("s0",), {"s0"}, []),
        (("s0b",), {"s0", "s0b"}, ["s0"]),
        (("s0b",), {"s0b"}, []),  # it is gone
        (("s7",), {"s0"}, []),  # another shard is no successor
    ],
)
def test_a_shard_leaves_if_it_runs_and_its_successor_is_in_the_file(present, running, leaves):
    slots = {"s0": 0, "s0b": 12, "s7": 7}
    found = leaving(known_shards(cfg(shard("s0", 0))), [shard(name, slots[name]) for name in present], running)
    assert [each.name for each in found] == leaves


def pod(component, ready=True, **status):
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"metadata": {"name": f"{component}-s0-x"}, "status": {"conditions": conditions, **status}}


class Reader:
    """An API server with pods of one shard, and what they answer by port and path."""

    def __init__(self, answers=None, events=(), metrics=(), **pods):
        self.pods = {
            name: [pod(name)] * (2 if name == "jvb" else 1) for name in ("web", "prosody", "jicofo", "jvb")
        } | pods
        self.answers, self.events, self.metrics = answers or {}, events, metrics

    def items(self, path, **selectors):
        if path.endswith("/events"):
            return list(self.events)
        if "custom.metrics" in path:
            return list(self.metrics)
        return self.pods[selectors["labelSelector"].partition(",")[0].partition("=")[2]]

    def from_pod(self, namespace, pod, port, path):
        answer = self.answers.get((port, path), UnreachableError("no route"))
        if isinstance(answer, Exception):
            raise answer
        return answer


def observed(**reader):
    answering: Any = Reader(**reader)
    return Observer(reader=answering, namespace="jitsi")


def answers(health=(200, "OK"), bridges=2, failed=0):
    known = f"jitsi_jicofo_bridge_selector_bridge_count_operational {bridges}.0\njitsi_jicofo_conferences 3.0\n"
    ice = f"jitsi_jvb_ice_failed_total {failed}.0\njitsi_jvb_ice_succeeded_total 2.0\n"
    return {
        (8888, "/about/health"): health,
        (8888, "/metrics"): (200, known + "jitsi_jicofo_participants_current 7.0\n"),
        (8080, "/metrics"): (200, ice),
    }


def test_a_shard_is_healthy_if_jicofo_knows_its_bridges():
    assert observed(answers=answers()).health(SHARD) == Health()


def test_what_is_missing_is_told_with_its_reason():
    waiting = pod("web", ready=False, containerStatuses=[{"state": {"waiting": {"reason": "ImagePullBackOff"}}}])
    (missing,) = observed(web=[waiting]).health(SHARD).missing
    assert missing == "web has 0 of 1 pods Ready (web-s0-x: ImagePullBackOff)"
    (missing,) = observed(jvb=[pod("jvb")]).health(SHARD).missing
    assert missing.startswith("jvb has 1 of 2 pods Ready")
    leaving_pod = pod("jicofo")
    leaving_pod["metadata"]["deletionTimestamp"] = "now"
    assert observed(jicofo=[leaving_pod]).health(SHARD).missing == ("jicofo has 0 of 1 pods Ready (no pod)",)


@pytest.mark.parametrize(
    ("played", "fault"),
    [
        (
            answers(health=(500, "No operational bridges")),
            "jicofo-s0-x answers 500 to /about/health: No operational bridges",
        ),
        (answers(bridges=1), "jicofo-s0-x knows 1 bridges, and 2 are Ready: they do not join it"),
        (answers(failed=3), "ICE failed 3 times on jvb-s0-x, and succeeded 2 times"),
        (answers() | {(8080, "/metrics"): (404, "")}, "jvb-s0-x answers 404 to /metrics"),
        (answers() | {(8080, "/metrics"): (200, "{}")}, "jvb-s0-x does not say at /metrics whether ICE worked"),
        (
            answers() | {(8888, "/metrics"): (200, "{}")},
            "jicofo-s0-x does not say at /metrics how many bridges it knows",
        ),
    ],
)
def test_bridges_that_do_not_join_ice_that_fails_an_unhealthy_jicofo_and_figures_that_are_missing_are_faults(
    played, fault
):
    assert any(each.startswith(fault) for each in observed(answers=played).health(SHARD).faults)


def test_a_jicofo_that_cannot_be_asked_is_judged_by_its_liveness_probe():
    now = datetime.now(UTC)

    def at(seconds):
        return (now - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def since(seconds):
        return pod("jicofo", containerStatuses=[{"state": {"running": {"startedAt": at(seconds)}}}])

    failing = {"lastTimestamp": at(20), "message": "Liveness probe failed"}
    assert observed(jicofo=[since(300)]).health(SHARD) == Health()
    assert observed(jicofo=[since(300)], events=[failing | {"lastTimestamp": at(200)}]).health(SHARD) == Health()
    (fault,) = observed(jicofo=[since(300)], events=[failing]).health(SHARD).faults
    assert "fails its liveness probe" in fault
    assert observed(jicofo=[since(20)]).health(SHARD).missing, "it is waited for"


def test_rooms_are_counted_by_jicofo_else_people_by_the_custom_metrics():
    assert observed(answers=answers()).rooms("s0", "prometheus") == (3, 7)
    assert observed(metrics=[{"value": "2"}, {"value": "1500m"}]).rooms("s0", "prometheus") == (1, 4)
    assert observed(metrics=[{"value": "0"}]).rooms("s0", "prometheus") == (0, 0)
    assert observed(jicofo=[]).rooms("s0", "prometheus") == (0, 0), "an interrupted removal goes on"


def test_haproxies_lead_to_a_shard_once_all_see_it_up():
    up = 'haproxy_server_status{proxy="signalling",server="s0b",state="UP"} 1\n'
    for text, led in ((up, True), (up.replace("} 1", "} 0"), False), ("", False)):
        reader = {"answers": {(8404, "/metrics"): (200, text)}, "haproxy": [pod("haproxy")]}
        assert observed(**reader).led_by_all({"s0b"}) is led


def test_a_metric_is_read_with_labels_and_without():
    assert figure('a_total{x="1"} 2.0\na_total{x="2"} 3\nab 9\n', "a") == 5
    assert figure("b 1", "a") is None


def test_the_api_servers_own_refusal_is_not_the_pods_answer(monkeypatch):
    from components.kubernetes import cluster_reader

    reader = cluster_reader.ClusterReader("https://api", "", "token")

    def answers_with(body):
        def answer(self, path, selectors, accept):
            raise urllib.error.HTTPError(path, 503, "", Message(), BytesIO(body.encode()))

        monkeypatch.setattr(cluster_reader.ClusterReader, "_answer", answer)

    answers_with("No operational bridges")
    assert reader.from_pod("jitsi", "jicofo", 8888, "/about/health") == (503, "No operational bridges")
    answers_with(json.dumps({"kind": "Status"}, separators=(",", ":")))
    with pytest.raises(UnreachableError):
        reader.from_pod("jitsi", "jicofo", 8888, "/about/health")


def test_objects_are_asked_for_as_json_and_pods_for_text(monkeypatch):
    from components.kubernetes import cluster_reader

    asked = []

    def opened(request, **_):
        asked.append(request.get_header("Accept"))
        return BytesIO(b"{}")

    monkeypatch.setattr(cluster_reader.urllib.request, "urlopen", opened)
    monkeypatch.setattr(cluster_reader.ssl, "create_default_context", lambda **_: None)
    reader = cluster_reader.ClusterReader("https://api", "", "token")
    reader.get("/api")
    reader.from_pod("jitsi", "jicofo", 8888, "/metrics")
    assert asked == ["application/json", "text/plain, */*"]


def test_an_answer_that_breaks_off_is_asked_for_again(monkeypatch):
    from components.kubernetes import cluster_reader

    def broken(*_, **__):
        raise http.client.IncompleteRead(b"")

    monkeypatch.setattr(cluster_reader.urllib.request, "urlopen", broken)
    monkeypatch.setattr(cluster_reader.ssl, "create_default_context", lambda **_: None)
    with pytest.raises(OSError, match="the answer broke off"):
        cluster_reader.ClusterReader("https://api", "", "token").get("/api")


def leaves(monkeypatch, kubeconfig, reader, *, preview):
    """Return the shards that leave while the API server answers as the reader does."""
    monkeypatch.setattr(handover, "cluster_reader", lambda _: reader)
    monkeypatch.setattr(handover, "replace", lambda reader, seconds: reader.within(seconds))
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
    monkeypatch.setattr(handover, "POLL_SECONDS", 0)

    async def asked():
        def future(value):
            given = asyncio.get_running_loop().create_future()
            given.set_result(value)
            return given

        known = pulumi.Output(future(set()), future(kubeconfig), future(kubeconfig is not None))
        seen = Handover(kubeconfig=known, namespace="jitsi", shards=[], made=known, adapter="prometheus")
        return await seen._leaving((shard("s0b", 12),))

    return asyncio.run(asked())


class Cluster:
    """An API server with a haproxy.cfg and the prosodies of shards; without a configuration it refuses."""

    def __init__(self, text, *running):
        self.text, self.running, self.asked, self.seconds = text, running, 0, None

    def within(self, seconds):
        self.seconds = seconds
        return self

    def get(self, path):
        self.asked += 1
        if self.text is None:
            raise OSError("refused")
        return {"data": {"haproxy.cfg": self.text}}

    def items(self, path, **selectors):
        return [{"metadata": {"labels": {"app.kubernetes.io/instance": name}}} for name in self.running]


def test_a_new_stack_whose_kubeconfig_is_unknown_is_not_asked(monkeypatch):
    cluster = Cluster(None)
    assert leaves(monkeypatch, None, cluster, preview=True) == ()
    assert cluster.asked == 0


def test_a_preview_shows_the_shards_that_leave_and_waits_for_nothing(monkeypatch):
    cluster = Cluster(cfg(shard("s0", 0)), "s0")
    assert [each.name for each in leaves(monkeypatch, "kubeconfig", cluster, preview=True)] == ["s0"]
    silent = Cluster(None)
    assert leaves(monkeypatch, "kubeconfig", silent, preview=True) == ()
    assert (silent.asked, silent.seconds) == (1, handover.PREVIEW_SECONDS)


def test_an_update_does_not_guess_which_shards_leave(monkeypatch):
    cluster = Cluster(None)
    with pytest.raises(pulumi.RunError, match="it is unknown which shards have rooms: refused"):
        leaves(monkeypatch, "kubeconfig", cluster, preview=False)
    assert cluster.asked > 2
    assert cluster.seconds is None

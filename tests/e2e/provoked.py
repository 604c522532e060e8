"""How each alert is provoked in the real loop, in waves that do not hide each other."""

import asyncio
import contextlib
import json
import re
import signal
import threading
import time
from dataclasses import replace

import httpx
import yaml
from edge.edge_world import Browser, World, edge, shard
from edge.shard_double import PROSODY

from components.ingress import haproxy_cfg
from components.metrics.prometheus_config import RULES_FILE
from probe.results import exposition

FACTOR = 120
"""By which waiting is shortened: an alert's `for`, and the ranges that it looks back over (at least five scrapes)."""
LEAST_RANGE = 5
ROOM_TABLE = 100
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration):
    return int(duration[:-1]) * _SECONDS[duration[-1]]


def shortened(groups):
    """The program's own alerts; what is recorded stays as it is."""

    def looked_back(match):
        return f"[{max(LEAST_RANGE, seconds(match[1]) // FACTOR)}s]"

    def rule(made):
        if "alert" not in made:
            return made
        wait = f"{seconds(made['for']) * 1000 // FACTOR}ms"
        return {**made, "for": wait, "expr": re.sub(r"\[(\d+[smhd])\]", looked_back, made["expr"])}

    return [{**group, "rules": [rule(made) for made in group["rules"]]} for group in groups]


class Broken:
    """Configuration of HAProxies; once `now`, the second one hashes otherwise and keeps its rooms to itself."""

    now = False

    def text(self, world, proxy):
        text = haproxy_cfg.render(world.edge, world.endpoints(proxy))
        if not self.now or proxy.name != "haproxy-1":
            return text
        table = f"stick-table type binary len 20 size {ROOM_TABLE} expire 5m store gpt0"
        assert f"{table} peers haproxies" in text
        return text.replace(f"{table} peers haproxies", table).replace("xxh32(", "xxh32(7")


def edge_of_two_shards():
    broken = Broken()
    return World(edge((shard(0), shard(1)), room_table=ROOM_TABLE), text=broken.text), broken


class Provoker:
    """Does it to a watched world. Until `adapter_asks` is False somebody asks Prometheus as the metrics adapter does."""

    def __init__(self, world, broken):
        self.world, self.broken = world, broken
        self.adapter_asks = self.traffic = True
        self.began = time.time()
        self.extra = []
        self.figures("recorder", jibri_occupied=0)
        for what in (self._ask, self._come):
            asyncio.run_coroutine_threadsafe(what(), world.loop)

    async def _ask(self):
        async with httpx.AsyncClient() as client:
            while self.adapter_asks:
                with contextlib.suppress(httpx.HTTPError):
                    await client.get(f"{self.world.url}/api/v1/series", params={"match[]": "up"})
                await asyncio.sleep(0.5)

    async def _come(self):
        """People of a few rooms, through both HAProxies."""
        browsers = [Browser(self.world.edge, number) for number in (0, 1)]
        while self.traffic:
            for number in range(6):
                for browser in browsers:
                    try:
                        await browser.get(f"/http-bind?room=always-{number}")
                    except Exception:
                        browser.idle.clear()
            await asyncio.sleep(0.3)

    def figures(self, path, **values):
        """Other values of series that a played part serves; a function is of the seconds since then."""
        since = time.time()
        before = self.world.changed.get(path, str)

        def change(text):
            text = before(text)
            for name, value in values.items():
                now = value(time.time() - since) if callable(value) else value
                text, count = re.subn(
                    rf"^({re.escape(name)}(?:\{{[^}}]*\}})?) \S+$", rf"\1 {now}", text, flags=re.MULTILINE
                )
                assert count, name
            return text

        self.world.changed[path] = change

    def bridge(self, letter, **values):
        self.figures(f"jvb-s0-0-7c9f8d5b6f-aaaa{letter}", **{f"jitsi_jvb_{n}": v for n, v in values.items()})

    def jicofo(self, **values):
        self.figures("jicofo", **{f"jitsi_jicofo_{n}": v for n, v in values.items()})

    def kube(self, line, value):
        before = self.world.changed.get("metrics", str)
        self.world.changed["metrics"] = lambda text: re.sub(
            rf"^({line}) \S+$", rf"\1 {value}", before(text), flags=re.MULTILINE
        )

    def probe(self, **changes):
        check = changes.pop("check")
        self.extra.append((check, changes))

        def change(_):
            from watched_world import PROBED

            results = PROBED
            for name, changed in self.extra:
                results = [replace(r, **changed) if r.check == name else r for r in results]
            return exposition(results, time.time())

        self.world.changed["probe"] = change

    def run(self, what):
        return asyncio.run_coroutine_threadsafe(what, self.world.loop).result(60)

    def fill_rooms(self):
        async def fill():
            browser = Browser(self.world.edge, 0)
            for number in range(ROOM_TABLE * 85 // 100):
                await browser.get(f"/http-bind?room=filled-{number}")
            browser.close()

        self.run(fill())

    def break_config(self):
        self.broken.now = True
        self.run(self.world.edge.change(only=1))

    def connect_people(self):
        """As browsers do: a session each, and a request that prosody holds."""
        url, space = f"http://{self.world.prosody}:5280/http-bind", "xmlns='http://jabber.org/protocol/httpbind'"
        opening = (
            "to='meet.jitsi' ver='1.6' wait='60' hold='1' xml:lang='en' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'"
        )

        async def one(client, rid):
            answer = await client.post(url, content=f"<body {space} rid='{rid}' {opening}/>")
            sid = re.search("sid='([^']+)'", answer.text)
            assert sid, answer.text
            with contextlib.suppress(httpx.HTTPError):  # prosody is killed meanwhile
                await client.post(url, content=f"<body {space} rid='{rid + 1}' sid='{sid[1]}'/>")

        async def all_of_them():
            limits = httpx.Limits(max_connections=100)
            async with httpx.AsyncClient(timeout=100, limits=limits) as client:
                await asyncio.gather(*(one(client, 1000 * number + 1) for number in range(39)))

        asyncio.run_coroutine_threadsafe(all_of_them(), self.world.loop)

    def break_a_rule(self):
        path = self.world.folder / RULES_FILE
        document = yaml.safe_load(path.read_text())
        twice = 'label_replace(vector(1), "a", "x", "", "") or label_replace(vector(1), "a", "y", "", "")'
        rules = [{"record": "test:broken:rule", "expr": f'label_replace({twice}, "a", "z", "", "")'}]
        document["groups"].append({"name": "broken", "rules": rules})
        path.write_text(yaml.safe_dump(document))
        self.world.children["prometheus"].send_signal(signal.SIGHUP)

    def fill_volume(self):
        with (self.world.folder / "data/wal/large").open("wb") as file:
            file.truncate(20 * 2**30)  # takes no space

    def stop_adapter(self):
        self.adapter_asks = False

    def end_shards(self):
        for double in self.world.edge.shards.values():
            self.world.loop.call_soon_threadsafe(double.die, PROSODY)

    def end_prosody(self):
        self.world.children["prosody"].kill()

    def end_jicofo(self):
        self.world.changed["jicofo"] = lambda _: ""

    def end_edge(self):
        self.traffic = False
        for proxy in self.world.edge.proxies:
            proxy.kill()


def first(p):
    """What one can do to a service that goes on."""
    return {
        "a bridge is overloaded: stress 0.97 (mock)": (
            ["BridgeStressHigh"],
            lambda: p.bridge("a", stress=0.97),
        ),
        "a bridge loses packets in both directions (mock)": (
            ["OutgoingLossHigh", "IncomingLossHigh"],
            lambda: p.bridge("a", outgoing_loss_fraction=0.2, incoming_loss_fraction=0.2),
        ),
        "a bridge's node reports CPU steal (mock)": (["CpuSteal"], lambda: p.bridge("a", cpu_steal=0.3)),
        "120 participants on the only ready bridge (mock)": (
            ["HeadroomGone"],
            lambda: p.bridge("a", local_endpoints=120),
        ),
        "a bridge leaves its shard's bridge room; the schedule requires three (mock; real schedule rules)": (
            ["BridgeJoinedNowhere", "TimetableNotMet"],
            lambda: p.bridge("b", mucs_joined=0),
        ),
        "a bridge drains, and its participants stay (mock)": (
            ["DrainOverTime"],
            lambda: p.bridge("c", drain_mode=1),
        ),
        "a bridge hangs in SHUTTING_DOWN (mock)": (["ZombieBridge"], lambda: p.bridge("d", shutting_down=1)),
        "jicofo counts 39 of 40 participants (mock)": (["ShardNearLimit"], lambda: p.jicofo(participants_current=39)),
        "every bridge leaves, and jicofo counts them as operational (mock)": (
            ["NoBridges"],
            lambda: p.jicofo(bridge_selector_bridge_count_in_shutdown=2, healthy=0),
        ),
        "three bridges disappear (mock counter)": (
            ["BridgesLost"],
            lambda: p.jicofo(bridge_selector_lost_bridges_total=3),
        ),
        "bridges run two versions (mock)": (
            ["BridgesOfSeveralVersions"],
            lambda: p.jicofo(bridge_selector_bridge_version_count=2),
        ),
        "a third of joining participants cannot reach a bridge (mock counters)": (
            ["IceFailuresHigh"],
            lambda: p.jicofo(
                participants_total=lambda t: 400 + int(9 * t), participants_ice_failed_total=lambda t: 1 + int(3 * t)
            ),
        ),
        "39 BOSH sessions on a prosody sized for 40 (real prosody)": (
            ["ProsodyConnectionsNearLimit"],
            p.connect_people,
        ),
        "the autoscaler cannot read its metrics (mock kube-state-metrics)": (
            ["AutoscalerBlind"],
            lambda: p.kube(r'kube_horizontalpodautoscaler_status_condition\{[^}]*ScalingActive",status="true"\}', 0),
        ),
        "the autoscaler wants its maximum (mock)": (
            ["AutoscalerAtMax"],
            lambda: p.kube(r"kube_horizontalpodautoscaler_status_desired_replicas\{[^}]*\}", 10),
        ),
        "a bridge waits for a node (mock)": (
            ["PoolStuck"],
            lambda: p.kube(r'kube_pod_status_phase\{[^}]*aaaaa"[^}]*phase="Pending"\}', 1),
        ),
        "the adapter's queries stop (real Prometheus, mock adapter)": (
            ["MetricsAdapterStale"],
            p.stop_adapter,
        ),
        "a rule that fails to evaluate is loaded (real)": (["RulesFail"], p.break_a_rule),
        "a file of 20 GiB lies in its log (real Prometheus)": (["MetricsVolumeNearFull"], p.fill_volume),
        "85 rooms in a table for 100 (real HAProxy)": (["RoomTableNearFull"], p.fill_rooms),
        "one of two HAProxies gets a wrong configuration: another hash, a separate table (real)": (
            ["RoomSplit", "HaproxiesDisagree"],
            p.break_config,
        ),
        "the probe gets no BOSH session (mock result, real exposition)": (
            ["ProbeFailing"],
            lambda: p.probe(check="bosh", status="failed"),
        ),
        "the probe finds a certificate valid for five days (mock result, real exposition)": (
            ["CertificateExpiring"],
            lambda: p.probe(check="certificate", days=5),
        ),
        "one recording waits for an hour, one is incomplete, the recorder is busy (mock)": (
            ["RecordingsNotUploaded", "RecordingIncomplete", "NoFreeRecorder"],
            lambda: p.figures(
                "recorder", jibri_upload_oldest_seconds=4000, jibri_recordings_incomplete_total=1, jibri_occupied=1
            ),
        ),
    }


def second(p):
    """What ends a part of it."""
    return {
        "signalling of both shards stops under traffic (real HAProxy, mock prosody)": (
            ["ShardUnreachable", "SignallingErrors"],
            p.end_shards,
        ),
        "prosody is killed (real)": (["NoProsody"], p.end_prosody),
        "jicofo answers no scrape (mock)": (["NoJicofo", "TargetSilent"], p.end_jicofo),
    }


def third(p):
    """The end."""
    return {"both HAProxies are killed (real)": (["EdgeDown"], p.end_edge)}


WAVES = (first, second, third)


def firing(world):
    """Names of the alerts that fire now."""
    answer = httpx.get(f"{world.url}/api/v1/alerts", timeout=30).json()
    return {alert["labels"]["alertname"] for alert in answer["data"]["alerts"] if alert["state"] == "firing"}


class Watch:
    """Looks all the time, for some alerts fire for seconds; `fired` is alert -> when it was first seen so."""

    def __init__(self, world):
        self.world, self.fired, self.looks = world, {}, True
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        while self.looks:
            with contextlib.suppress(httpx.HTTPError):
                for name in firing(self.world):
                    self.fired.setdefault(name, time.monotonic())
            time.sleep(0.2)

    def end(self):
        self.looks = False
        self.thread.join()


def keys(stack):
    """The stack's own, small enough that a test can fill it."""
    lesson = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "timezone": "UTC", "bridges": 3}
    lessons = [{**lesson, "start": "00:00", "end": "23:59"}, {**lesson, "start": "22:00", "end": "02:00"}]
    bridges = {"participants": 100, "drain": {"deadline": "20m"}, "schedule": lessons}
    return {**stack, "jitsi:signalling": '{"participants": 40}', "jitsi:bridges": json.dumps(bridges)}

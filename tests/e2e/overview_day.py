"""A school day as a real Prometheus sees it: its series are put into its store, its rules evaluated over them, its panels asked.

`.venv/bin/python -m tests.e2e.overview_day` writes docs/pictures/overview.svg.
"""

import math
import re
import subprocess
import tempfile
import time
from pathlib import Path

import httpx
import yaml
from e2e.dashboard_picture import picture

from components.metrics.rules import demand_groups
from components.monitoring.dashboards.overview import overview
from components.monitoring.recording_rules import recording_groups
from components.monitoring.rule_groups import monitoring_facts
from config.read import parse
from lab.progress import Progress
from lab.toolchain.prepare import ensure

PICTURE = Path(__file__).parents[2] / "docs/pictures/overview.svg"
STACK = parse(
    {
        "scaleway:region": "fr-par",
        "jitsi:domain": "meet.example.org",
        "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}]',
        "jitsi:bridges": '{"participants": 80, "min": 2, "max": 8}',
        "jitsi:cluster": '{"version": "1.35.3"}',
    }
)
FACTS = monitoring_facts(STACK)
BEGINS = 1_794_805_200  # Monday 2026-11-16 05:00 UTC, an hour before what is shown
SHOWN = (BEGINS + 3600, BEGINS + 6 * 3600)
STEP = 60  # seconds
LESSONS = ((2.75, 3.5, 430), (3.6, 4.35, 520), (4.6, 5.35, 560), (5.5, 6.25, 480), (6.6, 7.3, 300))
"""Hours after BEGINS, and people on a shard of weight 1."""
JOINING = 4 * 60  # seconds in which a class is there, and gone
WEIGHTS = {"s0": 0.6, "s1": 0.4}
WORDS = "a made-up school day, 11:00 UTC"


def people(shard, at):
    """On the shard, `at` seconds after BEGINS."""
    there = 12.0
    for start, end, size in LESSONS:
        rising, falling = (at - start * 3600) / JOINING, (end * 3600 + JOINING - at) / JOINING
        there = max(there, size * WEIGHTS[shard] * max(0.0, min(1.0, rising, falling)))
    return int(there)


def bridges(shard, at):
    """Ready ones: enough for the last quarter of an hour, a boot of two minutes late."""
    most = max(people(shard, earlier) for earlier in range(max(0, at - 1020), max(1, at - 120), STEP))
    return min(8, max(2, math.ceil(most / 60)))


def samples():
    """OpenMetrics, as the scrapes of twelve hours would have left it."""
    found = {}

    def add(name, labels, at, value):
        said = ",".join(f'{key}="{text}"' for key, text in labels.items())
        found.setdefault(name, {}).setdefault(said, []).append((at, value))

    for shard in WEIGHTS:
        joined, before = 0, 0
        of = {"namespace": "jitsi", "shard": shard}
        for at in range(0, SHOWN[1] - BEGINS + 300, STEP):
            there, ready = people(shard, at), bridges(shard, at)
            joined, before = joined + max(0, there - before), there
            jicofo = {**of, "component": "jicofo", "pod": f"jicofo-{shard}-a"}
            add("jitsi_jicofo_participants_current", jicofo, at, there)
            add("jitsi_jicofo_conferences", jicofo, at, math.ceil(there / 22))
            add("jitsi_jicofo_participants_total", jicofo, at, joined)
            for number in range(ready):
                share = there // ready + (number < there % ready)
                pod = {**of, "component": "jvb", "pod": f"jvb-{shard}-0-x-aaaa{number}", "node": f"{shard}-{number}"}
                add("jitsi_jvb_local_endpoints", pod, at, share)
                add("jitsi_jvb_stress", pod, at, round(0.02 + 0.85 * share / 80, 4))
                add("jitsi_jvb_mucs_joined", pod, at, 1)
                add("jitsi_jvb_drain_mode", pod, at, 0)
                add("up", pod, at, 1)
    lines = []
    for name, series in found.items():
        family, kind = (name.removesuffix("_total"), "counter") if name.endswith("_total") else (name, "gauge")
        lines.append(f"# TYPE {family} {kind}")
        lines += [f"{name}{{{said}}} {value} {BEGINS + at}" for said, points in series.items() for at, value in points]
    return "\n".join([*lines, "# EOF", ""])


def levels():
    """The recording rules, each after those that it reads."""
    groups = [*demand_groups(FACTS.shards, FACTS.namespace, FACTS.metrics), *recording_groups(FACTS)]
    rules = [rule for group in groups for rule in group["rules"] if "kube_" not in rule["expr"]]
    left, done = rules, set()
    while left:
        names = {rule["record"] for rule in left}
        now = [rule for rule in left if not (set(re.findall(r"[a-z_]+:[a-z_:]+", rule["expr"])) & names) - done]
        assert now, "rules that read each other"
        yield now
        left = [rule for rule in left if rule not in now]


class Store:
    """A Prometheus over a folder that is filled while it is not running."""

    def __init__(self, toolchain, folder, port):
        self.paths, self.folder, self.url = toolchain.paths, folder, f"http://127.0.0.1:{port}"
        self.port = port
        (folder / "prometheus.yml").write_text("global: {evaluation_interval: 1h}\n")

    def __enter__(self):
        self.child = subprocess.Popen(
            [
                str(self.paths["prometheus"]),
                f"--config.file={self.folder}/prometheus.yml",
                f"--storage.tsdb.path={self.folder}/data",
                "--storage.tsdb.retention.time=100y",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=error",
            ]
        )
        for _ in range(300):
            try:
                if httpx.get(f"{self.url}/-/ready", timeout=2).status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError("Prometheus does not start")

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait(30)

    def promtool(self, *arguments):
        made = [str(self.paths["promtool"]), "tsdb", "create-blocks-from", *map(str, arguments)]
        done = subprocess.run(made, capture_output=True, text=True, check=False, cwd=self.folder)
        assert done.returncode == 0, done.stdout + done.stderr

    def ask(self, query):
        asked = {"query": query.expression, "start": SHOWN[0], "end": SHOWN[1], "step": 300}
        answer = httpx.post(f"{self.url}/api/v1/query_range", data=asked, timeout=60).json()
        assert answer["status"] == "success", answer
        for series in answer["data"]["result"]:
            legend = re.sub(r"\{\{(\w+)\}\}", lambda found, of=series: of["metric"].get(found[1], ""), query.legend)
            yield legend, [(float(at), float(value)) for at, value in series["values"]]


def drawn(toolchain, folder, port):
    """The picture as it is now."""
    store = Store(toolchain, folder, port)
    (folder / "day.om").write_text(samples())
    store.promtool("openmetrics", folder / "day.om", folder / "data")
    for number, rules in enumerate(levels()):
        # Prometheus spreads evaluations by a hash of the file's path and the group's name: one name, so one time for all.
        (folder / "rules.yml").write_text(
            yaml.safe_dump({"groups": [{"name": "g", "interval": f"{STEP}s", "rules": rules}]})
        )
        with store:
            span = (f"--start={BEGINS}", f"--end={SHOWN[1] + 60}")
            store.promtool("rules", f"--url={store.url}", *span, f"--output-dir={folder}/made{number}", "rules.yml")
        for block in (folder / f"made{number}").iterdir():
            block.rename(folder / "data" / block.name)
    shown = overview.fill(FACTS)
    with store:
        answers = {
            panel.title: [line for query in panel.queries for line in store.ask(query)] for panel in shown.panels
        }
    return picture(shown, answers, WORDS), answers


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        text, _ = drawn(ensure("tests", Progress()), Path(temporary), 19_099)
        PICTURE.write_text(text, encoding="utf-8")

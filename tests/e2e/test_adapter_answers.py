"""The real prometheus-adapter, on a real Prometheus and API server, answers what the autoscaler asks."""

import contextlib
import json
import socket
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import yaml
from waiting import eventually

from components.bridges.autoscaling import targets
from components.metrics.prometheus_config import RULES_FILE, adapter_config, stale_after
from components.metrics.rules import recording_rules
from config.read import parse

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PEOPLE = {"s0": {"aaaaa": 30, "bbbbb": 45}, "s1": {"aaaaa": 7}}
NEEDED = {"s0": 9, "s1": 4}


def stack_of(**metrics):
    now = datetime.now(UTC)
    lesson = {
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "start": f"{now - timedelta(hours=1):%H:%M}",
        "end": f"{now + timedelta(hours=2):%H:%M}",
        "timezone": "UTC",
    }
    shards = [
        {"name": name, "zone": "fr-par-1", "bridges": {"schedule": [lesson | {"bridges": bridges}]}}
        for name, bridges in NEEDED.items()
    ]
    settings = {"domain": "meet.example.org", "shards": shards, "metrics": {"interval": "5s"} | metrics}
    values = {f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}
    return parse(values | {"scaleway:region": "fr-par"})


class Bridges(BaseHTTPRequestHandler):
    """/metrics of every bridge, told apart by the path /SHARD/BRIDGE."""

    def do_GET(self):
        _, shard, bridge = self.path.split("/")
        text = f"jitsi_jvb_local_endpoints {PEOPLE[shard][bridge]}\njitsi_jvb_drain_mode 0\njitsi_jvb_stress 0.25\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format, *args):  # noqa: A002 - the name is the base class's
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(log, *command):
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def targets_of_prometheus(port):
    return [
        {
            "targets": [f"127.0.0.1:{port}"],
            "labels": {
                "__metrics_path__": f"/{shard}/{bridge}",
                "namespace": "jitsi",
                "pod": f"jvb-{shard}-0-7c9f8d5b6f-{bridge}",
            },
        }
        for shard, bridges in PEOPLE.items()
        for bridge in bridges
    ]


@pytest.fixture(
    params=[{}, {"prometheus": "existing", "url": "http://127.0.0.1"}], ids=["managed", "existing"], scope="module"
)
def answered(request, embedded, toolchain, tmp_path_factory):
    """The stack, and what the adapter answers to a path below its API."""
    stack = stack_of(**request.param)
    folder = tmp_path_factory.mktemp("adapter")
    source = ThreadingHTTPServer(("127.0.0.1", 0), Bridges)
    threading.Thread(target=source.serve_forever, daemon=True).start()
    managed = stack.metrics.prometheus == "managed"
    document: dict[str, Any] = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "scrape_configs": [{"job_name": "bridges", "static_configs": targets_of_prometheus(source.server_port)}],
    }
    if managed:
        document["rule_files"] = [RULES_FILE]
        (folder / RULES_FILE).write_text(recording_rules(stack.resolved, "jitsi", stack.metrics))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(document))
    (folder / "config.yaml").write_text(adapter_config(stack.resolved, "jitsi", stack.metrics))
    prometheus, adapter = free_port(), free_port()
    kubeconfig = embedded.paths.kubeconfig
    token = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"]
    asks = [f"--{purpose}-kubeconfig={kubeconfig}" for purpose in ("lister", "authentication", "authorization")]
    with (
        running(
            folder / "prometheus.log",
            toolchain.paths["prometheus"],
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{prometheus}",
            f"--query.lookback-delta={stale_after(stack.metrics)}s",
        ),
        running(
            folder / "adapter.log",
            toolchain.paths["prometheus-adapter"],
            *asks,
            "--bind-address=127.0.0.1",
            f"--secure-port={adapter}",
            f"--cert-dir={folder}",
            f"--config={folder}/config.yaml",
            f"--prometheus-url=http://127.0.0.1:{prometheus}",
            "--prometheus-verb=POST",
            "--metrics-relist-interval=1s",
            f"--metrics-max-age={stale_after(stack.metrics)}s",
        ),
        httpx.Client(
            base_url=f"https://127.0.0.1:{adapter}/apis/custom.metrics.k8s.io/v1beta1",
            verify=False,  # noqa: S501 - a certificate of this run, on loopback
            headers={"Authorization": f"Bearer {token}"},
        ) as client,
    ):

        def ask(path, **parameters):
            with contextlib.suppress(httpx.TransportError):
                found = client.get(path, params=parameters)
                if found.status_code == 200:
                    return [item["value"] for item in found.json()["items"]]
            return None

        eventually(lambda: ask("/namespaces/jitsi/metrics/jvb_timetable", metricLabelSelector="shard=s0"))
        yield stack, ask
    source.shutdown()


def asked_of(stack, name):
    """As the HPA controller asks for the Object metrics of each shard."""
    found = {}
    for shard in stack.resolved:
        (metric,) = (
            metric["object"]
            for metric in targets(shard, stack.metrics, "jitsi")
            if metric["type"] == "Object" and metric["object"]["metric"]["name"] == name
        )
        (label,) = metric["metric"]["selector"]["matchLabels"].items()
        found[shard.name] = (
            f"/namespaces/{metric['describedObject']['name']}/metrics/{name}",
            {"metricLabelSelector": "=".join(label)},
        )
    return found


def test_each_shard_is_told_what_its_timetable_asks_for(answered):
    stack, ask = answered
    said = {shard: ask(path, **selector) for shard, (path, selector) in asked_of(stack, "jvb_timetable").items()}
    assert said == {shard: [str(needed)] for shard, needed in NEEDED.items()}


def test_each_shard_is_told_how_many_people_to_expect(answered):
    stack, ask = answered
    wanted = {shard: [str(sum(people.values()))] for shard, people in PEOPLE.items()}
    asked = asked_of(stack, "jvb_expected")
    eventually(lambda: {shard: ask(path, **selector) for shard, (path, selector) in asked.items()} == wanted)


def test_a_shard_that_is_not_there_gets_no_answer(answered):
    _, ask = answered
    assert ask("/namespaces/jitsi/metrics/jvb_timetable", metricLabelSelector="shard=s9") is None

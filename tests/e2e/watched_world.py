"""A service in small that a real Prometheus scrapes with the stack's own configuration.

Real: Prometheus, both HAProxies, prosody. Played: bridges (as in the rehearsal), jicofo, kube-state-metrics, a recorder and what
the probe found, under the names that their sources give their series.
"""

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import yaml
from e2e.watched_recorders import RECORDING
from e2e.watched_recorders import exposition as recorder
from edge.edge_world import STATS_PORT, World, edge, shard

from components.metrics.prometheus_config import RULES_FILE, scrape_config
from components.metrics.recorders_promql import recorders_group
from components.metrics.rules import recording_rules
from components.monitoring.rule_groups import rule_groups
from lab.rehearsal.bridge import SimulatedBridge
from probe.results import Result, exposition

META = "__meta_kubernetes_pod"
PROSODY = """
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
run_as_root = true
modules_enabled = {{ "http", "http_openmetrics", "bosh", "websocket", "saslauth", "smacks", "disco" }}
modules_disabled = {{ "s2s" }}
http_ports = {{ 5280 }}
http_interfaces = {{ "{address}" }}
https_ports = {{}}
c2s_ports = {{ 5222 }}
c2s_interfaces = {{ "{address}" }}
statistics = "internal"
statistics_interval = 1
openmetrics_allow_cidr = "127.0.0.0/8"
authentication = "anonymous"
log = {{ {{ levels = {{ min = "warn" }}, to = "console" }} }}
VirtualHost "meet.jitsi"
Component "muc.meet.jitsi" "muc"
    storage = "memory"
"""
JICOFO = {
    "participants_current": ("gauge", 25),
    "conferences": ("gauge", 7),
    "largest_conference": ("gauge", 9),
    "bridge_selector_bridge_count": ("gauge", 2),
    "bridge_selector_bridge_count_operational": ("gauge", 2),
    "bridge_selector_bridge_count_in_shutdown": ("gauge", 0),
    "bridge_selector_bridge_version_count": ("gauge", 1),
    "healthy": ("gauge", 1),
    "bridge_selector_lost_bridges": ("counter", 0),
    "participants": ("counter", 400),
    "participants_moved": ("counter", 3),
    "participants_ice_failed": ("counter", 1),
    "participants_restart_requested": ("counter", 1),
    "conferences_created": ("counter", 90),
    "jibri_instances": ("gauge", 1),
    "jibri_instances_available": ("gauge", 0),
}
"""ConferenceMetrics.kt and BridgeSelector.kt; one with a label of its own for each bridge follows."""


def jicofo():
    lines = []
    for name, (kind, value) in JICOFO.items():
        series = f"jitsi_jicofo_{name}"
        lines += [f"# TYPE {series} {kind}", f"{series}{'_total' if kind == 'counter' else ''} {value}"]
    lines += [f'jitsi_jicofo_bridge_endpoints{{jvb="jvbbrewery@internal/{number}"}} 1' for number in range(500)]
    return "\n".join(lines) + "\n"


def kube_state(namespace):
    scaler = f'namespace="{namespace}",horizontalpodautoscaler="jvb-s0-0"'
    prefix = "kube_horizontalpodautoscaler"
    lines = [
        f"{prefix}_status_desired_replicas{{{scaler}}} 2",
        f"{prefix}_status_current_replicas{{{scaler}}} 2",
        f"{prefix}_spec_max_replicas{{{scaler}}} 10",
        f"{prefix}_spec_min_replicas{{{scaler}}} 2",
    ]
    for condition in ("ScalingActive", "AbleToScale", "ScalingLimited"):
        for status in ("true", "false", "unknown"):
            value = int(status == ("false" if condition == "ScalingLimited" else "true"))
            lines.append(f'{prefix}_status_condition{{{scaler},condition="{condition}",status="{status}"}} {value}')
    for letter in "ab":
        for phase in ("Pending", "Running", "Succeeded", "Failed", "Unknown"):
            who = f'namespace="{namespace}",pod="jvb-s0-0-7c9f8d5b6f-aaaa{letter}",uid="u",phase="{phase}"'
            lines.append(f"kube_pod_status_phase{{{who}}} {int(phase == 'Running')}")
        pod = f'namespace="{namespace}",pod="jvb-s0-0-7c9f8d5b6f-aaaa{letter}",uid="u"'
        began = int(time.time())
        lines += [f"kube_pod_created{{{pod}}} {began - 200}", f"kube_pod_status_ready_time{{{pod}}} {began - 40}"]
    return "\n".join(lines) + "\n"


PROBED = [
    Result(check="certificate", of="meet.example.org", status="ok", detail="", days=60),
    Result(check="bosh", of="s0", status="ok", detail=""),
    Result(check="bridge", of="s0/10000", status="silent", detail=""),
]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def pod(name, component, instance, address, path="/metrics"):
    """A target with what Kubernetes' discovery would say of it."""
    host, _, port = address.partition(":")
    labels = {
        "__meta_kubernetes_namespace": "jitsi",
        f"{META}_name": name,
        f"{META}_node_name": f"node-of-{name}",
        f"{META}_ip": host,
        f"{META}_phase": "Running",
        f"{META}_label_app_kubernetes_io_name": component,
        f"{META}_label_app_kubernetes_io_instance": instance,
        f"{META}_container_port_number": port,
    }
    if component != "kube-state-metrics":
        prefix = f"{META}_annotation_prometheus_io"
        labels |= {f"{prefix}_scrape": "true", f"{prefix}_port": port, f"{prefix}_path": path}
    return {"targets": [address], "labels": labels}


class Watched:
    """Use as a context manager. A bridge that is taken out answers no more; `changed` changes what a played part answers."""

    def __init__(self, toolchain, folder, stack, *, bridges="ab", world=None, groups=None):
        self.toolchain, self.folder, self.stack = toolchain, folder, stack
        self.edge = world or World(edge([shard(0)]))
        self.groups = rule_groups(stack) if groups is None else groups
        self.changed = {}
        """Path -> a function of the text; nothing is an answer of 500."""
        self.children = {}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.bridges = {f"jvb-s0-0-7c9f8d5b6f-aaaa{x}": SimulatedBridge(x, "1", "", 100, 1.0) for x in bridges}
        for number, bridge in enumerate(self.bridges.values()):
            bridge.seat.rooms[f"room-{number}"] = 12
            bridge.seat.load = 12
            bridge.began = 0.0
        self._close = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._close.close()
            raise
        return self

    def _start(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self._close.callback(self.loop.call_soon_threadsafe, self.loop.stop)
        self._wait(self.edge.__aenter__())
        self._close.callback(lambda: self._wait(self.edge.__aexit__(None, None, None)))
        self._prosody()
        self._serve()
        self._prometheus()

    def __exit__(self, *_):
        self._close.close()

    def _wait(self, what):
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(60)

    def _child(self, *command):
        log = (self.folder / (str(command[0]).rpartition("/")[2] + ".log")).open("w")
        child = subprocess.Popen([str(part) for part in command], stdout=log, stderr=subprocess.STDOUT)
        self.children[str(command[0]).rpartition("/")[2]] = child
        self._close.callback(lambda: (child.terminate(), child.wait(20)))

    def _prosody(self):
        self.prosody = f"{self.edge.net}.200"
        data = self.folder / "prosody"
        data.mkdir()
        config = data / "prosody.cfg.lua"
        config.write_text(PROSODY.format(folder=data, address=self.prosody))
        self._child(shutil.which("prosody") or "prosody", "--config", config, "-F")
        for _ in range(300):
            with contextlib.suppress(OSError):
                self._close.enter_context(socket.create_connection((self.prosody, 5222), timeout=5))
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "prosody.log").read_text())

    def _serve(self):
        world = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.strip("/").partition("/")[0]
                texts = {"jicofo": jicofo, "metrics": lambda: kube_state(world.stack.namespace)}
                texts["recorder"] = recorder
                texts["probe"] = lambda: exposition(PROBED, time.time())
                texts |= {pod: bridge.exposition for pod, bridge in world.bridges.items()}
                text = world.changed.get(name, str)(texts.get(name, str)())
                self.send_response(200 if text else 500 if name in texts else 404)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format, *args):  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._close.callback(server.shutdown)
        self.played = f"127.0.0.1:{server.server_port}"

    def _prometheus(self):
        text = scrape_config(self.stack.metrics, self.stack.namespace)
        text = text.replace("127.0.0.1:9090", f"127.0.0.1:{self.port}")
        text = text.replace("kube-state-metrics;8080", f"kube-state-metrics;{self.played.partition(':')[2]}")
        document = yaml.safe_load(text)
        document["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        targets = [
            *(pod(name, "jvb", "s0", self.played, f"/{name}") for name in self.bridges),
            pod("jicofo-s0-5d4c8b7f9-aaaaa", "jicofo", "s0", self.played, "/jicofo"),
            pod("prosody-s0-5d4c8b7f9-aaaaa", "prosody", "s0", f"{self.prosody}:5280"),
            *(pod(p.name, "haproxy", "local", f"{p.address}:{STATS_PORT}") for p in self.edge.proxies),
            pod("jibri-0", "jibri", "local", self.played, "/recorder"),
            pod("probe-5d4c8b7f9-aaaaa", "probe", "local", self.played, "/probe"),
            pod("kube-state-metrics-5d4c8b7f9-aaaaa", "kube-state-metrics", "local", self.played),
        ]
        (self.folder / "targets.json").write_text(json.dumps(targets))
        for job in document["scrape_configs"]:
            if job.pop("kubernetes_sd_configs", None):
                job["file_sd_configs"] = [{"files": ["targets.json"]}]
        groups = [*self.groups, recorders_group(RECORDING, self.stack.namespace)]
        rules = recording_rules(self.stack.resolved, self.stack.namespace, self.stack.metrics, groups)
        (self.folder / RULES_FILE).write_text(rules)
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(document))
        self._child(
            self.toolchain.paths["prometheus"],
            f"--config.file={self.folder}/prometheus.yml",
            f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
        )

    def ask(self, expression):
        """Samples of now, as (labels, value); none while Prometheus starts."""
        try:
            answer = httpx.post(f"{self.url}/api/v1/query", data={"query": expression}, timeout=30).json()
        except (httpx.ConnectError, ValueError):
            return []
        assert answer["status"] == "success", answer
        return [(sample["metric"], float(sample["value"][1])) for sample in answer["data"]["result"]]

    def names(self):
        """Of all series that there have been."""
        return set(httpx.get(f"{self.url}/api/v1/label/__name__/values", timeout=30).json()["data"])

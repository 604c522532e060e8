"""Configuration texts that the program writes, checked by those who will read them."""

import json
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyhocon
import pytest
import yaml
from sample_stacks import NAMES, kubernetes_objects

from components.bridges import jvb_conf
from components.metrics.prometheus_config import adapter_config, scrape_config
from config.metrics import Metrics

every_stack = pytest.mark.parametrize("stack", NAMES)


def config_map(stack, name):
    found = [
        o
        for o in kubernetes_objects(stack)
        if o.properties["kind"] == "ConfigMap" and o.properties["metadata"]["name"] == name
    ]
    return found[0].properties["data"] if found else {}


def tool(name):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert path, f"{name} is not installed; on Debian: apt-get install {name}"
    return path


def localised(text, folder):
    """Cluster names cannot be resolved here; everything else stays as it is."""
    return (
        re.sub(r"[\w.-]+\.svc\.[\w.-]+", "127.0.0.1", text)
        .replace("/tls/", f"{folder}/tls/")
        .replace("/run/haproxy", str(folder))
        .replace("/etc/haproxy", "components/ingress/scripts")
    )


@pytest.fixture
def certificates(tmp_path):
    from components.self_signed import FALLBACK_NAME, self_signed

    pair = self_signed("seed-of-the-test", FALLBACK_NAME, {})
    for folder in ("issued", "fallback"):
        (tmp_path / "tls" / folder).mkdir(parents=True)
    (tmp_path / "tls" / "fallback" / "tls.crt").write_text(pair.certificate)
    (tmp_path / "tls" / "fallback" / "tls.key").write_text(pair.key)
    return tmp_path


@pytest.mark.tools
@every_stack
def test_haproxy_itself_accepts_the_edge_of_every_stack(stack, certificates):
    path = certificates / "haproxy.cfg"
    path.write_text(localised(config_map(stack, "haproxy")["haproxy.cfg"], certificates))
    for pod in re.findall(r"POD_NAME\",(haproxy-\d+)", path.read_text()):
        done = subprocess.run(
            [tool("haproxy"), "-c", "-L", pod, "-f", path],
            env={"POD_NAME": pod},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "[WARNING]" not in done.stderr, done.stderr


@every_stack
def test_the_bridges_own_config_is_hocon_and_leaves_in_time(stack):
    for o in kubernetes_objects(stack):
        data = o.properties.get("data", {}) if o.properties["kind"] == "ConfigMap" else {}
        if "custom-jvb.conf" in data:
            bridge: Any = pyhocon.ConfigFactory.parse_string(data["custom-jvb.conf"])
            longest = bridge["videobridge.shutdown.graceful-shutdown-max-duration"]
            since = datetime(2026, 1, 1, tzinfo=UTC)  # where dateutil is installed, the duration is a relativedelta
            assert since + longest >= since + timedelta(seconds=60)
            assert 0 < bridge["videobridge.load-management.average-participant-stress"] < 1


@pytest.fixture
def readable_folder():
    """Prosodyctl gives up root before it reads, and pytest's own folders are for their owner only."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.tools
def test_prosody_accepts_the_lines_that_the_program_adds(readable_folder):
    """The image renders the rest from its own template, which cannot be had here."""
    tmp_path = readable_folder
    found = [
        variable["value"]
        for o in kubernetes_objects("local")
        if o.properties["kind"] == "Deployment" and o.properties["metadata"]["name"] == "prosody-s0"
        for variable in o.properties["spec"]["template"]["spec"]["containers"][0]["env"]
        if variable["name"] == "GLOBAL_CONFIG"
    ]
    assert found
    path = tmp_path / "prosody.cfg.lua"
    (tmp_path / "certs").mkdir()
    image = [
        f'data_path = "{tmp_path}"',
        'pidfile = "/dev/null"',
        'modules_enabled = { "tls", "saslauth", "http", "bosh", "websocket", "http_health" }',
        'VirtualHost "meet.jitsi"',
        '  authentication = "anonymous"',
    ]
    path.write_text("\n".join([*found[0].split("\\n"), *image]) + "\n")

    def check(config):
        command = [tool("prosodyctl"), "--config", config, "check", "config"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = check(path)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / "broken.cfg.lua"
    broken.write_text(path.read_text() + 'http_health_allow_cidr = "\n')
    failed = check(broken)
    assert failed.returncode != 0, "the check itself must be able to fail"


def test_prometheus_keeps_to_its_namespace_and_scrapes_as_often_as_told():
    document = yaml.safe_load(scrape_config(Metrics(interval=30), "video"))
    assert document["global"]["scrape_interval"] == "30s"
    jobs = {job["job_name"]: job for job in document["scrape_configs"]}
    assert set(jobs) == {"pods", "kube-state-metrics", "prometheus"}
    for name in ("pods", "kube-state-metrics"):
        assert jobs[name]["kubernetes_sd_configs"] == [{"role": "pod", "namespaces": {"names": ["video"]}}]


def test_the_adapter_leaves_out_bridges_that_leave():
    rules = {rule["name"]["as"]: rule for rule in yaml.safe_load(adapter_config((), "jitsi", Metrics()))["rules"]}
    assert set(rules) == {"jvb_stress", "jvb_participants", "jvb_transmit_kbps"}
    for rule in rules.values():
        for gone in ("jitsi_jvb_drain_mode == 1", "jitsi_jvb_graceful_shutdown == 1", "jitsi_jvb_shutting_down == 1"):
            assert gone in rule["metricsQuery"]
    assert "* 0.001" in rules["jvb_transmit_kbps"]["metricsQuery"], "bit/s become kbit/s"


@every_stack
def test_the_autoscaler_asks_for_metrics_that_its_adapter_serves(stack):
    texts = config_map(stack, "prometheus-adapter")
    served = {rule["name"]["as"] for rule in yaml.safe_load(texts["config.yaml"])["rules"]} if texts else set()
    for o in kubernetes_objects(stack):
        jvb = o.properties["metadata"]["labels"]["app.kubernetes.io/name"] == "jvb"
        if o.properties["kind"] != "HorizontalPodAutoscaler" or not jvb:
            continue
        metrics, bounds = o.properties["spec"]["metrics"], o.properties["spec"]
        if bounds["minReplicas"] == bounds["maxReplicas"]:
            assert [m["type"] for m in metrics] == ["Resource"], "no adapter is asked for a number that is fixed"
            continue
        asked = {m[m["type"].lower()]["metric"]["name"] for m in metrics if m["type"] in ("Pods", "Object")}
        assert {"jvb_stress", "jvb_participants"} <= {name.replace("-", "_") for name in asked}
        assert not served or asked <= served
        annotations = o.properties["metadata"].get("annotations", {})
        assert all(key.count(".") >= 3 for key in annotations if key.startswith("metric-config"))
        told = {key.split(".")[2] for key in annotations if key.startswith("metric-config")}
        assert not told or {m["pods"]["metric"]["name"] for m in metrics if m["type"] == "Pods"} <= told
        assert json.dumps(annotations).isascii()


def test_the_fixed_texts_do_not_depend_on_the_python_hash_seed():
    code = (
        "from components.metrics.prometheus_config import adapter_config; from config.metrics import Metrics; "
        "print(adapter_config((), 'jitsi', Metrics()))"
    )
    import sys

    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_average_stress_grows_as_bridges_get_smaller():
    from sample_stacks import OWN

    from config.read import parse

    values = {**OWN["daemonset"], "jitsi:bridges": '{"participants": 40}'}
    small, large = (parse(v).resolved[0] for v in (values, OWN["daemonset"]))
    assert "average-participant-stress = 0.02" in jvb_conf.render(small)
    assert "average-participant-stress = 0.008" in jvb_conf.render(large)

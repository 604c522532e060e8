"""Prometheus' own checker reads the scrape configuration and the adapter's queries of every sample stack."""

import re
import subprocess

import pytest
import yaml
from sample_stacks import NAMES, kubernetes_objects

pytestmark = pytest.mark.e2e


def data_of(stack, name):
    return [
        o.properties["data"]
        for o in kubernetes_objects(stack)
        if o.properties["kind"] == "ConfigMap" and o.properties["metadata"]["name"] == name
    ]


def promtool(toolchain, *arguments):
    return subprocess.run([toolchain.paths["promtool"], *arguments], capture_output=True, text=True, check=False)


def test_promtool_accepts_the_scrape_configuration_of_every_stack_that_has_a_prometheus(toolchain, tmp_path):
    checked = 0
    for stack in NAMES:
        for data in data_of(stack, "prometheus"):
            folder = tmp_path / stack
            folder.mkdir()
            for name, text in data.items():
                (folder / name).write_text(text)
            path = folder / "prometheus.yml"
            done = promtool(toolchain, "check", "config", str(path))
            assert done.returncode == 0, done.stderr
            checked += 1
    assert checked >= 4


def queries_of(rule):
    """What prometheus-adapter asks: its template with the values filled in, once for each case of a shard."""
    series = rule["seriesQuery"].split("{")[0]
    query = rule["metricsQuery"].replace("<<.Series>>", series)
    query = query.replace("<<.LabelMatchers>>", 'namespace="jitsi",pod=~"a|b"').replace("<<.GroupBy>>", "pod")
    return [case for case in re.split("<<.*?>>", query) if case]


@pytest.mark.parametrize("stack", ["local", "announced"])
def test_promtool_accepts_the_adapters_queries_and_refuses_a_broken_one(stack, toolchain, tmp_path):
    (data,) = data_of(stack, "prometheus-adapter")
    queries = [query for rule in yaml.safe_load(data["config.yaml"])["rules"] for query in queries_of(rule)]
    rules = [{"record": f"checked:{number}", "expr": query} for number, query in enumerate(queries)]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "adapter", "rules": rules}]}))
    done = promtool(toolchain, "check", "rules", str(path))
    assert done.returncode == 0, done.stderr
    rules[0]["expr"] += ")"
    path.write_text(yaml.safe_dump({"groups": [{"name": "adapter", "rules": rules}]}))
    assert promtool(toolchain, "check", "rules", str(path)).returncode != 0


def test_a_draining_bridge_is_visible_but_gives_no_number(toolchain, tmp_path):
    (data,) = data_of("local", "prometheus-adapter")
    rule = next(r for r in yaml.safe_load(data["config.yaml"])["rules"] if r["name"]["as"] == "jvb_stress")
    query = rule["metricsQuery"].replace("<<.Series>>", "jitsi_jvb_stress")
    query = query.replace("<<.LabelMatchers>>", 'namespace="jitsi"').replace("<<.GroupBy>>", "pod")
    series = [
        {"series": 'jitsi_jvb_stress{namespace="jitsi",pod="busy"}', "values": "0.5x5"},
        {"series": 'jitsi_jvb_drain_mode{namespace="jitsi",pod="busy"}', "values": "0x5"},
        {"series": 'jitsi_jvb_stress{namespace="jitsi",pod="leaving"}', "values": "0.9x5"},
        {"series": 'jitsi_jvb_drain_mode{namespace="jitsi",pod="leaving"}', "values": "1x5"},
    ]
    test = {
        "rule_files": [],
        "evaluation_interval": "1m",
        "tests": [
            {
                "input_series": series,
                "promql_expr_test": [
                    {"expr": query, "eval_time": "3m", "exp_samples": [{"labels": '{pod="busy"}', "value": 0.5}]}
                ],
            }
        ],
    }
    path = tmp_path / "test.yml"
    path.write_text(yaml.safe_dump(test))
    done = promtool(toolchain, "test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr

"""What a foreign server of the custom metrics API must answer: the page's table is what the autoscalers ask, and nothing else."""

import json
import re
from pathlib import Path
from typing import Any

from components.metrics.names import BRIDGE_METRICS, LEAVING
from plan.evaluate import evaluate

PAGE = (Path(__file__).parents[2] / "docs/existing.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| `([\w.]+)", re.MULTILINE)
TABLE = {
    name: (described, selector, value, key)
    for name, described, selector, value, key in ROW.findall(PAGE.partition("## An adapter of another make")[2])
}
LESSON = {"days": ["mon"], "start": "08:00", "end": "12:00", "timezone": "UTC", "bridges": 4}
KEYS: dict[str, Any] = {
    "jitsi:cluster": {"kind": "existing"},
    "jitsi:metrics": {"adapter": "existing"},
    "jitsi:shards": [{"name": "s0", "zone": "zone-1"}, {"name": "s1", "zone": "zone-2"}],
    "jitsi:bridges": {"schedule": [LESSON], "scaling": {"transmitKbps": 100000}},
    "jitsi:recording": {"bucket": "school", "endpoint": "https://s3.example.org"},
}


def asked(**changes: Any) -> set[tuple[str, str, str]]:
    """Metric, described object and keys of the selector, of each question of a stack's autoscalers to the custom metrics API."""
    keys = {**KEYS, **{f"jitsi:{key}": value for key, value in changes.items()}}
    values = {"jitsi:domain": "meet.example.org"} | {key: json.dumps(value) for key, value in keys.items()}
    found = set()
    for resource in evaluate(values, "test"):
        if resource.type.endswith("HorizontalPodAutoscaler"):
            for metric in resource.properties["spec"].get("metrics", []):
                if metric["type"] == "Pods":
                    found.add((metric["pods"]["metric"]["name"], "each pod of the bridges", "pods of the autoscaler"))
                elif metric["type"] == "Object":
                    source = metric["object"]
                    assert source["describedObject"] == {"apiVersion": "v1", "kind": "Namespace", "name": "jitsi"}
                    keys_of = ", ".join(
                        f"`{key}`" for key in source["metric"].get("selector", {}).get("matchLabels", {})
                    )
                    found.add((source["metric"]["name"], "the namespace", keys_of or "none"))
    return found


def test_the_table_lists_exactly_what_autoscalers_ask_of_an_adapter_of_others() -> None:
    assert {(name, row[0], row[1]) for name, row in TABLE.items()} == asked()


def test_a_metric_is_asked_only_with_its_key() -> None:
    without = {
        "bridges.scaling.transmitKbps": {"bridges": {"schedule": [LESSON]}},
        "bridges.scaling.lookAhead": {"bridges": {"schedule": [LESSON], "scaling": {"lookAhead": "0s"}}},
        "bridges.schedule": {"bridges": {}},
    }
    for key, changes in without.items():
        (name,) = [name for name, row in TABLE.items() if row[3] == key]
        assert name not in {metric for metric, _, _ in asked(**changes)}, key


def test_the_table_names_the_series_of_each_bridge_metric_and_of_leaving_bridges() -> None:
    for metric in BRIDGE_METRICS:
        assert f"`{metric.series}`" in TABLE[metric.name][2]
        assert metric.factor == 1 or str(metric.factor) in TABLE[metric.name][2]
    for series in LEAVING:
        assert f"`{series}`" in PAGE


def test_a_static_stack_asks_nothing() -> None:
    assert asked(bridges={"topology": "static"}) == {("jibri_wanted", "the namespace", "none")}

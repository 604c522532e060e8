"""Two stacks in one cluster, the second as docs/existing.md writes it: beside the first's metrics adapter."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from documented import block

from lab.cluster.nodes import add_node
from lab.engine.engine import EngineError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

API = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.custom.metrics.k8s.io"
FIRST = {
    "jitsi:domain": "meet.first.example.org",
    "jitsi:cluster": {"kind": "existing"},
    "jitsi:shards": [{"name": "a0", "zone": "zone-1"}],
    "jitsi:ingress": {"tls": {"mode": "selfSigned"}},
}


def stack(folder: Path, name: str, config: Mapping[str, object]) -> Path:
    path = folder / f"Pulumi.{name}.yaml"
    path.write_text(yaml.safe_dump({"config": config}))
    return path


def test_a_second_stack_comes_up_beside_the_first_and_takes_nothing_of_it(embedded, tmp_path):
    engine, secrets = embedded.engine, {"jitsi:kubeconfig": embedded.paths.kubeconfig.read_text()}
    written = block("existing", "namespace")
    first, second = stack(tmp_path, "first", FIRST), stack(tmp_path, "second", written)
    other = {"nodePorts": {"http": 30060, "https": 30061, "health": 30062}, "tls": {"mode": "selfSigned"}}
    own = {
        "jitsi:namespace": "third",
        "jitsi:ingress": other,
        "jitsi:bridges": {"firstPort": 10200},
        "jitsi:metrics": {},
    }
    greedy = stack(tmp_path, "greedy", {**written, **own})

    def served():
        with embedded.api() as api:
            return api.get(API)["spec"]["service"]["namespace"]

    with embedded.api() as api:
        for number in range(4):
            add_node(
                api,
                f"beside-{number}",
                zone="zone-1",
                internal_ip=f"10.1.1.{number + 1}",
                external_ip=f"203.0.113.{number + 220}",
                cpu="16",
                memory="32Gi",
            )
    try:
        assert set(engine.up(first, secrets=secrets).summary) == {"create"}
        assert served() == "jitsi"
        with pytest.raises(EngineError, match=r"v1beta1\.custom\.metrics\.k8s\.io"):
            engine.up(greedy, secrets=secrets)
        assert served() == "jitsi", "a stack that ignores the finding takes nothing either"
        assert set(engine.up(second, secrets=secrets).summary) == {"create"}
        for path in (first, second):
            assert engine.preview(path).changes == {}
        with embedded.api() as api:
            rules = api.get("/api/v1/namespaces/second/configmaps/custom-metrics-rules")
        assert "jvb_participants" in json.dumps(rules["data"])
    finally:
        # The first goes first: no adapter runs here, and an API without a server keeps every namespace from going.
        for path in (first, second, greedy):
            if path.exists():
                engine.destroy(path, check=False)
        with embedded.api() as api:
            for number in range(4):
                api.delete(f"/api/v1/nodes/beside-{number}")

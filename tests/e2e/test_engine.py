"""The engine runs any stack file, recovers from interruption, and keeps secrets out of sight."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab.engine import events
from lab.engine.engine import Engine, EngineError
from lab.engine.recovery import BusyError
from lab.paths import PROJECT
from lab.processes import command_lines

if TYPE_CHECKING:
    from pathlib import Path

    from lab.embedded import Embedded

pytestmark = pytest.mark.e2e

PROGRAM = """\
import time
import pulumi
import pulumi_kubernetes as k8s

config = pulumi.Config("tiny")
provider = k8s.Provider("p", kubeconfig=config.require_secret("kubeconfig"), cluster_identifier="tiny")
names = config.require_object("names")
for name in names:
    k8s.core.v1.ConfigMap(
        name,
        metadata={"name": f"tiny-{name}", "labels": {"value": config.get("value") or "1"}},
        opts=pulumi.ResourceOptions(provider=provider),
    )
if config.get_bool("wait"):
    k8s.core.v1.Pod(
        "never-ready",
        metadata={"name": f"tiny-never-ready-{pulumi.get_stack()}"},  # the other stack's may still be there
        spec={"containers": [{"name": "c", "image": "x"}], "node_selector": {"no": "such-node"}},
        opts=pulumi.ResourceOptions(provider=provider),
    )
pulumi.export("names", names)
pulumi.export("kubeconfig", config.require_secret("kubeconfig"))
print("said on standard output")
"""


@pytest.fixture
def tiny(embedded: Embedded, tmp_path: Path) -> Engine:
    """An engine whose project makes ConfigMaps, so that a run takes seconds."""
    (tmp_path / "Pulumi.yaml").write_text(
        f"name: tiny\nruntime: {{name: python, options: {{virtualenv: {PROJECT}/.venv}}}}\n"
    )
    (tmp_path / "__main__.py").write_text(PROGRAM)
    engine = embedded.engine
    engine.project, engine.checkpoints = tmp_path, True
    return engine


def stack(folder: Path, name: str, **config: Any) -> Path:
    """A stack file outside the project."""
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({"config": {f"tiny:{key}": value for key, value in config.items()}}))
    return path


def test_up_preview_refresh_and_destroy_tell_what_they_do(embedded: Embedded, tiny: Engine, tmp_path: Path) -> None:
    file = stack(tmp_path, "whole-life", names=["a", "b"])
    secrets = {"tiny:kubeconfig": embedded.paths.kubeconfig.read_text()}
    preview = tiny.preview(file, secrets=secrets)
    assert preview.changes == {"create": 4}
    assert tiny.up(file).changes == {"create": 4}
    assert tiny.preview(file).changes == {}
    changed = tiny.preview(file, config={"tiny:value": "2"})
    assert changed.changes == {"update": 2}
    assert changed.step("a").paths == ("metadata.labels.value",)
    assert tiny.refresh(file).changes == {}
    assert tiny.outputs(file)["names"] == ["a", "b"]
    assert len(tiny.export(file)["deployment"]["resources"]) == 4
    assert tiny.destroy(file).changes == {"delete": 4}
    with embedded.api() as api:
        assert not [c for c in api.items("/api/v1/configmaps") if c["metadata"]["name"].startswith("tiny-")]


def test_secrets_are_encrypted_and_never_shown(embedded: Embedded, tiny: Engine, tmp_path: Path) -> None:
    kubeconfig = embedded.paths.kubeconfig.read_text()
    token = yaml.safe_load(kubeconfig)["users"][0]["user"]["token"]
    file = stack(tmp_path, "discreet", names=["c"])
    outcome = tiny.up(file, secrets={"tiny:kubeconfig": kubeconfig})
    copy = embedded.paths.stack_file("discreet")
    assert token not in copy.read_text()
    assert set(yaml.safe_load(copy.read_text())["config"]["tiny:kubeconfig"]) == {"secure"}
    assert token not in json.dumps(outcome.events) + outcome.output
    assert tiny.outputs(file)["kubeconfig"] == "[secret]"
    assert not list(embedded.paths.logs.glob("discreet-*.events")), "event logs are removed once they are read"
    assert not list(embedded.paths.root.glob("engine-*")), (
        "temporary files, the provider's kubeconfig among them, go too"
    )
    tiny.destroy(file)


def test_a_failing_program_raises_with_its_own_words(embedded: Embedded, tiny: Engine, tmp_path: Path) -> None:
    file = stack(tmp_path, "broken")
    with pytest.raises(EngineError, match="Missing required configuration variable 'tiny:kubeconfig'") as caught:
        tiny.preview(file)
    assert caught.value.outcome is not None
    assert caught.value.outcome.status != 0
    assert tiny.preview(file, check=False).errors


def test_an_update_killed_half_way_is_cleared_up_by_the_next(embedded: Embedded, tiny: Engine, tmp_path: Path) -> None:
    file = stack(tmp_path, "killed", names=["d"], wait=True)
    secrets = {"tiny:kubeconfig": embedded.paths.kubeconfig.read_text()}
    said: list[str] = []

    def kill_once_the_pod_is_under_way(event: dict[str, Any]) -> None:
        metadata = event.get("resourcePreEvent", {}).get("metadata", {})
        if metadata.get("urn", "").endswith("never-ready"):
            time.sleep(1.5)  # let the API server see it
            for pid in engines(tiny):
                os.kill(pid, signal.SIGKILL)

    assert tiny.up(file, secrets=secrets, follow=kill_once_the_pod_is_under_way, check=False).status != 0
    tiny.say = said.append
    without = stack(tmp_path, "killed", names=["d"])
    assert tiny.up(without).summary.get("same")
    assert any("lock is removed" in line for line in said), said
    assert any("never-ready" in line for line in said), said
    plugins = [argv[0] for pid, argv in command_lines() if str(embedded.paths.pulumi_home) in argv[0]]
    assert plugins == [], "an engine that is killed leaves its plugins behind"
    with embedded.api() as api:
        assert "tiny-never-ready-killed" not in {pod["metadata"]["name"] for pod in api.items("/api/v1/pods")}
    tiny.destroy(without)


def test_an_engine_that_runs_is_not_robbed_of_its_stack(embedded: Embedded, tiny: Engine, tmp_path: Path) -> None:
    file = stack(tmp_path, "busy", names=["e"], wait=True)
    secrets = {"tiny:kubeconfig": embedded.paths.kubeconfig.read_text()}
    first = threading.Thread(target=lambda: tiny.up(file, secrets=secrets, check=False))
    first.start()
    locks = embedded.paths.backend / ".pulumi/locks"
    try:
        deadline = time.monotonic() + 60
        while not list(locks.glob("*/tiny/busy/*.json")) and time.monotonic() < deadline:
            time.sleep(0.1)
        with pytest.raises(BusyError, match="pid"):
            tiny.preview(file)
    finally:
        for pid in engines(tiny):
            os.kill(pid, signal.SIGKILL)
        first.join(60)
    tiny.destroy(stack(tmp_path, "busy", names=["e"]))


def test_events_of_a_line_that_is_still_written_are_left_for_later(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text('{"sequence": 0}\n{"sequ')
    assert events.read(log) == [{"sequence": 0}]


def engines(engine: Engine) -> list[int]:
    """Pids of the engines that work in this engine's state folder."""
    return [pid for pid, argv in command_lines() if argv[0] == str(engine.pulumi)]

"""Stacks of different kinds come up with the real engine, are stable, and go without a trace."""

from dataclasses import replace
from pathlib import Path

import pytest
from waiting import eventually

from config.read import parse, stack_file
from config.secret_keys import SECRETS, needed_secrets
from lab.cluster.nodes import add_node
from lab.commands import POLICY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

STACKS = sorted((Path(__file__).parents[1] / "stacks").glob("*.yaml"))


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.stem)
def test_a_stack_comes_up_is_stable_and_goes(path, embedded):
    config = parse(stack_file(path))
    mine = set(needed_secrets(config)) - {"secretSeed", "kubeconfig"}
    secrets = {f"jitsi:{name}": SECRETS[name].placeholder("c") for name in mine}
    if config.recording:
        secrets |= {"jitsi:recordingAccessKey": "SCW00000000000000000", "jitsi:recordingSecretKey": "d" * 32}
    if config.cluster.kind == "existing":
        secrets["jitsi:kubeconfig"] = embedded.paths.kubeconfig.read_text()
        with embedded.api() as api:
            for number in range(4):
                add_node(
                    api,
                    f"own-{number}",
                    zone=f"zone-{number % 2 + 1}",
                    internal_ip=f"10.1.0.{number + 1}",
                    external_ip=f"203.0.113.{number + 200}",
                    cpu="16",
                    memory="32Gi",
                )
    engine = replace(embedded.engine, policy=POLICY)  # no rule may refuse what the program makes, as the engine sees it
    try:
        made = engine.up(path, secrets=secrets)
        assert set(made.summary) == {"create"}
        assert engine.preview(path).changes == {}
        for shard in config.resolved:
            wanted = f"app.kubernetes.io/name=jvb,app.kubernetes.io/instance={shard.name}"

            def running(wanted=wanted):
                with embedded.api() as api:
                    pods = api.items("/api/v1/namespaces/jitsi/pods", labelSelector=wanted)
                return sum(pod["status"].get("phase") == "Running" for pod in pods)

            eventually(lambda running=running, shard=shard: running() >= shard.bridges.min)
        if config.protect:
            refused = engine.destroy(path, check=False)
            assert refused.status, "protected resources went without a word"
            engine.run(path, "state", "unprotect", "--all", "--yes")
    finally:
        engine.run(path, "state", "unprotect", "--all", "--yes")
        engine.destroy(path)
        if config.cluster.kind == "existing":
            with embedded.api() as api:
                for number in range(4):
                    api.delete(f"/api/v1/nodes/own-{number}")
    assert engine.export(path)["deployment"].get("resources", []) == []

"""From release 0.1.0 to the working tree on a running stack: its state works, the diff says what happens, and who notices is known."""

import json
import subprocess
import sys
from contextlib import ExitStack

import pytest
from engine_agrees import agree, operations
from upgrade_page import PAGE, SEEN, Noticed, rows, templates
from waiting import eventually

from config.problems import ConfigError
from config.read import stack_file
from lab.paths import PROJECT
from plan.diff.fleet import WORKLOADS, component_of, kind_of
from plan.diff.isolated import evaluation
from plan.diff.result import diff
from plan.diff.revision import revision
from plan.evaluate import evaluate

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

RELEASE = "06645bf"
VERSION = "0.1.0"
STACK = "upgraded"


class Upgrade:
    """The local stack, made by the release's program, then updated by the working tree's."""

    def __init__(self, embedded, folder, program):
        self.embedded = embedded
        self.file = folder / f"Pulumi.{STACK}.yaml"
        self.file.write_bytes((program / "Pulumi.local.yaml").read_bytes())
        values = stack_file(self.file)
        with evaluation(program, values, STACK, VERSION) as running:
            self.diff = diff(STACK, VERSION, running.resources(), evaluate(values, STACK))
        former = embedded.engine
        former.project = program
        self.made = former.up(self.file)
        self.engine = embedded.engine
        eventually(self.bridges_run, seconds=180)

    def pods(self):
        with self.embedded.api() as api:
            return api.items("/api/v1/namespaces/jitsi/pods")

    def bridges_run(self):
        running = [pod["metadata"]["name"] for pod in self.pods() if pod["status"].get("phase") == "Running"]
        return all(sum(name.startswith(f"jvb-{shard}-") for name in running) >= 2 for shard in ("s0", "s1"))

    def up(self):
        self.before = templates(self.pods())
        self.outcome = self.engine.up(self.file)
        eventually(self.settled, seconds=240)

    def settled(self):
        """Whether every other pod that changes has, and a bridge of each shard that drains: the last of them takes hours."""
        with self.embedded.api() as api:
            sets = api.items("/apis/apps/v1/namespaces/jitsi/statefulsets")
        rolled = [each["status"] for each in sets if each["metadata"]["labels"]["app.kubernetes.io/name"] != "jvb"]
        draining = {f"jvb of {bridge.shard}" for bridge in self.diff.hurt("drains")}
        self.after = templates(self.pods())
        return all(each.get("updateRevision") == each.get("currentRevision") for each in rolled) and all(
            self.after.get(part, set()) - self.before[part] for part in draining
        )

    @property
    def noticed(self):
        """Who noticed: parts of which a pod has another template than before."""
        return [
            Noticed(part, bool(self.after.get(part, set()) - before)) for part, before in sorted(self.before.items())
        ]


@pytest.fixture(scope="module")
def former():
    """The program of the release."""
    with ExitStack() as stack:
        try:
            yield stack.enter_context(revision(PROJECT, RELEASE).program())
        except ConfigError as error:
            pytest.skip(f"not run, as this clone lacks release {VERSION} ({RELEASE}; git fetch --unshallow): {error}")


@pytest.fixture(scope="module")
def upgrade(embedded, former, tmp_path_factory):
    running = Upgrade(embedded, tmp_path_factory.mktemp("upgrade"), former)
    try:
        running.up()
        yield running
    finally:
        embedded.engine.destroy(running.file)


def costs(program, file):
    """The monthly bill of a stack file, by the program of one revision or the other."""
    command = [sys.executable, "-m", "plan", "report", "--json", "--file", str(file)]
    done = subprocess.run(command, cwd=program, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)["cost"]["monthly"]


@pytest.mark.parametrize("stack", ["dev", "prod-nl-ams"])
def test_a_stack_in_one_zone_costs_what_it_cost(former, stack):
    file = former / f"Pulumi.{stack}.yaml"
    assert costs(PROJECT, file) == costs(former, file)


def test_a_stack_in_several_zones_costs_more(former):
    file = former / "Pulumi.prod-fr-par.yaml"
    assert costs(PROJECT, file)["min"] > costs(former, file)["min"]


def test_a_state_of_the_release_is_updated_as_the_diff_says(upgrade):
    assert set(upgrade.made.summary) == {"create"}
    agree(upgrade.outcome, upgrade.diff)


def test_nothing_of_the_cloud_is_replaced_or_deleted(upgrade):
    goes = {
        urn.rpartition("::")[2]
        for urn, operation in operations(upgrade.outcome).items()
        if operation in ("replace", "delete") and "scaleway:" in urn
    }
    assert goes == set()


def test_pods_are_cut_off_from_others_last(upgrade):
    """The policy that denies everything else comes after those that allow, so no call is cut meanwhile."""
    ended = [
        step["resOutputsEvent"]["metadata"]
        for step in upgrade.outcome.events
        if "resOutputsEvent" in step and step["resOutputsEvent"]["metadata"]["op"] != "same"
    ]
    names = [step["urn"].rpartition("::")[2] for step in ended]
    allows = [
        name for name in names if name.endswith(("-egress", "-ingress", "-policy", "removed-shards", "removed-parts"))
    ]
    assert allows
    assert all(names.index(name) < names.index("jitsi-default-deny") for name in allows)


def test_only_pods_of_workloads_that_the_diff_names_are_replaced_and_signalling_is(upgrade):
    replaced = {each.part for each in upgrade.noticed if each.replaced}
    changed = [verdict.change.resource for verdict in upgrade.diff.shown if verdict.change.old is not None]
    named = {component_of(resource) for resource in changed if kind_of(resource) in WORKLOADS}
    assert {part.partition(" ")[0] for part in replaced} <= named
    assert {f"{part} of {shard}" for part in ("prosody", "jicofo") for shard in ("s0", "s1")} <= replaced


def test_the_next_update_changes_nothing(upgrade):
    assert upgrade.engine.preview(upgrade.file).changes == {}


def test_the_page_says_who_noticed(upgrade):
    SEEN.parent.mkdir(parents=True, exist_ok=True)
    SEEN.write_text(rows(VERSION, upgrade.outcome, upgrade.diff, upgrade.noticed), encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    missing = [each.part for each in upgrade.noticed if each.row not in text]
    assert not missing, "run: PYTHONPATH=.:tests .venv/bin/python tests/upgrade_page.py"

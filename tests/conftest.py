"""Settings of every test run: Hypothesis, compiled modules, source positions, and the count of deselected tests."""

import gc
import os
import sys
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import settings

# No deadline, since machines are shared; in CI the same examples every time.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# Workers and the commands that tests start keep compiled modules even if the environment forbids it: 1 s instead of 3 s each.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


MINUTES = (
    "rehearsal",
    "release_zones",
    "release_change",
    "hpa_model_agrees",
    "stacks_come_up",
    "options_come_and_go",
    "shard_lifecycle",
    "diff_applied_bridges",
)
"""Files whose tests take minutes, the longest first: a run with workers starts them first, so that none is left for the end."""


def pytest_collection_modifyitems(items):
    """Collect the files of `MINUTES` first; the others keep their order."""
    rank = {f"test_{name}.py": number for number, name in enumerate(MINUTES)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


def pytest_collection_finish():
    """Keep collected tests out of garbage collection, and the SDK from collecting source positions: each costs a quarter of a run."""
    gc.collect()
    gc.freeze()
    if resource := sys.modules.get("pulumi.runtime.resource"):
        vars(resource)["_get_stack_trace"] = resource.source_pb2.StackTrace


def pytest_deselected(items):
    """Report to the controller how many tests the expression leaves out; pytest-xdist does not."""
    if items and hasattr(items[0].config, "workeroutput"):
        items[0].config.workeroutput["deselected"] = len(items)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Count a worker's deselected tests as a run without workers does: each worker deselects the same ones."""
    reporter = node.config.pluginmanager.get_plugin("terminalreporter")
    reporter.stats["deselected"] = [SimpleNamespace()] * getattr(node, "workeroutput", {}).get("deselected", 0)


def pytest_terminal_summary(terminalreporter):
    """Say in one line how many tests of calls through Jitsi's programs were not run, and why."""
    skipped = (each for each in terminalreporter.stats.get("skipped", ()) if each.nodeid.startswith("tests/live/"))
    for reason, number in Counter(each.longrepr[2].removeprefix("Skipped: ") for each in skipped).items():
        terminalreporter.line(f"{number} tests of calls through Jitsi's programs were not run: {reason}")

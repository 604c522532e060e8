"""Figures of README and docs come from a file that a command makes, or from the prices and limits of the code."""

import json
import re
import subprocess
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from plan_stacks import TODAY, stack_of

from config.node_types import NODE_TYPES
from config.read import parse, stack_file
from lab.benchmarks.aims import COLD_MINUTES, aims
from lab.benchmarks.scaling import STACK
from lab.benchmarks.scaling_gates import gates
from sizing.cost import cost
from sizing.prices import BLOCK_STORAGE_GB, HOURS_PER_MONTH, OBJECT_STORAGE_GB

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
PREDECESSORS = ("openfun", "hpi", "operator", "jitsi-autoscaler")
NUMBER_WORDS = {1: "once", 2: "twice", 3: "three times"}


def _result(name: str) -> Any:
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


def _page(name: str) -> str:
    """Return a page as one line, so that a sentence is found across line ends."""
    return " ".join((ROOT / name).read_text(encoding="utf-8").split())


SCALING = _result("scaling.json")
REHEARSAL = _result("rehearsal-hostPort.json")
SHORT_DAY = _result("short-day.json")
MUTATIONS = _result("mutations.json")
EDGE = _result("edge.json")
FULL_RUN = max(RESULTS.glob("20*.json"))
AIMS = aims(_result(FULL_RUN.name))
MISSED = [aim for aim in AIMS if not aim.met]


def _days(figure: str, day: str, policy: str = STACK) -> list[float]:
    return [run[figure] for run in SCALING["runs"][policy][day]]


def _degraded(policy: str) -> float:
    return mean(_days("degradedPercent", "school", policy))


def _dev_stack() -> dict[str, float]:
    return cost(parse(stack_file(ROOT / "Pulumi.dev.yaml")), TODAY)["monthly"]


def _monthly(hourly: float | None) -> str:
    assert hourly is not None
    return f"{hourly * HOURS_PER_MONTH:.0f} EUR a month"


def _readme() -> list[str]:
    worst = sorted(_degraded(policy) for policy in PREDECESSORS)
    return [
        f"participants spend {_degraded(STACK):.1f} % of their time on an overloaded bridge, at "
        f"{NUMBER_WORDS[round(mean(_days('nodeHoursPerOracle', 'school')))]} the node-hours of",
        f"has its capacity in {mean(_days('timeToCapacitySeconds', 'flash')):.0f} s; no meeting is cut.",
        f"overloaded bridges for {worst[0]:.0f} to {worst[-1]:.0f} % of their time",
        f"costs about {_dev_stack()['typical']:.0f} EUR a month",
        f"costs at least {cost(stack_of(), TODAY)['monthly']['min']:.0f} EUR",
        f"at most {COLD_MINUTES:.0f} minutes on two cores",
        "A run with tools takes about a minute",
        f"the last full run misses {len(MISSED)} of {len(AIMS)} aims",
        "is recorded with `layout: hostPort` only",
    ]


def test_the_readmes_figures_are_those_of_the_results() -> None:
    page = _page("README.md")
    assert [sentence for sentence in _readme() if sentence not in page] == []
    assert all(gate.met for gate in gates(SCALING)), "the sentence says that no meeting is cut"
    assert 30 < _result(FULL_RUN.name)["makeUp"]["first"] < 90, "about a minute"
    assert [path.stem for path in RESULTS.glob("rehearsal-*.json")] == ["rehearsal-hostPort"], "only one layout"


FIGURE = re.compile(
    r"(?<![\w.-])(?:\d[\d.]*(?: to \d[\d.]*)?|an?|two|three|five|ten|twenty|half an) (?:%|s|ms|EUR|MB|GiB|times|minutes?|hours?)(?!\w)"
)


def test_the_readme_has_no_figure_that_is_not_tied_to_a_source() -> None:
    text = re.sub(r"```.*?```", "", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    tied = " ".join(_readme())
    assert [figure for figure in FIGURE.findall(" ".join(text.split())) if figure not in tied] == []
    assert FIGURE.findall("140 times, in 2.5 s, 80 to 91 % and ten minutes") == [
        "140 times",
        "2.5 s",
        "80 to 91 %",
        "ten minutes",
    ]


def _pages() -> list[tuple[str, str]]:
    drains, update = REHEARSAL["drains"], REHEARSAL["update"]
    first, second = REHEARSAL["lessons"]
    flash = _days("timeToCapacitySeconds", "flash")
    degraded, hours = _days("degradedPercent", "school"), _days("nodeHoursPerOracle", "school")
    longest = max(run["longestDrainSeconds"] for runs in SCALING["runs"][STACK].values() for run in runs)
    return [
        ("autoscaling", f"spend {mean(degraded):.2f} / {max(degraded):.2f} % of a school day on an overloaded bridge"),
        ("autoscaling", f"at {mean(hours):.2f} / {max(hours):.2f} times the node-hours"),
        ("autoscaling", f"has its capacity after {mean(flash):.0f} / {max(flash):.0f} s. No meeting is cut."),
        ("autoscaling", f"The longest drain takes {longest:.0f} s."),
        ("rehearsal", f"{first['standing']} of {first['asked']} bridges were ready when the first lesson started"),
        ("rehearsal", f"and {second['standing']} of {second['asked']} at the second"),
        ("rehearsal", f"was available after {REHEARSAL['crowdToCapacitySeconds']:.0f} s"),
        (
            "rehearsal",
            f"stayed at {REHEARSAL['outages'][0]['size'][0]} during two times {REHEARSAL['outages'][0]['seconds']:.0f} s",
        ),
        (
            "rehearsal",
            f"{drains['count']} bridges drained in at most {drains['longest']:.0f} s of the {drains['shortestGrace']:.0f} s",
        ),
        ("rehearsal", f"replaced at most {update['leavingAtOnce']} of {update['size']} bridges"),
        (
            "rehearsal",
            f"{REHEARSAL['moved']} participants were moved. No meeting was cut, but {len(REHEARSAL['cutOnPurpose'])} on",
        ),
        *(("rehearsal", sentence) for sentence in _media()),
        ("edge", f"takes about {1000 / EDGE['load']['ours']:.1f} ms of the one core"),
        ("shards", f"100 000 rooms take about {round(EDGE['load']['memoryMiBPer100k'], -1):.0f} MiB"),
        ("install", f"costs about {_dev_stack()['typical']:.0f} EUR a month, and at least {_dev_stack()['min']:.0f}"),
        ("dial-in", f"BASIC3-X2C-4G: {_monthly(NODE_TYPES['BASIC3-X2C-4G'].hourly_eur)}"),
        ("turn", f"each BASIC3-X2C-4G node costs {_monthly(NODE_TYPES['BASIC3-X2C-4G'].hourly_eur)}"),
        ("recording", f"a `PRO2-XS` costs {_monthly(NODE_TYPES['PRO2-XS'].hourly_eur)}"),
        ("recording", f"{OBJECT_STORAGE_GB * HOURS_PER_MONTH:.4f} EUR per GB and month"),
        ("collaboration", f"1 GiB costs {2 * BLOCK_STORAGE_GB * HOURS_PER_MONTH:.2f} EUR a month"),  # started gigabytes
        ("verified", "mean difference below 0.1 replicas"),
        *(("verified", sentence) for sentence in _mutations()),
    ]


def _media() -> list[str]:
    """Return the row of each layout, and the sabotages."""
    rows = [
        f"| {layout} | "
        + " | ".join(
            f"{each['people']} | {each['packets']} | {each['lost']} | {each['longest_silence']:.1f} s"
            for each in (counts["staying"], counts["leaving"])
        )
        + " |"
        for layout, counts in SHORT_DAY["media"].items()
    ]
    assert len(rows) == 2
    return [*rows, *(f"{name}: {effect}" for name, effect in SHORT_DAY["sabotages"].items())]


def _mutations() -> list[str]:
    total = MUTATIONS["total"]
    assert total["survived"] == total["stale"] == 0
    return [
        f"Of {sum(total.values())} mutations, fast tests kill {total['killed']}",
        f"the other {total['engine']} need tests of `make e2e`",
        f"at revision `{MUTATIONS['commit']}`",
        *(f"{topic} {sum(verdicts.values())}" for topic, verdicts in MUTATIONS["topics"].items()),
    ]


@pytest.mark.parametrize(("page", "sentence"), _pages())
def test_a_figure_of_a_page_is_that_of_its_source(page: str, sentence: str) -> None:
    assert sentence in _page(f"docs/{page}.md").replace("- ", "")


def test_nobody_lost_media_in_the_recorded_short_day() -> None:
    assert SHORT_DAY["cutMeetings"] == SHORT_DAY["failures"] == []
    for counts in SHORT_DAY["media"].values():
        assert counts["unheard"] == 0
        assert all(counts[when][figure] == 0 for when in ("staying", "leaving") for figure in ("lost", "foreign"))


def test_no_meeting_was_cut_in_the_recorded_rehearsal_and_the_size_stayed() -> None:
    assert REHEARSAL["cutMeetings"] == []
    assert all(len(set(outage["size"])) == 1 and not outage["shrank"] for outage in REHEARSAL["outages"])
    assert max(scenario["apart"]["mean"] for scenario in _result("controller.json")["scenarios"]) < 0.1


PAGE = ROOT / "docs" / "benchmarks.md"
MEASURED = {
    FULL_RUN.name: ("__main__.py", "components", "config", "sizing"),
    "controller.json": ("components/bridges", "plan/simulate", "lab/benchmarks/controller"),
    "edge.json": ("components/ingress", "lab/benchmarks/edge_load.py"),
    "zone.json": ("components/ingress", "lab/benchmarks/zone.py", "tests/edge/zone_play.py"),
    "zone-loss.json": ("components/ingress", "lab/rehearsal/zone"),
    "release-change.json": ("components/ingress", "config/releases.py", "lab/rehearsal/release"),
    **dict.fromkeys(
        ("pool-hostPort.json", "pool-nodePort.json"), ("components/bridges", "components/scaleway", "lab/rehearsal")
    ),
    "short-day.json": ("components/bridges", "lab/rehearsal"),
    "rehearsal-hostPort.json": ("components", "config", "sizing", "lab/rehearsal"),
}
"""Result -> code that it measures. A test simulates a day of `scaling.json` again instead."""


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _row(name: str) -> str:
    """Return the row of a result in docs/benchmarks.md."""
    result = _result(name)
    made = str(result.get("date", "not recorded")).split()[0] if "date" in result else "not recorded"
    commit = str(result.get("commit", ""))
    if not commit and name.startswith("rehearsal"):
        commit = re.findall(r"^Commit (\w+)", (RESULTS / "rehearsal.md").read_text(encoding="utf-8"))[0]
    if not commit:
        return f"| `{name}` | {made} | not recorded | not known |"
    revision = commit.removesuffix("-dirty")
    found = subprocess.run(
        ["git", "cat-file", "-e", f"{revision}^{{commit}}"], cwd=ROOT, capture_output=True, check=False
    )
    if found.returncode:
        pytest.skip(f"{name} was made at {revision}, which is not in this history")
    since = _git("rev-list", "-1", f"{revision}..HEAD", "--", *MEASURED[name])
    dirty = ", with uncommitted changes" if commit.endswith("-dirty") else ""
    return f"| `{name}` | {made} | `{revision}`{dirty} | {'changed since' if since else 'unchanged'} |"


@pytest.mark.parametrize("name", MEASURED)
def test_the_page_says_at_which_revision_a_result_was_made_and_whether_its_code_changed(name: str) -> None:
    shallow = subprocess.run(
        ["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if shallow.stdout.strip() != "false":
        pytest.skip("needs the repository's history")
    assert _row(name) in PAGE.read_text(encoding="utf-8")


def test_the_page_lists_every_result_and_every_aim_that_is_missed() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert {path.name for path in RESULTS.glob("*.json")} == {*MEASURED, "scaling.json", "mutations.json"}
    assert f"It misses {len(MISSED)} of its {len(AIMS)} aims" in page
    for aim in MISSED:
        assert f"- {aim.what}: {aim.measured:.3g} {aim.unit}, aim {aim.limit:g} {aim.unit}\n" in page

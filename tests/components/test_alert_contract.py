"""Every alert has a severity, words for people, a page that tells what to do, and a test in both directions."""

import re
from pathlib import Path

import pytest
import yaml
from e2e.test_alerts_fire import CASES, FACTS, NAMES, RUNBOOKS
from sample_stacks import NAMES as STACKS
from sample_stacks import kubernetes_objects, pod_templates

from components.monitoring.alerts.catalogue import alert_groups, alerts
from components.monitoring.targets import TARGETS

SECTIONS = ("**What users see.**", "## First look", "## What to do", "## When it is over")


def test_every_alert_is_seen_firing_and_seen_silent():
    assert sorted(CASES) == NAMES
    for name, cases in CASES.items():
        assert {bool(count) for _, _, count in cases} == {True, False}, name


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_has_a_page_that_a_tired_person_can_follow(name):
    page = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {name}\n")
    places = [page.index(section) for section in SECTIONS]
    assert places == sorted(places)
    assert "kubectl" in page or "make plan" in page
    severity = {alert.severity for alert in alerts(FACTS) if alert.name == name}
    assert severity == set(re.findall(r"^\*(critical|warning)\.\*", page, re.MULTILINE))


def test_no_page_is_left_behind_and_every_link_leads_somewhere():
    pages = sorted(path.stem for path in RUNBOOKS.glob("*.md"))
    assert pages == NAMES
    for path in RUNBOOKS.glob("*.md"):
        for link in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link.partition("#")[0]).exists(), f"{path.name}: {link}"


def test_every_alert_says_what_it_means_and_what_to_do_first():
    for group in alert_groups(FACTS):
        for rule in group["rules"]:
            notes = rule["annotations"]
            assert set(notes) == {"summary", "description", "action", "runbook_url"}
            assert all(notes.values()), rule["alert"]
            assert rule["labels"]["severity"] in ("critical", "warning")


@pytest.mark.parametrize("stack", STACKS)
def test_rules_are_where_something_evaluates_them_and_alerts_only_where_they_are_wanted(stack):
    found = [o.properties for o in kubernetes_objects(stack)]
    managed = [o for o in found if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "prometheus"]
    operated = [o for o in found if o["kind"] == "PrometheusRule"]
    for groups in (
        *(yaml.safe_load(o["data"]["rules.yml"])["groups"] for o in managed),
        *(o["spec"]["groups"] for o in operated),
    ):
        names = [rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule]
        assert set(names) <= set(NAMES)
        assert "NoBridges" in names
        assert len({group["name"] for group in groups}) == len(groups)


@pytest.mark.parametrize("stack", STACKS)
def test_every_pod_that_serves_metrics_is_a_target_at_the_port_and_path_that_it_says(stack):
    for owner, template in pod_templates(stack):
        notes = template["metadata"].get("annotations", {})
        if notes.get("prometheus.io/scrape") != "true":
            continue
        component = template["metadata"]["labels"]["app.kubernetes.io/name"]
        (target,) = [target for target in TARGETS if target.component == component]
        assert (str(target.port), target.path) == (notes["prometheus.io/port"], notes["prometheus.io/path"]), owner
        running = [
            *template["spec"]["containers"],
            *template["spec"].get("initContainers", []),
        ]  # native sidecars serve, too
        ports = [port for container in running for port in container.get("ports", [])]
        assert {port["containerPort"] for port in ports if port["name"] == target.port_name} == {target.port}, owner


def test_every_alert_has_a_row_in_the_table_of_provocations_and_in_the_list():
    for page in ("alerts-provoked.md", "monitoring.md"):
        text = (RUNBOOKS.parent / page).read_text(encoding="utf-8")
        rows = re.findall(r"^\| \[?([A-Z][A-Za-z]+)\]?(?:\([^)]*\))? \|", text, re.MULTILINE)
        assert [name for name in rows if name in NAMES] == NAMES, page


def test_the_folder_of_runbooks_is_the_default_place_to_read_them():
    assert Path(FACTS.runbooks) == RUNBOOKS.relative_to(Path(__file__).parents[2])

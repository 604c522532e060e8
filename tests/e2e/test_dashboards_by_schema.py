"""Every dashboard of every sample stack is what Grafana's own schema takes, and the check would say otherwise."""

import json
import subprocess

import pytest
from e2e.watched_recorders import FACTS
from sample_stacks import NAMES, kubernetes_objects

from components.monitoring.dashboards.catalogue import dashboard_files

pytestmark = [pytest.mark.tools, pytest.mark.timeout(120)]


def checked(toolchain, files):
    done = subprocess.run(
        [toolchain.paths["dashboard-check"], *map(str, files)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_every_dashboard_has_what_the_schema_asks_for_and_nothing_that_it_does_not_know(toolchain, tmp_path):
    texts = set(dashboard_files(FACTS).values())
    for stack in NAMES:
        for made in kubernetes_objects(stack):
            if "grafana_dashboard" in made.properties["metadata"]["labels"]:
                texts |= set(made.properties["data"].values())
    files = [tmp_path / f"{number}.json" for number in range(len(texts))]
    for file, text in zip(files, sorted(texts), strict=True):
        file.write_text(text)
    assert len(files) > 10
    assert checked(toolchain, files) == (0, "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document | {"colour": "red"}, "colour"),
        (lambda document: document | {"schemaVersion": "new"}, "schemaVersion"),
        (lambda document: document["panels"][1]["options"].update(orientation=7) or document, "orientation"),
        (lambda document: document["panels"][1]["targets"][0].update(exp="up") or document, "exp"),
    ],
)
def test_a_field_that_is_unknown_or_of_the_wrong_kind_is_named(toolchain, tmp_path, change, said):
    document = json.loads(dashboard_files(FACTS)["jitsi-overview.json"])
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(change(document)))
    code, text = checked(toolchain, [file])
    assert code == 1
    assert said in text

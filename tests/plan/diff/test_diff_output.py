"""A diff as text, as JSON and as a comment."""

import json
import re

import pytest
from diff_changes import CHANGES, diff_of
from diff_resources import bridges, kubernetes, provider, resource, template

from plan.diff import markdown, text
from plan.diff.result import diff, sentence

pytestmark = pytest.mark.tools  # two score of whole programs are evaluated: half a minute


@pytest.mark.parametrize("name", CHANGES)
def test_every_form_names_every_resource_that_changes(name):
    made = diff_of(name)
    lines = text.render(made).splitlines()
    comment = markdown.render(made)
    for each in made.shown:
        assert sum(f" {each.change.resource.name} " in line and each.effect.why in line for line in lines) >= 1
        assert f"`{each.change.resource.name}`" in comment
    assert comment.count("<details>") == comment.count("</details>")
    assert all(row.count(" | ") == 4 for row in comment.splitlines() if row.startswith(("| 🔴", "| 🟡", "| 🟢")))
    assert json.loads(json.dumps(made.as_dict()))["summary"]["text"] == sentence(made)


def test_who_is_hurt_worst_comes_first():
    order = [verdict.effect.disruption for verdict in diff_of("Jitsi release").verdicts]
    assert order == sorted(order, key=("refused", "drops", "drains", "none").index)
    assert order[0] == "drops"
    assert order[-1] == "none"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nothing", "no changes"),
        ("HAProxy pods", "3 changes, none drops a call or drains a bridge"),
        ("DNS zone removed", "1 change, none drops a call or drains a bridge"),
        (
            "node type of the system pool",
            "3 changes, 2 drop the calls on 4..10 bridges of s0 and s1, none drains a bridge",
        ),
    ],
)
def test_one_sentence_sums_it_up(name, expected):
    assert sentence(diff_of(name)) == expected


def test_what_drains_alone_drops_nobody():
    made = diff("dev", "main", bridges(2, 6), bridges(2, 4))
    assert sentence(made) == "1 change, 1 drains 0..2 bridges of s0, none drops a call"


def test_a_bridge_that_several_changes_hurt_is_counted_once():
    def side(image):
        signalling = [
            kubernetes("apps/v1", "Deployment", f"{name}-s0", name, spec={"template": template(image)})
            for name in ("prosody", "jicofo")
        ]
        return [*bridges(template=template(image)), *signalling]

    made = diff("dev", "main", side("one"), side("two"))
    assert sentence(made) == "3 changes, 2 drop the calls on 2..6 bridges of s0, 1 drains 2..6 bridges of s0"


def test_colours_are_for_terminals_alone():
    assert "\x1b[31mdrops\x1b[0m" in text.render(diff_of("Jitsi release"), colour=True)
    assert "\x1b" not in text.render(diff_of("Jitsi release"))


def test_what_is_protected_is_told_apart():
    vpc = "scaleway:network/vpc:Vpc"
    old, new = (resource(vpc, "v", properties={"region": region}, protect=True) for region in ("fr-par", "nl-ams"))
    made = diff("dev", "main", [old], [new])
    assert made.notes == ("v is protected: `pulumi up` refuses to replace it while `protect` is on.",)


def test_a_comment_stays_below_what_a_forge_accepts():
    many = [kubernetes("v1", "ConfigMap", f"config-map-with-a-long-name-{n}", data={"a": "x"}) for n in range(900)]
    comment = markdown.render(diff("dev", "main", [provider()], [provider(), *many]))
    assert len(comment) < 65536
    assert re.search(r"^700 more: ", comment, re.MULTILINE)


def test_a_cell_cannot_break_its_table():
    odd = resource("scaleway:network/vpc:Vpc", "a|b", properties={"x|y": 1})
    comment = markdown.render(diff("dev", "main", [resource(odd.type, "a|b")], [odd]))
    assert "`a\\|b`" in comment
    assert "`x\\|y`" in comment

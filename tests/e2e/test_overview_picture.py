"""The picture of the overview in the docs is what a real Prometheus answers to its panels over a school day."""

import pytest
from e2e.dashboard_picture import THRESHOLDS, picture
from e2e.overview_day import FACTS, PICTURE, drawn
from e2e.watched_world import free_port

from components.monitoring.dashboards.overview import overview
from components.monitoring.dashboards.panels import Dashboard, Panel, Query

pytestmark = [pytest.mark.tools, pytest.mark.timeout(180)]


def test_the_picture_is_what_prometheus_answers_today(toolchain, tmp_path):
    text, answers = drawn(toolchain, tmp_path, free_port())
    assert PICTURE.read_text(encoding="utf-8") == text, (
        "run: PYTHONPATH=.:tests .venv/bin/python -m tests.e2e.overview_day"
    )
    assert {panel.title for panel in overview.fill(FACTS).panels if not answers[panel.title]} == {"Active alerts"}
    assert answers["People in meetings"][0][1][-1][1] == 480


def test_a_figure_past_its_limit_has_another_colour_and_no_answer_is_said():
    panel = Panel(
        title="Room", description="x", queries=[Query("up")], kind="stat", thresholds=(1, 50), lower_is_worse=True
    )
    dashboard = Dashboard(uid="x", title="X", description="x", version=1, rows=[("Now", [panel])])
    for value, colour in ((0, "past"), (20, "near"), (90, "ok")):
        assert f"fill:{THRESHOLDS[colour]}" in picture(dashboard, {"Room": [("", [(0.0, value)])]}, "now")
    assert "no data" in picture(dashboard, {}, "now")

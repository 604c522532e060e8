"""Progress is live on a terminal and sparse in a log."""

from __future__ import annotations

import io

from lab.engine.deployment_progress import DeploymentProgress
from lab.engine.events import outcome
from lab.progress import Progress, clock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_in_a_log_progress_is_a_plain_line_every_fifteen_seconds() -> None:
    stream, time = io.StringIO(), Clock()
    progress = Progress(stream, time)
    for second in range(1, 46):
        time.now = 100.0 + second
        progress.live(f"at {second}")
    assert stream.getvalue() == "at 15\nat 30\nat 45\n"


def test_on_a_terminal_the_last_line_is_redrawn_and_lasting_lines_stand_above_it() -> None:
    stream, time = Terminal(), Clock()
    progress = Progress(stream, time)
    progress.live("one")
    progress.line("stays")
    time.now += 1
    progress.live("two")
    progress.done()
    assert stream.getvalue() == "\r\x1b[Kone\r\x1b[Kstays\n\r\x1b[Ktwo\r\x1b[K"


def test_a_terminal_is_not_redrawn_for_every_event() -> None:
    stream, time = Terminal(), Clock()
    progress = Progress(stream, time)
    for _ in range(100):
        progress.live("x")
    assert stream.getvalue().count("x") == 1


def test_minutes_and_seconds_read_like_a_clock() -> None:
    assert [clock(s) for s in (0, 59.9, 60, 754)] == ["0:00", "0:59", "1:00", "12:34"]


def test_a_deployment_shows_what_is_done_and_what_is_under_way() -> None:
    deployment = DeploymentProgress(Progress(io.StringIO()))
    for name in "abcde":
        meta = {"urn": f"urn:pulumi:s::p::k:core/v1:Service::{name}", "type": "k:core/v1:Service", "op": "create"}
        deployment({"resourcePreEvent": {"metadata": meta}})
    meta = {"urn": "urn:pulumi:s::p::k:core/v1:Service::a", "type": "k:core/v1:Service", "op": "create"}
    deployment({"resOutputsEvent": {"metadata": meta}})
    assert str(deployment) == "1 resources done · under way: Service b, Service c, Service d and 1 more"


def test_an_error_of_a_deployment_is_printed_once_and_warnings_are_not() -> None:
    stream = io.StringIO()
    deployment = DeploymentProgress(Progress(stream))
    for severity in ("warning", "error", "error"):
        deployment({"diagnosticEvent": {"severity": severity, "message": f"{severity} text\n"}})
    assert stream.getvalue() == "  error text\n"


def test_a_deployment_tells_what_a_policy_only_advises_and_leaves_refusals_to_its_end() -> None:
    stream = io.StringIO()
    deployment = DeploymentProgress(Progress(stream))
    for level in ("advisory", "mandatory"):
        message = f"<{{%reset%}}>protect: {level}\nmore"
        deployment({"policyEvent": {"policyName": "a-rule", "enforcementLevel": level, "message": message}})
    assert "a-rule: protect: advisory\n" in stream.getvalue()
    assert "mandatory" not in stream.getvalue()


def test_what_a_policy_refuses_for_is_an_error_of_the_outcome() -> None:
    event = {
        "policyName": "a-rule",
        "enforcementLevel": "mandatory",
        "message": "where: what\nremedy",
        "resourceUrn": "u",
    }
    found = outcome([{"policyEvent": event}], 1, 0.0, "")
    assert found.errors == ["a-rule: where: what\nremedy"]
    assert found.violations[0].urn == "u"

"""The report's public shape, and the two ways to read it: text and one page."""

import html
import json
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from plan_stacks import lesson, subject_of, values_of

from plan.evaluate import evaluate
from plan.page import page
from plan.pictures.markup import tag
from plan.report import StackReport, report
from plan.text import capacity_words, port_ranges, port_words, render
from sizing.stream_costs import MEASURED_ON

SCHOOL: dict[str, Any] = {
    "shards": [
        {"name": "s0", "zone": "fr-par-1", "bridges": {"schedule": [lesson()]}},
        {"name": "s1", "zone": "fr-par-2", "bridges": {"layout": "nodePort", "perNode": 2, "max": 45, "min": 4}},
    ]
}


def new_report(keys: dict[str, Any]) -> StackReport:
    return report(subject_of(**keys), evaluate(values_of(**keys), "test"))


_reported = cache(lambda text: new_report(json.loads(text)))


def report_on(**keys: Any) -> StackReport:
    return _reported(json.dumps(keys))


def test_the_document_has_the_published_shape() -> None:
    document = report_on().document
    assert list(document) == ["stack", "region", "ports", "capacity", "timers", "cost", "findings"]
    assert document["ports"][0] == {
        "shard": "s0",
        "bridge": 0,
        "protocol": "UDP",
        "port": 10000,
        "localPort": 10000,
        "layout": "hostPort",
        "service": None,
        "rule": "fr-par-1 UDP 10000",
    }
    assert {"participants", "bridges", "nodes", "perShard", "drainSeconds"} <= set(document["capacity"])
    assert {"shard", "zone", "participants", "bridges", "nodes"} <= set(document["capacity"]["perShard"][0])
    assert set(document["timers"][0]) == {"what", "seconds", "relation", "holds", "shards"}
    assert {"currency", "monthly", "items", "source"} <= set(document["cost"])
    assert set(document["cost"]["items"][0]) == {"what", "unit", "hourly", "min", "typical", "max"}
    assert set(document["findings"][0]) == {"severity", "rule", "where", "message", "remedy"}


def test_a_node_port_names_the_service_that_carries_it() -> None:
    ports = report_on(**SCHOOL).document["ports"]
    assert [port["service"] for port in ports if port["shard"] == "s1"][:2] == ["jvb-s1-0", "jvb-s1-1"]
    assert [port["port"] for port in ports if port["shard"] == "s1"] == list(range(30400, 30445))


@pytest.mark.parametrize(("participants", "broken"), [(280, False), (281, True)])
def test_only_errors_make_a_report_fail(participants: int, broken: bool) -> None:
    assert report_on(bridges={"participants": participants}).has_errors is broken


def test_runs_of_ports_are_told_as_ranges() -> None:
    ports = [
        {"shard": "s0", "port": port, "rule": f"z UDP {port}"} for port in (10000, 10001, 10000, 10001, 10004, 10004)
    ]
    assert [(numbers, served) for _, numbers, served in port_ranges(ports)] == [("10000-10001", 4), ("10004", 2)]


def test_text_has_every_section_and_columns_that_line_up() -> None:
    text = render(report_on(**SCHOOL))
    for section in ("Ports", "Capacity", "Cost per month", "Findings: 0 error"):
        assert section in text
    capacity = text.split("Capacity\n")[1].split("\n\n")[0].splitlines()[:4]
    assert len({len(line) for line in capacity}) == 1, "the last column is aligned to the right"


def test_colours_are_there_only_when_asked_for() -> None:
    assert "\x1b" not in render(report_on())
    assert "\x1b[36minfo\x1b[0m" in render(report_on(), colour=True)


class Reader(HTMLParser):
    """Collects what a page would fetch, and checks that elements are closed in order."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.fetched += [str(value) for key, value in attrs if key in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_is_whole_in_itself() -> None:
    text = page(report_on(**SCHOOL))
    reader = read(text)
    assert reader.fetched == []
    assert not re.search(r"url\((?!#)|@import|https?://", text), "nothing may be fetched"
    assert "script" not in reader.seen
    assert 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text


def test_the_page_draws_topology_ports_cost_and_the_week() -> None:
    text = page(report_on(**SCHOOL))
    for title in ("Topology of stack", "Public UDP ports", "Monthly cost by item", "Schedule of s0"):
        assert f"<title>{title}" in text
    assert "Schedule of s1" not in text, "s1 has no timetable"


def test_the_page_of_a_stack_without_a_bill_or_timetable_is_whole_too() -> None:
    text = page(report_on(region=None, cluster={"kind": "existing"}))
    read(text)
    assert "already there" in text


def test_what_the_text_says_beside_its_tables_stands_on_the_page_too() -> None:
    sip = {"account": "4920123@sip.example.org", "server": "sip.example.org"}
    stack_report = report_on(jigasi={"sip": sip}, visitors={"nodes": 2})
    sentences = [*port_words(stack_report.document), *capacity_words(stack_report.document["capacity"])]
    about = [sentence.split(":")[0].split(" of ")[0] for sentence in sentences[:3]]
    assert about == ["telephones", "a bridge", "one meeting"]
    assert all(html.escape(sentence) in page(stack_report) for sentence in sentences)


def test_what_an_author_wrote_cannot_become_markup() -> None:
    server = "http://keys.example.org/<script>alert(1)</script>"
    text = page(report_on(auth={"type": "jwt", "jwt": {"appId": "school", "keyServer": server}}))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_attributes_are_escaped() -> None:
    assert str(tag("p", "a<b", title='"x"&')) == '<p title="&quot;x&quot;&amp;">a&lt;b</p>'


def test_the_same_stack_is_always_told_alike() -> None:
    first, second = new_report(SCHOOL), new_report(SCHOOL)
    assert page(first) == page(second)
    assert first.document == second.document


def test_what_is_said_of_several_places_is_read_once() -> None:
    shards = [{"name": f"s{number}", "zone": "fr-par-1", "bridges": {"layout": "nodePort"}} for number in range(3)]
    stack_report = report_on(shards=shards)
    lines = [line for line in render(stack_report).splitlines() if "highest-ordinal-leaves" in line]
    assert lines == [
        "  info    highest-ordinal-leaves  at shards[0].bridges.layout, shards[1].bridges.layout, shards[2].bridges.layout"
    ]
    assert page(stack_report).count("highest-ordinal-leaves") == 1
    assert sum(finding["rule"] == "highest-ordinal-leaves" for finding in stack_report.document["findings"]) == 3


def test_shards_with_the_same_week_share_its_picture_which_says_how_full_it_is() -> None:
    own = {"name": "s2", "zone": "fr-par-2", "bridges": {"max": 20}}
    shards = [{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}, own]
    text = page(report_on(shards=shards, bridges={"schedule": [lesson()]}))
    assert "s0, s1: at most 4 of 10 bridges, for 320 of 1000 participants; times of Europe/Paris" in text
    assert "s2: at most 4 of 20 bridges, for 320 of 2000 participants" in text
    assert text.count("<title>Schedule of") == 4  # each for a desk and for a phone


def test_the_report_says_what_a_bridge_carries_and_who_measured_it() -> None:
    stack_report = report_on(bridges={"participants": 50, "bitrateKbps": 2000}, meetings={"lastN": {"bridge": 4}})
    carries = stack_report.document["capacity"]["perShard"][0]["bridge"]["carries"]
    assert {name: carries[name] for name in ("streams", "mbits", "measured", "page")} == {
        "streams": 350,
        "mbits": 100,
        "measured": MEASURED_ON,
        "page": "docs/stream-costs.md",
    }
    assert (
        f"for 50 participants: 350 streams (3 people heard and 4 small pictures seen by each) and 100 Mbit/s; "
        f"at most about {carries['millicpu']}m of CPU, by the measurement of {MEASURED_ON}"
    ) in render(stack_report)

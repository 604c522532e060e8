"""The configuration's text: what can be told without starting HAProxy."""

import re
from typing import Any

import pytest
from edge.haproxy_text import problems, sections
from hypothesis import given
from hypothesis import strategies as st

from components.ingress.edge_settings import Edge
from components.ingress.haproxy_cfg import render
from sizing.edge_shards import MAX_DRAWS, EdgeShard, draws


def shards(*states: str):
    return tuple(EdgeShard(name=f"s{n}", slot=n, state=state, weight=100) for n, state in enumerate(states))


def edge(*states: str, **changes):
    options: dict[str, Any] = {
        "namespace": "jitsi",
        "domain": "meet.example.org",
        "replicas": 2,
        "room_table": 5000,
        "connections": 20_000,
    }
    given: dict[str, Any] = {"shards": shards(*(states or ("active", "draining"))), "proxy_protocol": True}
    return Edge(**{**options, **given, **changes})


@pytest.mark.parametrize("states", [("active",), ("active", "draining", "standby"), ("active",) * 12])
@pytest.mark.parametrize("options", [{}, {"acme": True}, {"maintenance": True, "replicas": 3}])
def test_the_linter_finds_the_configuration_clean(states, options):
    assert problems(render(edge(*states, **options))) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("default_backend web", "default_backend pages", "no backend pages"),
        ("    use_backend signalling if signalling\n", "", "acl signalling is never asked"),
        ("    http-request set-var(txn.best) int(0) if undecided\n", "", "txn.best is read before it is set"),
        ("mode 600", "mode 666", "admin socket is open"),
        ("    timeout tunnel 1h\n", "", "no timeout tunnel"),
        ("{ srv_is_up(focus/s0) }", "{ srv_is_up(focus/s7) }", "no server focus/s7"),
        ("track-sc1 var(txn.key) table rooms", "track-sc1 var(txn.key) table roams", "no table roams"),
        (".local:5280 id 2", ".local:5280 id 1", "share id 1"),
    ],
)
def test_the_linter_can_see(old, new, told):
    text = render(edge())
    assert old in text
    assert any(told in problem for problem in problems(text.replace(old, new)))


def test_the_order_of_the_list_changes_nothing():
    listed = shards("active", "draining", "standby")
    assert render(edge(shards=listed)) == render(edge(shards=listed[::-1]))


def test_another_shard_changes_no_line_of_the_shards_that_are_there():
    before, after = (set(render(edge(*("active",) * count)).splitlines()) for count in (3, 4))
    assert before <= after


def test_a_shards_hashes_and_memory_follow_its_slot():
    named = (EdgeShard(name="blue", slot=4, state="active", weight=100),)
    text = render(edge(shards=named))
    assert "var(txn.key),xxh32(5) " in text
    assert "int(5) if { var(txn.pin) -m int 5 } { srv_is_up(signalling/blue) }" in text
    assert re.search(r"server blue prosody-blue\.jitsi\S+:5280 id 5$", text, re.MULTILINE)


def test_a_draining_shard_is_never_told_to_the_peers_as_one_that_takes_rooms():
    told = [
        line for line in sections(render(edge("active", "draining", "standby")))["frontend shards"] if "or(" in line
    ]
    assert len(told) == 1
    assert "srv_is_up(signalling/s0)" in told[0]


def test_a_request_never_tries_another_shard():
    text = sections(render(edge()))["backend signalling"]
    assert "no option redispatch" in text
    assert any(line.startswith("default-server") and "weight 0" in line for line in text)


def test_visitors_reach_the_visitor_node_of_their_rooms_shard():
    with_visitors = (EdgeShard(name="s0", slot=0, state="active", weight=100, visitors={"v1": "visitors-s0:5280"}),)
    lines = sections(render(edge(shards=with_visitors)))["backend signalling"]
    chosen = [line for line in lines if line.startswith("use-server")]
    assert chosen == [
        "use-server s0-v1 if { var(txn.shard) -m int 1 } { url_param(vnode) -m str v1 }",
        "use-server s0 if { var(txn.shard) -m int 1 }",
    ]
    assert "server s0-v1 visitors-s0:5280 id 1001 no-check track signalling/s0" in lines


def test_pages_of_two_releases_are_not_mixed_for_one_address():
    def two(*releases: str):
        listed = tuple(
            EdgeShard(name=f"s{n}", slot=n, state="active", weight=100, release=release)
            for n, release in enumerate(releases)
        )
        return sections(render(edge(shards=listed)))["backend web"]

    assert "balance leastconn" in two("a", "a")
    assert "balance source" in two("a", "b")


def test_only_a_plain_request_for_a_challenge_escapes_the_redirect_to_https():
    assert "acme" not in render(edge())
    assert "redirect scheme https code 301 unless { ssl_fc } or acme" in render(edge(acme=True))


def test_query_strings_with_rooms_and_tokens_stay_out_of_the_log():
    text = render(edge())
    assert "option httplog" not in text
    assert "%HP" in text
    assert "%HU" not in text
    assert "%{+Q}r" not in text


def test_equal_weights_throw_once_each():
    assert draws(shards("active", "active")) == {"s0": 1, "s1": 1}


@given(st.lists(st.integers(1, 256), min_size=1, max_size=8))
def test_throws_are_few_and_follow_the_weights(weights):
    listed = tuple(EdgeShard(name=f"s{n}", slot=n, state="active", weight=w) for n, w in enumerate(weights))
    thrown = draws(listed)
    largest = max(weights)
    for shard in listed:
        assert 1 <= thrown[shard.name] <= MAX_DRAWS
        share = thrown[shard.name] / max(thrown.values())
        assert abs(share - shard.weight / largest) <= 0.5 / MAX_DRAWS or thrown[shard.name] == 1

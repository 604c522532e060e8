"""What a bridge advertises for each `bridges.publicAddress`, and the health check to match."""

from typing import Any

import pytest
from environments import stack, told

from components.bridges import jvb_conf
from config.problems import ConfigError

HEALTH = "  health {\n    require-stun = true\n  }\n"


@pytest.mark.parametrize(
    ("value", "source", "offers_private", "strict"),
    [
        ("node", "node", "0", "1"),
        ("stun", "stun", "0", "1"),
        ("internal", "internal", "1", "0"),
        (["internal"], "internal", "1", "0"),
        (["internal", "203.0.113.7"], "internal,203.0.113.7", "1", "1"),
        (["node", "internal"], "node,internal", "1", "1"),
        (["203.0.113.7"], "203.0.113.7", "0", "1"),
        (["10.1.2.3"], "10.1.2.3", "1", "0"),
        (["2001:db8::7", "fd00::7"], "2001:db8::7,fd00::7", "1", "1"),
        (["100.64.1.1"], "100.64.1.1", "0", "1"),  # which Java does not call private
    ],
)
def test_a_bridge_offers_private_addresses_where_it_has_any_and_needs_a_public_one_where_it_is_promised(
    value: Any, source: str, offers_private: str, strict: str
) -> None:
    config = stack(bridges={"publicAddress": value})
    bridge = told(config)["jvb"]
    assert bridge["ADDRESS_FROM"] == source
    assert bridge["JVB_ADVERTISE_PRIVATE_CANDIDATES"] == offers_private
    assert bridge["JVB_REQUIRE_VALID_ADDRESS"] == strict
    assert bridge["JVB_DISABLE_STUN"] == ("0" if value == "stun" else "1")
    assert (HEALTH in jvb_conf.render(config.resolved[0])) is (value == "stun")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("intern", "did you mean internal?"),
        (["stun"], "stun stands alone, without a list"),
        (["192.0.2"], "an entry is node, internal or an IP address such as 203.0.113.7, got '192.0.2'"),
        ([], "or a list such as [internal, 203.0.113.7] is needed, got []"),
        ("203.0.113.7", "got '203.0.113.7'; did you mean [203.0.113.7]?"),
        ([7], "an entry is node, internal or an IP address such as 203.0.113.7, got 7"),
        (True, "or a list such as [internal, 203.0.113.7] is needed, got True"),
    ],
)
def test_another_value_is_refused_with_those_that_there_are(value: Any, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        stack(bridges={"publicAddress": value})
    assert len(refused.value.problems) == 1
    assert says in str(refused.value), str(refused.value)


def test_a_shard_may_have_its_own() -> None:
    shards = [{"name": "s0", "zone": "zone-1", "bridges": {"publicAddress": ["internal", "203.0.113.7"]}}]
    assert told(stack(shards=shards))["jvb"]["ADDRESS_FROM"] == "internal,203.0.113.7"

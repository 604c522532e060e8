"""A NodePort that another Service still holds is said beforehand, with the way round."""

from diff_resources import kubernetes, provider

from plan.diff.result import diff


def media(shard, port, number=0):
    return kubernetes(
        "v1",
        "Service",
        f"jvb-{shard}-{number}",
        "jvb",
        shard,
        spec={"type": "NodePort", "ports": [{"protocol": "UDP", "port": port, "nodePort": port}]},
    )


def notes(old, new):
    return diff("dev", "main", [provider(), *old], [provider(), *new]).notes


def test_a_shard_that_takes_the_ports_of_one_that_goes_is_refused_by_the_api_server():
    old = [media("alpha", 30300), media("alpha", 30301, 1), media("beta", 30400), media("beta", 30401, 1)]
    (note,) = notes(old, [media("beta", 30300), media("beta", 30301, 1)])
    assert "jvb-beta-0 of beta needs NodePort UDP 30300 and 1 more" in note
    assert "jvb-alpha-0 of alpha holds" in note
    assert "move alpha to other ports in a separate update first" in note


def test_two_shards_that_swap_their_ports_are_both_said():
    made = notes([media("a", 30300), media("b", 30400)], [media("a", 30400), media("b", 30300)])
    assert len(made) == 2


def test_ports_that_stay_move_to_free_numbers_or_serve_another_protocol_are_no_matter():
    old = [media("alpha", 30300), media("beta", 30400)]
    assert notes(old, old) == ()
    assert notes(old, [media("alpha", 30600), media("beta", 30400)]) == ()
    tcp = kubernetes("v1", "Service", "haproxy", "haproxy", spec={"ports": [{"protocol": "TCP", "nodePort": 30300}]})
    assert notes(old, [media("beta", 30400), tcp]) == ()

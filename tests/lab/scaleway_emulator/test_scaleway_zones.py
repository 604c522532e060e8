"""A zone that is lost: its API fails, its nodes fall silent, its load balancers stay as they are; and all of it comes back."""

import asyncio
from pathlib import Path

import pytest
from scaleway_emulator.cluster import outages

from tests.lab.scaleway_emulator.cloud import INSTANCE, LB, Cloud
from tests.lab.scaleway_emulator.test_scaleway_loops import World

LOST, KEPT = "fr-par-2", "fr-par-1"


@pytest.fixture
def world(tmp_path: Path):
    with Cloud(tmp_path / "state") as cloud:
        yield World(cloud)


def lose(cloud: Cloud, zone: str = LOST, method: str = "PUT"):
    return cloud.client.request(method, f"/emulator/lost-zones/{zone}")


def silence(world: World) -> None:
    for name in world.names:
        world.kube.objects["leases"].setdefault(name, {"spec": {"holderIdentity": "kwok"}})
    asyncio.run(outages.reconcile(world.kube, world.state))


def test_the_api_of_a_lost_zone_answers_503_and_that_of_another_zone_goes_on(cloud):
    assert lose(cloud).json() == {"lost_zones": [LOST]}
    for path in (INSTANCE, LB):
        lost = path.replace(KEPT, LOST)
        assert cloud.client.get(f"{lost}/{'ips' if path is LB else 'security_groups'}").status_code == 503
        assert cloud.client.get(f"{path}/{'ips' if path is LB else 'security_groups'}").status_code == 200
    lose(cloud, method="DELETE")
    assert cloud.client.get(f"{LB.replace(KEPT, LOST)}/ips").status_code == 200


def test_an_unknown_zone_cannot_be_lost(cloud):
    assert lose(cloud, "fr-par-9").status_code == 400
    assert cloud.emulator.store.state.lost_zones == []


def test_a_lost_zone_is_still_lost_after_a_restart(cloud):
    lose(cloud)
    with Cloud(cloud.folder) as again:
        assert again.emulator.store.state.lost_zones == [LOST]


def test_the_nodes_of_a_lost_zone_get_no_heartbeat_and_those_of_others_do(world):
    world.pool(name="a", zone=KEPT)
    world.pool(name="b", zone=LOST)
    world.look(6)
    lose(world.cloud)
    silence(world)
    held = {world.state.nodes[key].zone: world.state.nodes[key].name for key in world.state.nodes}
    leases = world.kube.objects["leases"]
    assert leases[held[LOST]]["spec"]["holderIdentity"] == outages.HOLDER
    assert leases[held[KEPT]]["spec"]["holderIdentity"] == "kwok"
    renewed = leases[held[LOST]]["spec"]["renewTime"]
    silence(world)
    assert leases[held[LOST]]["spec"]["renewTime"] == renewed, "a second write would be a heartbeat"
    lose(world.cloud, method="DELETE")
    asyncio.run(outages.reconcile(world.kube, world.state))
    assert held[LOST] not in leases, "kwok makes it again"
    assert world.state.silent_nodes == []


def test_a_node_that_was_ordered_in_a_lost_zone_comes_with_the_zone(world):
    lose(world.cloud)
    world.pool(name="b", zone=LOST)
    world.look(6)
    assert world.names == []
    lose(world.cloud, method="DELETE")
    world.look(2)
    assert len(world.names) == 1


def test_the_load_balancer_of_a_lost_zone_outlives_its_service_until_the_zone_is_back(world):
    world.service(zone=LOST)
    world.services()
    assert [each.zone for each in world.state.load_balancers.values()] == [LOST]
    lose(world.cloud)
    del world.kube.objects["services"]["web"]
    world.services()
    assert world.state.load_balancers
    lose(world.cloud, method="DELETE")
    world.services()
    assert not world.state.load_balancers


def test_no_load_balancer_is_made_in_a_lost_zone_and_the_service_says_why(world):
    lose(world.cloud)
    world.service(zone=LOST)
    world.services()
    assert not world.state.load_balancers
    (event,) = world.kube.objects["events"].values()
    assert "fr-par-2 does not answer" in event["message"]


@pytest.mark.parametrize(("lost", "grows"), [(3, True), (4, False)])
def test_the_autoscaler_waits_while_most_nodes_are_lost(world, lost, grows):
    """As upstream's does above three nodes and 45 %."""
    kept = world.pool(name="a", zone=KEPT, autoscaling=True, min_size=1, max_size=3)
    world.pool(name="b", zone=LOST, size=lost)
    world.look(6)
    lose(world.cloud)
    silent = {node.name for node in world.state.nodes.values() if node.zone == LOST}
    for name in silent:
        world.kube.objects["nodes"][name]["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
    world.kube.run("runs", node=next(name for name in world.names if name not in silent), cpu="2")
    world.kube.run("waits", cpu="2")
    world.scan()
    assert (world.state.pools[kept["id"]].size > 1) is grows

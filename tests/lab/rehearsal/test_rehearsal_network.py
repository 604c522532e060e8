"""What a node of the rehearsal forwards, and what the verdict says of packets that nobody answers."""

import socket
import threading
import time
from pathlib import Path

import pytest

from lab.network_namespace import why_no_forwarding
from lab.rehearsal import media
from lab.rehearsal.bridge import SimulatedBridge, State
from lab.rehearsal.kubelet import named
from lab.rehearsal.meetings import Meetings
from lab.rehearsal.node_network import host_ports, masquerade, proxy_line
from plan.simulate.settings import JicofoSettings

HERE = "127.0.0.1"


def test_a_node_forwards_the_host_ports_that_a_pod_declares_and_no_others():
    media_port = {"containerPort": 10000, "hostPort": 10001, "protocol": "UDP"}
    containers = [{"ports": [{"containerPort": 8080}, media_port]}, {}]
    pod = {"spec": {"containers": containers}, "status": {"podIP": "10.244.1.2"}}
    assert host_ports(pod) == {"udp . 10001": "10.244.1.2 . 10000"}


def test_others_than_pods_see_the_address_of_a_pods_node():
    rules = masquerade("203.0.113.7")
    assert "ip saddr 100.64.0.0/15 ip daddr != { 100.64.0.0/15, 198.18.0.1 } snat to 203.0.113.7" in rules


def test_names_of_services_and_of_pods_behind_headless_ones_resolve():
    services = [
        {"metadata": {"name": "web"}, "spec": {"clusterIP": "10.32.0.9"}},
        {"metadata": {"name": "visitors-s0"}, "spec": {"clusterIP": "None"}},
    ]
    behind = {"addresses": ["100.64.1.2"], "hostname": "visitors-s0-0"}
    slices = [
        {"metadata": {"labels": {"kubernetes.io/service-name": "visitors-s0"}}, "endpoints": [behind]},
        {"metadata": {"labels": {"kubernetes.io/service-name": "web"}}, "endpoints": [{"addresses": ["100.64.1.3"]}]},
    ]
    assert list(named("jitsi", services, slices)) == [
        "10.32.0.9 web.jitsi.svc web.jitsi.svc.cluster.local\n",
        "100.64.1.2 visitors-s0-0.visitors-s0.jitsi.svc visitors-s0-0.visitors-s0.jitsi.svc.cluster.local\n",
    ]


def test_a_proxy_forwards_for_its_own_node_at_every_address():
    line = proxy_line(Path("/p"), Path("/k"), "node-1")
    assert {"--hostname-override=node-1", "--nodeport-addresses=0.0.0.0/0"} <= set(line)


def test_a_machine_without_nft_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("lab.network_namespace.why_not", lambda: None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert "apt-get install nftables" in (why_no_forwarding() or "")


@pytest.fixture
def world(monkeypatch):
    """A bridge with three people at loopback, that answers; and the people."""
    monkeypatch.setattr(media, "PEOPLE", HERE)
    monkeypatch.setattr(media, "PERIOD", 0.02)
    monkeypatch.setattr(media, "LOST_AFTER", 2.0)
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((HERE, 0))
    bridge = SimulatedBridge("b", "1", "", 40, 1.0, candidate=listener.getsockname())
    bridge.began -= 60
    bridge.seat.rooms["room"] = 3
    meetings = Meetings(40, JicofoSettings())
    meetings.bridges.append(bridge)
    echo = threading.Thread(target=media.answer_media, args=(listener, bridge))
    echo.start()
    people = media.People(meetings, lambda *_, **__: None)
    yield bridge, people
    people.close()
    bridge.state = State.ENDED
    echo.join()


def until(condition):
    deadline = time.time() + 30
    while not condition():
        assert time.time() < deadline
        time.sleep(0.02)


def test_people_whose_bridge_answers_lose_nothing_and_its_drain_is_counted_apart(world):
    bridge, people = world
    until(lambda: people.figures().get("hostPort", {}).get("staying", {}).get("packets", 0) > 20)
    bridge.drain = True
    until(lambda: people.figures()["hostPort"]["leaving"]["packets"] > 20)
    counts = people.figures()["hostPort"]
    assert counts["leaving"]["people"] == counts["staying"]["people"] == 3
    assert counts["leaving"]["lost"] == counts["leaving"]["foreign"] == counts["unheard"] == 0


def test_packets_of_a_session_that_the_bridge_does_not_know_are_lost(world, monkeypatch):
    bridge, people = world
    until(lambda: 0 < people.waits(bridge) < 1)
    monkeypatch.setattr(media, "LOST_AFTER", 0.2)
    bridge.ufrag = "another"
    until(lambda: people.figures()["hostPort"]["staying"]["lost"] > 5)
    assert people.silence(bridge) > 0.1


def test_loss_that_the_story_makes_is_not_held_against_the_stack(world):
    bridge, people = world
    until(lambda: 0 < people.waits(bridge) < 1)
    people.expect_loss(bridge, on=True)
    bridge.ufrag, known = "another", bridge.ufrag
    until(lambda: people.silence(bridge) > 0.3)
    bridge.ufrag = known
    people.rebind(bridge)
    until(lambda: people.waits(bridge) < 0.1)
    people.expect_loss(bridge, on=False)
    assert people.figures()["hostPort"]["staying"]["lost"] == 0


def test_a_source_that_is_not_the_participants_own_is_counted(world, monkeypatch):
    bridge, people = world
    until(lambda: 0 < people.waits(bridge) < 1)
    monkeypatch.setattr(media, "PEOPLE", "198.18.0.2")  # the bridge sees another address than theirs
    until(lambda: people.foreign(bridge) > 5)
    assert people.figures()["hostPort"]["staying"]["foreign"] > 5


def test_people_whom_a_bridge_never_answered_are_counted(world, monkeypatch):
    bridge, people = world
    until(lambda: people.waits(bridge) < 1 and len(people._flows) == 3)
    monkeypatch.setattr(media, "CONNECT_SECONDS", 0.1)
    bridge.began = time.time() + 60  # its JVM is not up
    bridge.seat.rooms["late"] = 2
    until(lambda: len(people._flows) == 5)
    time.sleep(0.2)
    assert people.figures()["hostPort"]["unheard"] == 2

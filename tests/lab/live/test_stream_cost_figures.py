"""The arithmetic of what a stream costs, and the texts from which it is read."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import replace

import pytest

from lab.live import bridge_process, camera, jvm, stream_costs
from lab.live.stream_loads import Point, busy_share, point
from probe.call.kubectl import Used


def load(profile, people, cores, **more):
    typical = Point(
        profile=profile,
        rooms=1,
        people=people,
        audio_streams=people * (people - 1),
        video_streams=0,
        heights=[],
        seconds=20.0,
        cores=cores,
        packets_per_second=100.0 * people,
        mbits_sent=0.1 * people,
        resident_mib=400.0,
        heap_mib=50.0 + people,
        machine_busy=0.5,
    )
    return replace(typical, **more)


IDLE = load("idle", 0, 0.02, rooms=0)


def test_a_line_through_points_on_it_is_that_line():
    found = stream_costs.line([(0, 1), (10, 6), (20, 11)])
    assert (found.slope, found.start) == pytest.approx((0.5, 1))


def test_a_slope_of_loads_of_one_size_is_refused():
    with pytest.raises(ValueError, match="two loads of different size"):
        stream_costs.line([(2, 1), (2, 3)])


def test_memory_is_told_apart_by_participant_and_meeting():
    points = [
        load("audio", people, 0.1, rooms=rooms, heap_mib=40 + 2 * people + 5 * rooms)
        for rooms, people in ((1, 2), (1, 6), (3, 6))
    ]
    assert stream_costs.memory_of_meetings(points) == pytest.approx((2, 5))


def test_causes_that_always_come_together_are_not_told_apart():
    points = [load("audio", people, 0.1, rooms=people // 2) for people in (2, 4, 8)]
    with pytest.raises(ValueError, match="vary independently"):
        stream_costs.memory_of_meetings(points)


def test_costs_are_slopes_from_the_idle_bridge_on():
    points = [IDLE, load("audio", 2, 0.04), load("audio", 4, 0.14)]
    found = stream_costs.costs(points, "audio")
    assert found.per_stream == pytest.approx(0.01)
    assert found.best_per_packet == pytest.approx((0.14 - 0.02) / 400 * 1e6)


def test_the_audio_of_a_video_load_is_taken_off():
    points = [IDLE, load("audio", 2, 0.04), load("audio", 4, 0.14)]
    points += [
        load("360p", people, 0.02 + people * (people - 1) * (0.01 + 0.03), video_streams=people * (people - 1))
        for people in (2, 3)
    ]
    assert stream_costs.two_kinds(points, "360p") == pytest.approx((0.01, 0.03))


def test_a_point_counts_what_the_bridge_forwarded():
    def report(heights):
        return {"audioIn": {"streams": 2}, "videoIn": {"streams": 3, "heights": heights}}

    spent = Used(uptime=20.0, cpu_seconds=4.0, packets_per_second=2000.0, bits_per_second=2e6)
    found = point("360p", 1, [report([360, 180]), report([0, 360])], spent, memory=(500.0, 80.0), busy=0.71234)
    assert (found.people, found.audio_streams, found.video_streams, found.heights) == (2, 4, 3, [180, 360, 360])
    assert (found.cores, found.packets_per_second, found.mbits_sent) == (0.2, 2000.0, 2.0)


def test_waiting_for_a_disk_is_no_work():
    assert busy_share("cpu 10 0 10 80 0 0 0 0\n", "cpu 20 0 20 120 40 0 0 0\n") == pytest.approx(0.2)


def test_cpu_time_is_read_behind_a_name_with_blanks_and_brackets():
    fields = " ".join(["S", *["0"] * 10, "150", "50", *["0"] * 30])
    assert bridge_process.cpu_seconds(f"4711 (a (b) c) {fields}") == 200 / bridge_process.TICKS


def test_a_process_is_found_below_those_that_started_it():
    assert os.getpid() in bridge_process.descendants(os.getppid())


def test_heap_is_read_from_the_words_of_the_jvm():
    text = " garbage-first heap   total 3145728K, used 123904K [0x0000000740000000, 0x0000000800000000)\n  region size 2048K"
    assert jvm.heap_used_mib(text) == 121.0
    with pytest.raises(ValueError, match="no used heap"):
        jvm.heap_used_mib("1\nNo such command")


def test_a_jvm_is_asked_in_the_words_of_its_own_tools(tmp_path, monkeypatch):
    assert jvm.request("GC.run") == b"1\0jcmd\0GC.run\0\0\0"
    assert jvm.inner_pid("Name:\tjava\nNSpid:\t4711\t33\n") == 33


@pytest.mark.parametrize(
    ("answer", "error"), [("0\nused 2048K", None), ("1\nUnknown diagnostic command", RuntimeError)]
)
def test_what_a_jvm_refuses_is_told(tmp_path, monkeypatch, answer, error):
    folder = tmp_path / "proc"
    (folder / "7" / "root" / "tmp").mkdir(parents=True)
    (folder / "7" / "status").write_text("NSpid:\t7\n")
    monkeypatch.setattr(jvm, "PROC", folder)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(folder / "7" / "root" / "tmp" / ".java_pid7"))
        door.listen()

        def serve():
            client, _ = door.accept()
            client.recv(100)
            client.sendall(answer.encode())
            client.close()

        threading.Thread(target=serve, daemon=True).start()
        if error:
            with pytest.raises(error, match="Unknown diagnostic command"):
                jvm.jcmd(7, "GC.run")
        else:
            assert jvm.jcmd(7, "GC.run") == "used 2048K"


def test_the_film_moves_and_has_whole_frames(tmp_path, monkeypatch):
    monkeypatch.setattr(camera, "FRAMES", 2)
    option = camera.film(tmp_path / "film.y4m")
    film = (tmp_path / "film.y4m").read_bytes()
    size = camera.WIDTH * camera.HEIGHT * 3 // 2
    first, second = film.split(b"FRAME\n")[1:]
    assert len(first) == len(second) == size
    assert first != second
    assert option.endswith("film.y4m")

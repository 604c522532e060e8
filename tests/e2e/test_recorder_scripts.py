"""A recorder's other scripts, run against a Jibri that is told what to say: leaving, watching, and starting only with room."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from recording_world import SCRIPTS, Jibri, Line, Recorder, until

pytestmark = [pytest.mark.tools]


@pytest.fixture
def jibri():
    made = Jibri()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def recorder(tmp_path, jibri):
    line = Line()
    yield Recorder(tmp_path / "volume", line, jibri)
    line.socket.close()


@pytest.fixture
def run(recorder):
    """Start a script with more variables; it and what it runs are ended afterwards."""
    started = []

    def start(script, **more):
        environment = recorder.environment(**more)
        process = subprocess.Popen(["/bin/sh", SCRIPTS / script], env=environment, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_leaving_recorder_waits_for_its_recording_and_takes_no_other(run, jibri):
    jibri.status = "BUSY"
    leaving = run("leave.sh", PATIENCE="3")
    time.sleep(2)
    assert leaving.poll() is None, "it left in mid-recording"
    assert jibri.posts == ["/jibri/api/internal/v1.0/gracefulShutdown"], "it must be told once, and at once"
    jibri.status = None  # the recording has ended, and so Jibri
    assert leaving.wait(10) == 0


def test_a_lost_answer_is_no_end_of_a_recording(run, jibri):
    jibri.status = "BUSY"
    leaving = run("leave.sh", PATIENCE="8")
    time.sleep(0.5)
    jibri.status = None
    time.sleep(0.5)
    jibri.status = "BUSY"
    time.sleep(2)
    assert leaving.poll() is None
    jibri.status = None
    assert leaving.wait(10) == 0


def test_an_idle_recorder_leaves_within_seconds(run, jibri):
    begun = time.monotonic()
    assert run("leave.sh", PATIENCE="3").wait(10) == 0
    assert time.monotonic() - begun < 5
    assert jibri.posts


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def watched(run, tmp_path):
    """Starts the watch and gives its metrics by name, the pages' type among them."""
    served, port = tmp_path / "served", free_port()
    served.mkdir()

    def start(**more):
        run("watch.sh", **({"SERVED": str(served), "ADDRESS": f"127.0.0.1:{port}", "ROOM": "1000"} | more))

    def metrics():
        try:
            answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics.txt", timeout=2)
            busy = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/status.json", timeout=2))["busy"]
        except OSError:
            return {}
        lines = [line.split() for line in answer.read().decode().splitlines() if not line.startswith("#")]
        return {"type": answer.headers["Content-Type"], "status": busy} | {name: int(value) for name, value in lines}

    return start, metrics


def test_the_watch_tells_prometheus_in_a_type_that_it_takes_whether_the_recorder_is_free(watched, jibri, recorder):
    start, metrics = watched
    start()
    until(lambda: metrics().get("jibri_up") == 1, "metrics are served")
    assert metrics()["type"].startswith("text/plain")
    assert (metrics()["jibri_busy"], metrics()["status"], metrics()["jibri_uploads_pending"]) == (0, 0, 0)
    jibri.status = "BUSY"
    recorder.record("one", 1000)
    until(lambda: metrics().get("jibri_busy") == 1, "it is busy")
    until(lambda: metrics().get("jibri_uploads_pending") == 1, "one upload waits")
    assert metrics()["jibri_occupied"] == metrics()["status"] == 1
    jibri.status = None
    until(lambda: metrics().get("jibri_up") == 0, "it is away")


def test_a_recorder_without_room_is_not_counted_on_and_starts_anew_once_idle(watched, jibri):
    start, metrics = watched
    jibri.status = "BUSY"
    start(ROOM=str(10**18), PATIENCE="1")
    until(lambda: metrics().get("jibri_storage_full") == 1, "it is full")
    time.sleep(1)
    assert not jibri.posts, "a recording was ended for want of room that it may not need"
    jibri.status = "IDLE"
    until(lambda: jibri.posts, "Jibri is started anew")
    assert metrics()["jibri_occupied"] == 1


def test_an_unhealthy_jibri_is_started_anew_but_not_while_it_records(watched, jibri):
    start, metrics = watched
    jibri.status, jibri.healthy = "BUSY", "UNHEALTHY"
    start(PATIENCE="1")
    until(lambda: metrics().get("jibri_unhealthy") == 1, "it is unhealthy")
    time.sleep(1)
    assert not jibri.posts
    jibri.status = "IDLE"
    until(lambda: jibri.posts, "Jibri is started anew")


def test_jibri_starts_only_with_room_and_the_probes_know_why(run, tmp_path):
    waiting, began = tmp_path / "no-room", tmp_path / "began"
    init = tmp_path / "init"
    init.write_text(f"#!/bin/sh\n: >{began}\n")
    init.chmod(0o755)
    run("start.sh", ROOM=str(10**18), WAITING=str(waiting), INIT=str(init))
    until(waiting.exists, "the probes are told")
    assert not began.exists()
    assert run("start.sh", ROOM="1000", WAITING=str(waiting), INIT=str(init)).wait(10) == 0
    assert began.exists()
    assert not waiting.exists()


def test_a_recorder_that_waits_for_room_ends_when_it_is_told_to(run, tmp_path):
    waiting, began, init = tmp_path / "no-room", tmp_path / "began", tmp_path / "init"
    init.write_text(f"#!/bin/sh\n: >{began}\n")
    init.chmod(0o755)
    started = run("start.sh", ROOM=str(10**18), WAITING=str(waiting), INIT=str(init), BEAT="30")
    until(waiting.exists, "it waits")
    started.terminate()
    assert started.wait(5) == 0, "as a container's first process it would otherwise not even see the signal"
    assert not began.exists()

"""Recordings reach a real S3 server whatever happens on the way, and nothing is deleted before it has been read back."""

import os
import shutil
import signal
import subprocess
import time

import pytest
from recording_world import ACCESS, BUCKET, SECRET, Jibri, Line, Recorder, Server, until

pytestmark = [pytest.mark.e2e]

LARGE = 40_000_000  # three parts of 16 MiB


@pytest.fixture
def line():
    made = Line()
    yield made
    made.socket.close()


@pytest.fixture
def server(toolchain, tmp_path, line):
    made = Server(toolchain.paths["versitygw"], tmp_path / "server", line)
    (made.folder / "buckets" / BUCKET).mkdir()
    made.start()
    yield made
    made.kill()


@pytest.fixture
def jibri():
    made = Jibri()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def recorder(tmp_path, line, jibri):
    made = Recorder(tmp_path / "volume", line, jibri)
    yield made
    made.kill()
    assert SECRET not in made.log.read_text() if made.log.exists() else True


def arrived(server, wanted, below="recordings/"):
    found = {"/".join(name.split("/")[-2:]): content for name, content in server.objects.items()}
    return found == wanted and all(name.startswith(below) for name in server.objects)


def gone(recorder):
    return not list(recorder.recordings.iterdir())


def test_a_finished_recording_arrives_in_parts_and_is_deleted_here_afterwards(server, recorder):
    wanted = recorder.record("one", LARGE)
    recorder.start()
    until(lambda: gone(recorder), "the volume is empty")
    assert arrived(server, wanted)
    assert recorder.count("uploaded") == 1
    assert recorder.count("failures") == 0


def test_what_is_being_recorded_is_left_alone_and_what_a_killed_jibri_left_goes_to_incomplete(server, recorder, jibri):
    jibri.status = "BUSY"
    wanted = recorder.record("open", finished=False)
    recorder.start()
    time.sleep(2.5)
    assert not server.objects
    assert recorder.kept
    jibri.status = None
    time.sleep(1)
    assert recorder.kept, "a Jibri that does not answer may still be recording"
    jibri.status = "IDLE"
    until(lambda: gone(recorder), "the volume is empty")
    assert arrived(server, wanted, below="incomplete/")
    assert recorder.count("incomplete") == 1


def test_a_server_killed_in_mid_upload_costs_nothing(server, recorder, line):
    wanted = recorder.record("one", LARGE)
    line.mode = "slow"
    recorder.start()
    until(lambda: line.carried > 5_000_000, "the upload is on its way")
    server.kill()
    until(lambda: recorder.count("failures") >= 1, "the failure is counted", 60)
    assert recorder.kept == {name: content for name, content in wanted.items() if name.endswith("mp4")}
    line.mode = "open"
    server.start()
    until(lambda: gone(recorder), "the volume is empty", 60)
    assert arrived(server, wanted)


@pytest.mark.parametrize("mode", ["busy", "cut", "down"])
def test_a_bad_line_keeps_the_recording_here_until_it_is_good_again(mode, server, recorder, line):
    wanted = recorder.record("one", LARGE)
    line.mode = mode
    recorder.start()
    until(lambda: recorder.count("failures") >= 1, "the failure is counted", 90)
    assert recorder.kept
    line.mode = "open"
    until(lambda: gone(recorder), "the volume is empty", 60)
    assert arrived(server, wanted)


def test_a_recorder_killed_in_mid_upload_starts_again_with_all_of_it(server, recorder, line):
    wanted = recorder.record("one", LARGE) | recorder.record("two")
    line.mode = "slow"
    recorder.start()
    until(lambda: line.carried > 5_000_000, "the upload is on its way")
    recorder.kill()
    assert recorder.kept
    line.mode = "open"
    recorder.start()
    until(lambda: gone(recorder), "the volume is empty")
    assert arrived(server, wanted)


def test_wrong_keys_delete_nothing_and_right_ones_bring_it_all(server, recorder):
    wanted = recorder.record("one")
    recorder.secret = "wrong"
    recorder.start()
    until(lambda: recorder.count("failures") >= 2, "failures are counted")
    assert recorder.kept
    assert not server.objects
    recorder.kill()
    recorder.secret = SECRET
    recorder.start()
    until(lambda: gone(recorder), "the volume is empty")
    assert arrived(server, wanted)


def test_another_key_is_taken_by_a_recorder_that_runs(server, recorder, tmp_path):
    wanted = recorder.record("one")
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY").write_text("taken back")
    recorder.start(KEYS=str(keys))
    until(lambda: recorder.count("failures") >= 1, "the failure is counted")
    assert recorder.kept
    (keys / "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY").write_text(SECRET)
    until(lambda: gone(recorder), "the volume is empty")
    assert arrived(server, wanted)


def test_what_reads_back_wrong_is_kept_and_sent_again(server, recorder, line):
    wanted = recorder.record("one")
    line.mode = "garbled"
    recorder.start()
    until(lambda: recorder.count("failures") >= 1, "the difference is noticed")
    assert recorder.kept
    line.mode = "open"
    before = line.carried
    until(lambda: gone(recorder), "the volume is empty")
    assert line.carried - before > 3_000_000, "it was believed, and not sent again"
    assert arrived(server, wanted)


def test_a_damaged_copy_of_the_same_size_and_date_is_replaced(server, recorder, line):
    wanted = recorder.record("one")
    line.mode = "garbled"
    recorder.start()
    until(lambda: recorder.count("failures") >= 1, "the difference is noticed")
    recorder.kill()
    (stored,) = (server.folder / "buckets" / BUCKET).rglob("*.mp4")
    with stored.open("r+b") as damaged:
        damaged.write(b"\0" * 100)
    line.mode = "open"
    recorder.start()
    until(lambda: gone(recorder), "the volume is empty")
    assert arrived(server, wanted)


def test_a_pod_that_is_deleted_stays_until_its_recordings_are_uploaded(server, recorder, jibri):
    wanted = recorder.record("one") | recorder.record("cut", finished=False)
    server.kill()
    jibri.status = None
    recorder.start(SETTLE="600")
    time.sleep(1)
    recorder.process.send_signal(signal.SIGTERM)
    until(lambda: recorder.count("failures") >= 3, "it keeps trying", 60)
    assert recorder.process.poll() is None
    server.start()
    assert recorder.process.wait(60) == 0
    assert gone(recorder)
    assert {name.split("/")[0] for name in server.objects} == {"recordings", "incomplete"}
    assert arrived(server, wanted, below="")


def test_an_idle_recorder_that_is_deleted_goes_at_once(server, recorder):
    recorder.start()
    time.sleep(0.5)
    begun = time.monotonic()
    recorder.process.send_signal(signal.SIGTERM)
    assert recorder.process.wait(10) == 0
    assert time.monotonic() - begun < 3


@pytest.fixture
def small(tmp_path):
    """A file system of 8 MB that may be full."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", place], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_volume_is_emptied_by_uploads(server, small, line, jibri):
    recorder = Recorder(small / "volume", line, jibri)
    recorder.log = small.parent / "full.log"
    wanted = recorder.record("one", 7_000_000, finished=False)
    film = recorder.recordings / "one" / "class_one.mp4"
    subprocess.run(["/bin/sh", "-c", 'yes >>"$0"', film], check=False, stderr=subprocess.DEVNULL)
    assert shutil.disk_usage(small).free == 0
    wanted["one/class_one.mp4"] = film.read_bytes()
    recorder.start()
    try:
        until(lambda: gone(recorder), "the volume is empty")
        assert arrived(server, wanted, below="incomplete/")
    finally:
        recorder.kill()


def test_a_full_store_is_waited_for(toolchain, small, line, recorder):
    server = Server(toolchain.paths["versitygw"], small / "server", line)
    (server.folder / "buckets" / BUCKET).mkdir()
    server.start()
    try:
        wanted = recorder.record("one", 20_000_000)
        recorder.start()
        until(lambda: recorder.count("failures") >= 1, "the failure is counted", 60)
        assert recorder.kept
        subprocess.run(["mount", "-o", "remount,size=200m", small], check=True)
        until(lambda: gone(recorder), "the volume is empty", 60)
        assert arrived(server, wanted)
    finally:
        server.kill()


def test_no_key_stands_in_an_argument_or_the_log(server, recorder, line):
    recorder.record("one", LARGE)
    line.mode = "slow"
    recorder.start()
    until(lambda: line.carried > 1_000_000, "the upload is on its way")
    seen = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-g", str(recorder.process.pid)], capture_output=True, text=True, check=True
    ).stdout
    assert "rclone copy" in seen
    assert SECRET not in seen
    assert ACCESS not in seen

"""The parts of the live world that need no program of Jitsi's."""

import asyncio
import json
import os
import signal
import struct
import sys
import threading
import time

import pytest

import lab.live.__main__ as main
from config.images import Images
from lab.live import balancer, kubectl, names, programs, results
from lab.rehearsal.container import Container, as_user

HOSTS = "127.0.0.1 localhost\n10.32.0.9 prosody-s0.jitsi.svc prosody-s0.jitsi.svc.cluster.local\n"


def query(name, kind=names.TYPE_A):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


def test_cluster_dns_answers_with_the_address_of_a_service():
    said = names.answer(query("Prosody-S0.jitsi.svc.cluster.local"), names.known(HOSTS))
    assert said[:2] == struct.pack("!H", 7)
    assert said[-4:] == bytes([10, 32, 0, 9])


def test_cluster_dns_says_that_a_name_does_not_exist():
    said = names.answer(query("nobody.jitsi.svc"), names.known(HOSTS))
    assert said[3] & 0xF == names.UNKNOWN


def test_a_service_without_ipv6_exists_without_such_an_address():
    said = names.answer(query("prosody-s0.jitsi.svc", kind=28), names.known(HOSTS))
    assert said[3] & 0xF == 0
    assert struct.unpack("!H", said[6:8]) == (0,)


def test_the_balancer_tells_the_edge_who_the_client_is(tmp_path):
    behind = tmp_path / "behind"

    async def through():
        heard = asyncio.Queue()

        async def edge(reader, writer):
            await heard.put(await reader.readexactly(28 + 5))
            writer.write(b"world")
            writer.close()

        server = await asyncio.start_server(edge, "127.0.0.1", 0)
        behind.write_text(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        front = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = front.sockets[0].getsockname()[1]
        front.close()
        balancing = asyncio.create_task(balancer.serve("127.0.0.1", port, behind))
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.01)
        client = writer.get_extra_info("sockname")
        writer.write(b"hello")
        told, answered = await heard.get(), await reader.read()
        balancing.cancel()
        server.close()
        return client, told, answered, port

    client, told, answered, port = asyncio.run(through())
    assert told == balancer.proxy_header(client, ("127.0.0.1", port)) + b"hello"
    assert told.startswith(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x7f\0\0\1\x7f\0\0\1")
    assert answered == b"world"


def test_an_incomplete_folder_is_told_file_by_file_with_what_brings_it(tmp_path):
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/prosody").touch()
    missing = programs.missing(tmp_path)
    assert f"{tmp_path}/usr/share/jicofo/jicofo.sh (package jicofo)" in missing
    assert not any("bin/prosody" in each for each in missing)


def test_a_container_with_layers_runs_as_the_pods_user_without_any_privilege():
    pod = {"spec": {"securityContext": {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 2000}}}
    line = as_user(pod, {"securityContext": {"runAsUser": 99}})
    assert line[:4] == ["setpriv", "--reuid=99", "--regid=1000", "--groups=2000"]
    assert {"--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"} <= set(line)


def test_layers_are_mounted_with_the_topmost_first_and_then_made_read_only(tmp_path):
    from lab.rehearsal.container import _script

    text = _script(tmp_path, [], ["true"], [tmp_path / "top", tmp_path / "base"])
    assert f"lowerdir={tmp_path}/top:{tmp_path}/base," in text
    assert text.index("overlay") < text.index("mount -o remount,bind,ro .") < text.index("chroot . true")
    assert Container.__dataclass_fields__["layers"].default == ()


def test_programs_of_another_release_are_told(tmp_path):
    assert "says docker-jitsi-meet nothing, and the stack deploys" in (programs.stale(tmp_path) or "")
    (tmp_path / "versions").write_text("docker-jitsi-meet stable-1 (abc)\n")
    assert "says docker-jitsi-meet stable-1 (abc), and" in (programs.stale(tmp_path) or "")
    (tmp_path / "versions").write_text(f"docker-jitsi-meet {Images().tag} (abc)\n")
    assert programs.stale(tmp_path) is None


def test_recorders_run_only_where_their_programs_are(tmp_path):
    assert programs.RECORDER not in programs.components(tmp_path)
    for path in programs.NEEDED_TO_RECORD:
        (tmp_path / path).mkdir(parents=True)
    assert programs.RECORDER in programs.components(tmp_path)


def test_commands_in_a_bridge_are_told_its_cpu_time_first(tmp_path):
    (tmp_path / "pids.json").write_text("{}")
    words = ["exec", "-n", "jitsi", "jvb-s0-0-x", "-c", "jvb", "--", "true"]
    with pytest.raises(SystemExit, match="jvb-s0-0-x"):
        kubectl.main([str(tmp_path / "pids.json"), *words])
    before = kubectl.used_seconds(os.getpid())
    sum(range(10_000_000))
    assert kubectl.used_seconds(os.getpid()) > before >= 0


def test_a_suite_that_is_told_to_end_ends_with_all_its_processes(monkeypatch, tmp_path):
    """`unshare` blocks SIGTERM."""
    stubborn = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"]
    monkeypatch.setattr(main, "why_not", lambda _: None)
    monkeypatch.setattr(main, "ensure", lambda *_: None)
    monkeypatch.setattr(main, "isolated", lambda _: stubborn)
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM)).start()
    began = time.monotonic()
    with pytest.raises(SystemExit):
        main.main(["--jitsi", str(tmp_path)])
    assert time.monotonic() - began < 30


def test_the_page_shows_the_results_of_the_last_run():
    import live_page

    assert live_page.page() == live_page.PAGE.read_text()


def test_a_test_that_is_run_alone_leaves_the_results_of_the_others(tmp_path):
    file = tmp_path / "results.json"
    results.keep(file, "test_a", {"seconds": 1}, {"jicofo": "1"}, "2026-01-01")
    results.keep(file, "test_b", {"seconds": 2}, {"jicofo": "1", "jibri": "7"}, "2026-01-02")
    results.keep(file, "test_c", {}, {"jicofo": "1"}, "2026-01-03")
    results.keep(file, "test_c", None, {"jicofo": "1"}, "2026-01-04")
    found = json.loads(file.read_text())
    assert found["measured"] == {
        "test_a": {"day": "2026-01-01", "figures": {"seconds": 1}},
        "test_b": {"day": "2026-01-02", "figures": {"seconds": 2}},
    }
    assert found["versions"] == {"jicofo": "1", "jibri": "7"}


def test_results_of_another_version_go():
    before = results.merged({}, "test_a", {}, {"jicofo": "1", "nginx": "1.26"}, "2026-01-01")
    after = results.merged(before, "test_b", {}, {"jicofo": "2"}, "2026-01-02")
    assert list(after["measured"]) == ["test_b"]
    assert after["versions"] == {"jicofo": "2"}


def test_the_page_of_calls_shows_the_table_of_the_last_run():
    import call_page

    assert call_page.page() == call_page.PAGE.read_text()

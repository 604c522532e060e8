"""own-pod.sh, the bridge's sidecar, against a bridge and an API server that behave and ones that do not. Needs curl and jq."""

import json
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from misbehaving_bridge import Bridge, DeafListener

from components.bridges.rights import DELETION_COST

SCRIPT = Path(__file__).parents[2] / "components" / "bridges" / "scripts" / "own-pod.sh"
SLACK = 10  # seconds that a busy machine may add

pytestmark = [pytest.mark.tools, pytest.mark.timeout(120)]


class ApiServer:
    """Answers patches of one pod; `status` refuses them, `clock` is how far its clock is off."""

    def __init__(self):
        self.patches = []
        self.requests = []
        self.status = 200
        self.clock = timedelta()
        self.deleted_for: int | None = None
        self.pod = {
            "metadata": {"name": "jvb-s0-0-abcde", "annotations": {"other": "stays"}},
            "spec": {"nodeName": "n"},
        }
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format, *args):  # noqa: A002 - the name is the base class's
                pass

            def date_time_string(self, timestamp=None):
                return format_datetime(datetime.now(UTC) + outer.clock, usegmt=True)

            def do_PATCH(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append((self.path, self.headers["Authorization"], self.headers["Content-Type"]))
                outer.patches.append(body)
                answer = {"message": "refused by the test"}
                if outer.status == 200:
                    outer.pod["metadata"]["annotations"] |= body.get("metadata", {}).get("annotations", {})
                    if outer.deleted_for is not None:
                        ends = datetime.now(UTC) + outer.clock + timedelta(seconds=outer.deleted_for)
                        outer.pod["metadata"]["deletionTimestamp"] = ends.strftime("%Y-%m-%dT%H:%M:%SZ")
                    answer = outer.pod
                text = json.dumps(answer, indent=1).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def costs(self):
        return [p["metadata"]["annotations"][DELETION_COST] for p in self.patches if p]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class World:
    """A pod's volumes, with the sidecar running in them."""

    def __init__(self, folder):
        self.account = folder / "account"
        self.account.mkdir()
        (self.account / "token").write_text("the-token")
        (self.account / "ca.crt").write_text("")
        self.process = folder / "proc"
        self.asked, self.told = folder / "asked", folder / "pod"

    @contextmanager
    def sidecar(self, api, bridge, cost="yes", **more):
        env = {
            "NAMESPACE": "jitsi",
            "POD_NAME": "jvb-s0-0-abcde",
            "COST": cost,
            "API": api,
            "BRIDGE": bridge,
            "ACCOUNT": str(self.account),
            "ASKED": str(self.asked),
            "TOLD": str(self.told),
            "BEAT": "0.2",
            "MEASURE": "2",
            "REFRESH": "5",
            "PATH": "/usr/bin:/bin",
            **more,
        }
        running = subprocess.Popen(
            ["/bin/sh", SCRIPT], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            yield running
        finally:
            running.terminate()
            self.errors = running.communicate(timeout=30)[1]

    def answer(self, number, seconds=3 + SLACK):
        """What the sidecar says to a question, and how long it took."""
        started = time.monotonic()
        self.asked.write_text(f"{number}\n")
        assert until(lambda: self.told.exists() and self.told.read_text().split()[0] == str(number), seconds)
        return self.told.read_text().split()[1:], time.monotonic() - started


def until(true, seconds=5 + SLACK):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def api():
    server = ApiServer()
    yield server
    server.close()


def test_the_cost_of_a_bridge_is_its_people_in_steps_of_five(world, api):
    with Bridge(world.process, people=1) as bridge, world.sidecar(api.url, bridge.url):
        assert until(lambda: api.costs == ["5"])
        bridge.people = 23
        assert until(lambda: api.costs == ["5", "25"])
        bridge.people = 0
        assert until(lambda: api.costs == ["5", "25", "0"])
    assert api.requests[0] == (
        "/api/v1/namespaces/jitsi/pods/jvb-s0-0-abcde",
        "Bearer the-token",
        "application/merge-patch+json",
    )
    assert api.pod["metadata"]["annotations"] == {"other": "stays", DELETION_COST: "0"}


def test_the_cost_is_only_patched_when_it_changed(world, api):
    with Bridge(world.process, people=21) as bridge, world.sidecar(api.url, bridge.url):
        assert until(lambda: api.costs == ["25"])
        bridge.people = 24
        time.sleep(3)
    assert api.patches == [{"metadata": {"annotations": {DELETION_COST: "25"}}}]


def test_a_bridge_that_drains_is_the_first_to_go(world, api):
    with Bridge(world.process, people=50) as bridge, world.sidecar(api.url, bridge.url):
        assert until(lambda: api.costs == ["50"])
        bridge.draining = True
        assert until(lambda: api.costs == ["50", "-1"])


@pytest.mark.parametrize("how", ["away", "deaf", "broken"])
def test_a_bridge_that_does_not_answer_keeps_its_cost(world, api, how):
    with Bridge(world.process, people=50) as bridge, world.sidecar(api.url, bridge.url) as running:
        assert until(lambda: api.costs == ["50"])
        if how == "broken":
            bridge.status = 500
        elif how == "deaf":
            bridge.delay = 60
        else:
            bridge.end()
        time.sleep(3)
        assert api.costs == ["50"]
        assert running.poll() is None


@pytest.mark.parametrize("status", [403, 409, 500])
def test_a_refused_patch_is_tried_again_and_told_once(world, api, status):
    api.status = status
    with Bridge(world.process, people=7) as bridge, world.sidecar(api.url, bridge.url):
        assert until(lambda: len(api.patches) >= 3)
        api.status = 200
        assert until(lambda: api.pod["metadata"]["annotations"].get(DELETION_COST) == "10")
    assert world.errors.count(str(status)) == 1
    assert "refused by the test" in world.errors


def test_an_api_server_that_is_away_ends_nothing(world):
    with Bridge(world.process, people=7) as bridge, world.sidecar("http://127.0.0.1:1", bridge.url) as running:
        world.asked.write_text("71\n")
        time.sleep(3)
        assert running.poll() is None
    assert not world.told.exists()
    assert world.errors.count("answers 000") == 1


def test_it_tells_that_its_pod_is_not_being_deleted(world, api):
    with Bridge(world.process) as bridge, world.sidecar(api.url, bridge.url):
        answer, took = world.answer(4711)
    assert answer == ["kept"]
    assert took < 2 + SLACK
    assert {} in api.patches, "an empty patch reads the pod and changes nothing"


@pytest.mark.parametrize("clock", [0, 3600, -3600])
def test_it_tells_when_the_kubelet_kills_whatever_the_clocks_say(world, api, clock):
    api.clock, api.deleted_for = timedelta(seconds=clock), 300
    with Bridge(world.process) as bridge, world.sidecar(api.url, bridge.url):
        (what, second), _ = world.answer(4711)
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    assert what == "deleted"
    assert uptime + 300 - SLACK < int(second) <= uptime + 302


def test_every_question_gets_its_own_answer_and_a_new_one_while_it_stands(world, api):
    with Bridge(world.process) as bridge, world.sidecar(api.url, bridge.url):
        assert world.answer(1)[0] == ["kept"]
        api.deleted_for = 3000
        first, _ = world.answer(2)
        assert first[0] == "deleted"
        api.deleted_for = 60
        assert until(lambda: int(world.told.read_text().split()[2]) < int(first[1]) - 2000)


@pytest.mark.parametrize("question", ["", "$(reboot)\n", "12; rm\n"])
def test_only_a_number_is_a_question(world, api, question):
    world.asked.write_text(question)
    with Bridge(world.process) as bridge, world.sidecar(api.url, bridge.url, cost="no"):
        time.sleep(2)
    assert api.patches == []
    assert not world.told.exists()


def test_without_cost_it_tells_about_its_pod_and_changes_nothing(world, api):
    with Bridge(world.process, people=9) as bridge, world.sidecar(api.url, bridge.url, cost="no"):
        assert world.answer(5)[0] == ["kept"]
        time.sleep(1)
    assert all(patch == {} for patch in api.patches)


def test_it_ends_at_once_when_told_to(world, api):
    with Bridge(world.process) as bridge, world.sidecar(api.url, bridge.url, BEAT="60") as running:
        assert until(lambda: api.costs)
        time.sleep(0.5)
        started = time.monotonic()
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)
        assert running.returncode == 0
        assert time.monotonic() - started < 1 + SLACK / 2


def test_it_ends_soon_even_while_nobody_answers_it(world):
    deaf = DeafListener()
    with world.sidecar(deaf.url, deaf.url) as running:
        time.sleep(1)
        started = time.monotonic()
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)
        assert time.monotonic() - started < 5 + SLACK
    deaf.close()


def test_the_token_is_in_no_argument(world, api):
    with Bridge(world.process) as bridge, world.sidecar(api.url, bridge.url, MEASURE="1", BEAT="0"):
        for _ in range(200):
            listed = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
            assert "the-token" not in listed
        assert api.patches

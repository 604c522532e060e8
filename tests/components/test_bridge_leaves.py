"""drain.sh, run as the kubelet runs it, against a bridge that behaves and one that does not. Needs curl and jq."""

import contextlib
import subprocess
import threading
import time
from pathlib import Path

import pytest
from misbehaving_bridge import Bridge, DeafListener

DRAIN = Path(__file__).parents[2] / "components" / "bridges" / "scripts" / "drain.sh"
GRACEFUL = '/colibri/shutdown {"graceful-shutdown": true}'
AT_ONCE = '/colibri/shutdown {"graceful-shutdown": false}'
ENABLE = "/colibri/drain/enable"
SLACK = 12  # seconds that a busy machine may add

pytestmark = [pytest.mark.tools, pytest.mark.timeout(120)]


class Hook:
    """One run of the hook in a container's world: `process` is its /proc, `halted` says whether it ended the container."""

    def __init__(self, folder):
        self.folder = folder
        self.process = folder / "proc"
        self.process.mkdir()
        self.leaving, self.told = folder / "leaving", folder / "pod"
        self.leaving.mkdir()
        self.halt = folder / "halt"
        self.halt.write_text(f"#!/bin/sh\ntouch {folder}/halted\n")
        self.halt.chmod(0o755)

    @property
    def halted(self):
        return (self.folder / "halted").exists()

    def start(self, url, **seconds):
        settings = {
            "DEADLINE": 30,
            "ANNOUNCE": 1,
            "MIGRATE_AFTER": 60,
            "MOVE": 2,
            "LATE": 1,
            "MARGIN": 1,
            "HURRY": 4,
            "PAUSE": 1,
            "GONE_AFTER": 2,
        } | seconds
        env = {
            "BRIDGE": url,
            "PROC": str(self.process),
            "HALT": str(self.halt),
            "ASKED": str(self.leaving / "asked"),
            "TOLD": str(self.told),
            "PATH": "/usr/bin:/bin",
            **{name: str(value) for name, value in settings.items()},
        }
        return subprocess.Popen(["/bin/sh", DRAIN], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, url, **seconds):
        """Seconds that it took."""
        started = time.monotonic()
        running = self.start(url, **seconds)
        _, errors = running.communicate(timeout=90)
        assert running.returncode == 0, errors
        assert errors == ""
        return time.monotonic() - started

    @contextlib.contextmanager
    def sidecar(self, *answers):
        """Stands in for own-pod.sh: answers the hook's question, with the next answer each second."""
        over = threading.Event()

        def loop():
            left = list(answers)
            while not over.wait(0.2):
                with contextlib.suppress(OSError):
                    number = (self.leaving / "asked").read_text().strip()
                    if number:
                        answer = left.pop(0) if len(left) > 1 else left[0]
                        (self.folder / "new").write_text(f"{number} {answer}\n")
                        (self.folder / "new").replace(self.told)
                        over.wait(0.8)

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@pytest.fixture
def hook(tmp_path):
    return Hook(tmp_path)


def uptime():
    return float(Path("/proc/uptime").read_text().split()[0])


def soon(seconds, do):
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    timer.start()


def test_it_drains_announces_asks_and_stays_until_the_last_one_has_gone_home(hook):
    with Bridge(hook.process, people=3) as bridge:
        soon(4, lambda: setattr(bridge, "people", 0))
        took = hook.run(bridge.url)
    assert bridge.asked == [ENABLE, GRACEFUL]
    assert bridge.cut == 0
    assert 4 <= took < 8 + SLACK


def test_it_says_nothing_about_leaving_before_the_announcement_has_spread(hook):
    with Bridge(hook.process, people=1) as bridge:
        running = hook.start(bridge.url, ANNOUNCE=4)
        time.sleep(2.5)
        assert bridge.asked == [ENABLE]
        time.sleep(4)
        assert bridge.asked == [ENABLE, GRACEFUL]
        bridge.people = 0
        running.communicate(timeout=30)


def test_after_migrate_after_the_bridge_hands_over_the_rest_by_itself(hook):
    with Bridge(hook.process, people=9, migrate_after=3) as bridge:
        took = hook.run(bridge.url, MIGRATE_AFTER=3, LATE=3)
    assert bridge.asked == [ENABLE, GRACEFUL]
    assert bridge.cut == 0
    assert took < 12 + SLACK


def test_a_bridge_whose_own_timer_fails_is_made_to_hand_over_the_rest(hook):
    with Bridge(hook.process, people=9, migrate_after=1000) as bridge:
        took = hook.run(bridge.url, MIGRATE_AFTER=3)
    assert bridge.asked == [ENABLE, GRACEFUL, AT_ONCE]
    assert bridge.cut == 0
    assert 5 <= took < 12 + SLACK


def test_a_bridge_that_never_empties_is_left_to_sigterm_at_the_deadline_and_no_later(hook):
    with Bridge(hook.process, people=9, moving=1000, moves=False) as bridge:
        took = hook.run(bridge.url, DEADLINE=8, MIGRATE_AFTER=2)
        assert bridge.asked == [ENABLE, GRACEFUL, AT_ONCE]
    assert 7 <= took < 9 + SLACK


def test_a_deadline_that_is_short_brings_the_handing_over_forward(hook):
    with Bridge(hook.process, people=9, migrate_after=1000) as bridge:
        took = hook.run(bridge.url, DEADLINE=8, MIGRATE_AFTER=60)
    assert bridge.asked[-1] == AT_ONCE
    assert bridge.cut == 0
    assert took < 8 + SLACK


def test_a_bridge_whose_rest_is_dead_still_carries_calls_and_is_given_all_its_time(hook):
    deaf = DeafListener()
    (hook.process / "307").mkdir()
    (hook.process / "307" / "stat").write_text("307 (java) S 1 307\n")
    took = hook.run(deaf.url, DEADLINE=9)
    deaf.close()
    assert 8 <= took < 10 + SLACK
    assert not hook.halted


def test_a_closed_rest_port_is_no_proof_either_while_the_process_lives(hook):
    (hook.process / "307").mkdir()
    (hook.process / "307" / "stat").write_text("307 (java) S 1 307\n")
    took = hook.run("http://127.0.0.1:1", DEADLINE=7)
    assert 6 <= took < 8 + SLACK
    assert not hook.halted


def test_a_process_of_another_name_counts_while_it_answers(hook):
    with Bridge(hook.process, people=1, moves=False, moving=1000) as bridge:
        (hook.process / "307" / "stat").write_text("307 (bridge) S 1 307\n")
        took = hook.run(bridge.url, DEADLINE=7)
    assert 6 <= took < 8 + SLACK
    assert not hook.halted


def test_slow_answers_are_waited_for_and_hold_nothing_up_beyond_the_deadline(hook):
    with Bridge(hook.process, people=2, delay=2.0) as bridge:
        soon(5, lambda: setattr(bridge, "people", 0))
        took = hook.run(bridge.url, DEADLINE=25)
    assert GRACEFUL in bridge.asked
    assert bridge.cut == 0
    assert took < 15 + SLACK


def test_answers_slower_than_the_patience_of_the_hook_still_end_at_the_deadline(hook):
    with Bridge(hook.process, people=2, delay=30.0, moves=False) as bridge:
        took = hook.run(bridge.url, DEADLINE=8)
    assert 7 <= took < 9 + SLACK


def test_a_bridge_that_answers_with_errors_is_asked_until_it_obeys(hook):
    with Bridge(hook.process, people=2, status=500) as bridge:
        soon(4, lambda: setattr(bridge, "status", None))
        soon(8, lambda: setattr(bridge, "people", 0))
        took = hook.run(bridge.url)
    assert bridge.asked.count(GRACEFUL) >= 2
    assert bridge.cut == 0
    assert took < 14 + SLACK


def test_a_bridge_that_dies_is_not_waited_for(hook):
    with Bridge(hook.process, people=2) as bridge:
        soon(2.5, bridge.end)
        took = hook.run(bridge.url, DEADLINE=60)
    assert took < 8 + SLACK
    assert hook.halted, "s6 would keep the empty container"


def test_a_bridge_that_is_gone_before_the_hook_runs_is_not_waited_for(hook):
    took = hook.run("http://127.0.0.1:1", DEADLINE=60)
    assert 1 <= took < 5 + SLACK
    assert hook.halted


def test_an_empty_container_that_outlives_its_bridge_is_halted(hook):
    with Bridge(hook.process) as bridge:
        took = hook.run(bridge.url, DEADLINE=120)
    assert bridge.asked == [ENABLE, GRACEFUL]
    assert bridge.ends == 1
    assert hook.halted
    assert took < 9 + SLACK


def test_a_defunct_process_is_none(hook):
    (hook.process / "307").mkdir()
    (hook.process / "307" / "stat").write_text("307 (java) Z 1 307\n")
    took = hook.run("http://127.0.0.1:1", DEADLINE=60)
    assert took < 5 + SLACK


def test_a_bridge_that_crashes_and_comes_back_with_new_people_is_told_again(hook):
    with Bridge(hook.process, people=5) as bridge:

        def crash():
            bridge.end()
            bridge.start()
            bridge.people = 2

        soon(3.5, crash)
        soon(9, lambda: setattr(bridge, "people", 0))
        took = hook.run(bridge.url)
    assert bridge.asked == [ENABLE, GRACEFUL, ENABLE, GRACEFUL]
    assert 9 <= took < 14 + SLACK


def test_a_bridge_that_s6_starts_again_after_its_end_is_ended_with_its_container(hook):
    with Bridge(hook.process) as bridge:
        bridge.restarts_after_end = True
        took = hook.run(bridge.url, DEADLINE=120, ANNOUNCE=2)
        assert hook.halted
    assert bridge.asked == [ENABLE, GRACEFUL, ENABLE], "the second process is empty and not waited for"
    assert took < 12 + SLACK


def test_an_image_that_keeps_shutdown_closed_is_waited_for_until_it_is_empty(hook):
    with Bridge(hook.process, people=2, flags=False) as bridge:
        soon(4, lambda: setattr(bridge, "people", 0))
        took = hook.run(bridge.url, DEADLINE=60)
        assert bridge.ends == 0, "SIGTERM ends it, after the hook"
    assert 4 <= took < 9 + SLACK
    assert not hook.halted


def test_an_image_that_keeps_shutdown_closed_is_left_to_sigterm_after_migrate_after(hook):
    with Bridge(hook.process, people=2, flags=False) as bridge:
        took = hook.run(bridge.url, DEADLINE=60, MIGRATE_AFTER=3)
    assert 4 <= took < 8 + SLACK


def test_a_pod_that_ends_without_being_deleted_has_everybody_moved_at_once(hook):
    with Bridge(hook.process, people=9) as bridge, hook.sidecar("kept"):
        took = hook.run(bridge.url, DEADLINE=600, ANNOUNCE=12, MOVE=60, LATE=15, HURRY=20)
        assert bridge.people == 0
        assert bridge.cut == 0
    assert bridge.asked == [ENABLE, AT_ONCE]
    assert took < 6 + SLACK


def test_a_pod_that_ends_without_being_deleted_is_not_held_when_the_bridge_is_dead(hook):
    deaf = DeafListener()
    (hook.process / "307").mkdir()
    (hook.process / "307" / "stat").write_text("307 (java) S 1 307\n")
    with hook.sidecar("kept"):
        took = hook.run(deaf.url, DEADLINE=600)
    deaf.close()
    assert took < 12 + SLACK


def test_a_smaller_grace_than_planned_moves_the_rest_in_time(hook):
    with Bridge(hook.process, people=9, migrate_after=1000) as bridge, hook.sidecar(f"deleted {int(uptime()) + 14}"):
        took = hook.run(bridge.url, DEADLINE=600, MIGRATE_AFTER=300)
        assert bridge.people == 0
    assert bridge.asked == [ENABLE, GRACEFUL, AT_ONCE]
    assert bridge.cut == 0
    assert took < 14


def test_a_grace_that_is_shortened_meanwhile_is_kept_too(hook):
    until = int(uptime())
    answers = (f"deleted {until + 600}", f"deleted {until + 600}", f"deleted {until + 12}")
    with Bridge(hook.process, people=9, migrate_after=1000) as bridge, hook.sidecar(*answers):
        took = hook.run(bridge.url, DEADLINE=600, MIGRATE_AFTER=300)
    assert bridge.asked[-1] == AT_ONCE
    assert bridge.cut == 0
    assert took < 12


def test_an_ordinary_deletion_is_planned_as_the_stack_says(hook):
    with (
        Bridge(hook.process, people=9, migrate_after=4) as bridge,
        hook.sidecar(f"deleted {int(uptime()) + 600}"),
    ):
        took = hook.run(bridge.url, DEADLINE=590, MIGRATE_AFTER=4, LATE=5)
    assert bridge.asked == [ENABLE, GRACEFUL]
    assert 5 <= took < 12 + SLACK


def test_an_answer_to_an_earlier_question_is_none(hook):
    hook.told.write_text("123 kept\n")
    with Bridge(hook.process, people=9) as bridge:
        soon(5, lambda: setattr(bridge, "people", 0))
        took = hook.run(bridge.url)
    assert bridge.asked == [ENABLE, GRACEFUL]
    assert took >= 5


def test_the_hook_takes_its_question_back(hook):
    with Bridge(hook.process) as bridge:
        hook.run(bridge.url)
    assert list(hook.leaving.iterdir()) == []


def test_two_runs_at_once_and_a_bridge_that_leaves_already_do_no_harm(hook):
    with Bridge(hook.process, people=3) as bridge:
        bridge.draining = True
        bridge.shut_down(graceful=True)
        first = hook.start(bridge.url)
        time.sleep(1)
        soon(4, lambda: setattr(bridge, "people", 0))
        took = hook.run(bridge.url)
        first.communicate(timeout=30)
    assert first.returncode == 0
    assert bridge.cut == 0
    assert 3 <= took < 9 + SLACK

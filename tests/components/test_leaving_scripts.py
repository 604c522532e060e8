"""Hooks of pods that leave, against a `curl` that plays their programs: what a fast run can hold of them."""

import os
import subprocess
import time
from pathlib import Path

import pytest

COMPONENTS = Path(__file__).parents[2] / "components"
CURL = """#!/bin/sh
read -r now rest </proc/uptime
echo "$now $*" >>"$WORLD/asked"
[ ! -e "$WORLD/silent" ] || exit 7
case "$*" in
*'"graceful-shutdown": false'*) [ -e "$WORLD/endless" ] || { rm -rf "$WORLD/proc/1"; : >"$WORLD/silent"; } ;;
esac
case "$*" in
*http_code*) printf 200 ;;
*/colibri/drain) printf '{"drain":true}' ;;
*/metrics) echo 'jitsi_jvb_local_endpoints{} 3' ;;
*/v1.0/health)
  left=$(cat "$WORLD/busy")
  echo $((left - 1)) >"$WORLD/busy"
  if [ "$left" -gt 0 ]; then printf '{"status":{"busyStatus":"BUSY"}}'; else printf '{"status":{"busyStatus":"IDLE"}}'; fi
  ;;
esac
"""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    curl = tmp_path / "bin" / "curl"
    curl.parent.mkdir()
    curl.write_text(CURL)
    curl.chmod(0o755)
    process = tmp_path / "proc" / "1"
    process.mkdir(parents=True)
    (process / "stat").write_text("1 (java) S 0\n")
    return tmp_path


def run(world: Path, script: str, **settings: object) -> tuple[list[str], float]:
    """Run a hook; return what it asked, and for how many seconds it ran."""
    path = f"{world / 'bin'}:{os.environ['PATH']}"
    settings = {"WORLD": world, "PROC": world / "proc", "ASKED": world / "leaving", "TOLD": world / "told"} | settings
    started = time.monotonic()
    subprocess.run(
        ["sh", COMPONENTS / script],
        env=os.environ | {"PATH": path} | {name: str(value) for name, value in settings.items()},
        check=True,
        timeout=30,
    )
    asked = world / "asked"
    return asked.read_text().splitlines() if asked.exists() else [], time.monotonic() - started


BRIDGE = {"ANNOUNCE": 2, "MIGRATE_AFTER": 1, "MOVE": 1, "LATE": 0, "MARGIN": 0, "PAUSE": 1, "GONE_AFTER": 0}


def test_a_bridge_drains_is_asked_to_leave_and_then_to_move_the_rest(world: Path) -> None:
    asked, took = run(world, "bridges/scripts/drain.sh", DEADLINE=20, **BRIDGE)
    steps = ("/colibri/drain/enable", '"graceful-shutdown": true', '"graceful-shutdown": false')
    numbers = [[number for number, line in enumerate(asked) if step in line] for step in steps]
    assert all(len(each) == 1 for each in numbers), asked
    assert numbers == sorted(numbers)
    drained, asked_to_leave = (float(asked[each[0]].split()[0]) for each in numbers[:2])
    assert asked_to_leave - drained >= 1, "the drain is announced first; of a clock that counts whole seconds"
    assert took < 12


def test_a_bridge_that_never_empties_has_its_whole_deadline_and_no_more(world: Path) -> None:
    (world / "endless").touch()
    _, took = run(world, "bridges/scripts/drain.sh", DEADLINE=4, **BRIDGE)
    assert 2.5 < took < 12


@pytest.mark.parametrize("busy", [0, 9])
def test_a_recorder_refuses_new_recordings_and_waits_for_its_own(world: Path, busy: int) -> None:
    (world / "busy").write_text(f"{busy}\n")
    asked, _ = run(world, "recording/scripts/leave.sh", BEAT=0.02, PATIENCE=2)
    assert [line.rpartition("/")[2] for line in asked].count("gracefulShutdown") == 1
    assert len([line for line in asked if line.endswith("/health")]) == busy + 2


RELAY = {"ANNOUNCE": 0, "PAUSE": 0.05, "FIRST_PORT": 49152, "LAST_PORT": 65535}


@pytest.mark.parametrize(("ports", "waits"), [((), False), ((3478, 49151), False), ((49152,), True), ((65535,), True)])
def test_a_relay_waits_while_it_has_sessions_until_its_deadline(
    world: Path, ports: tuple[int, ...], waits: bool
) -> None:
    table = world / "udp"
    lines = [f" {number}: 0100007F:{port:04X} 00000000:0000 07" for number, port in enumerate(ports)]
    table.write_text("\n".join(["  sl  local_address rem_address   st", *lines, ""]))
    _, took = run(world, "turn/scripts/drain.sh", TABLES=table, DEADLINE=2 if waits else 25, **RELAY)
    assert (took > 0.9) if waits else (took < 12)

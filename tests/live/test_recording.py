"""A meeting is recorded, where the programs of recorders (Jibri) are among those of `make live JITSI=DIR`."""

import time

import pytest

from lab.live import stacks
from lab.live.guests import Guests
from lab.live.programs import NEEDED_TO_RECORD, RECORDER, missing

RECORD_SECONDS = 20
START_SECONDS = 120
"""Until a recorder has opened the meeting in its own Chromium, on a machine with other work."""
BYTES = 100_000


@pytest.fixture(scope="module")
def guests(world, jitsi):
    if lacking := missing(jitsi, NEEDED_TO_RECORD):
        pytest.skip(f"no recorder: {', '.join(lacking)}")
    recording = {"bucket": "live-recordings", "max": 1, "longest": "5m", "storage": "1Gi"}
    world.up(stacks.document(recording=recording))
    with Guests(world) as guests:
        yield guests


def test_a_meeting_is_recorded_until_it_is_told_to_stop(world, guests, measured):
    people = guests.meet("lesson")
    host = people[0].page
    host.run(
        "jitsiCall.recording = jitsiCall.room.startRecording({ mode: 'file', appData: '{}' }).then(session => (jitsiCall.session = session))"
    )
    world.until("it is recorded", lambda: host.run("jitsiCall.session?.getStatus()") == "on", START_SECONDS)
    time.sleep(RECORD_SECONDS)
    host.run("jitsiCall.room.stopRecording(jitsiCall.session.getID())")
    measured["bytes"] = world.until("the file is whole", lambda: recorded(world), START_SECONDS)
    assert not any(guest.report()["problems"] for guest in people)


def recorded(world):
    """Size of the recording; 0 until a recorder has marked it as complete."""
    claims = world.folder / "kubelet" / "claims" / stacks.NAMESPACE
    whole = [mark.parent for mark in claims.glob(f"*{RECORDER}*/recordings/*/.upload")]
    files = (file for folder in whole for file in folder.iterdir() if file.suffix in (".mp4", ".mkv"))
    return sum(size for file in files if (size := file.stat().st_size) > BYTES)

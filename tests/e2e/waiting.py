"""Waiting for controllers."""

import time


def eventually(condition, seconds=90.0, pause=0.5):
    """Return once `condition()` holds; fail with its last value after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"did not come true within {seconds} s; last: {value!r}"
        time.sleep(pause)
    return value

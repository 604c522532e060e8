"""How prosody learns that a bridge is dead, and the facts that bound it.

Measured by hand with JVB, jicofo and prosody 13.0.1 of stable-11146-2: with the image's 15 seconds, audio was back 19-22 s after a
crash, since the restarted bridge took the place of the dead one unnoticed; with 3 seconds after 5.1-5.3 s; without any after
1.0-1.7 s, but then everybody was moved whenever a healthy bridge lost its connection. So prosody asks whether the process lives.
"""

HIBERNATION_MODULE = "bridge_hibernation"
WATCH_SECONDS = 1
"""Time between two looks of the module at every bridge, also at those whose connection stands."""
NOTICED_SECONDS = 0.5
"""From the end of a bridge's process until its session ends: the module asks twice a second."""
MOVE_SECONDS = 1.5
"""Audio that a participant misses whom jicofo moves: at most 1.4 s measured onto a warm bridge."""
UNNOTICED_SECONDS = 20
"""Silence after a crash with the image's settings alone."""
JAVA_START_SECONDS = 3.3
"""Least seconds from the start of a bridge's process until it is healthy: 3.3-3.8 s measured on an idle machine."""


def silent_seconds(silent_after: int, *, node: bool = False) -> float:
    """Return how long people hear nothing whose bridge's process ends, or whose node dies."""
    return (silent_after + WATCH_SECONDS if node else NOTICED_SECONDS) + MOVE_SECONDS

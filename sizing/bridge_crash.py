"""How prosody learns that a bridge is dead, and the facts that bound it.

Measured by hand with JVB, jicofo and prosody 13.0.1 of stable-11146-2: with the image's 15 seconds, audio was back 19-22 s after a
crash, since the restarted bridge took the place of the dead one unnoticed; with 3 seconds after 5.1-5.3 s; without any after
1.0-1.7 s, but then everybody was moved whenever a healthy bridge lost its connection. So prosody asks whether the process lives.
"""

HIBERNATION_MODULE = "bridge_hibernation"
IMAGE_HIBERNATION_SECONDS = 15
"""`smacks_hibernation_time` of the image's domain for bridges: how long a live bridge may take to come back without a gap."""
JAVA_START_SECONDS = 3.3
"""Least seconds from the start of a bridge's process until it is healthy: 3.3-3.8 s measured on an idle machine."""

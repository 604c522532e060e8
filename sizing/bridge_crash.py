"""How long prosody keeps the session of a bridge that is gone, and the facts that bound it.

Measured by hand with JVB, jicofo and prosody 13.0.1 of stable-11146-2: with the image's 15 seconds, audio was back 19-22 s after a
crash, since the restarted bridge took the place of the dead one unnoticed; with 3 seconds after 5.1-5.3 s. Without any, everybody
was moved whenever a healthy bridge lost its connection.
"""

HIBERNATION_MODULE = "bridge_hibernation"
HIBERNATION_SECONDS = 3
"""Seconds until jicofo learns that a bridge is gone; a healthy one whose connection broke is back sooner."""
JAVA_START_SECONDS = 3.3
"""Least seconds from the start of a bridge's process until it is healthy: 3.3-3.8 s measured on an idle machine."""

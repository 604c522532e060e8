"""The stack's state, as the engine's backend has it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 120.0
DIY_ORGANIZATION = "organization"  # the engine's owner of every stack in a backend without owners


class StateError(Exception):
    """The state cannot be read; the message says why."""


def qualified(organization: str, project: str, stack: str) -> str:
    """The stack's name for the command line, with its owner if the backend has owners."""
    return stack if organization in ("", DIY_ORGANIZATION) else f"{organization}/{project}/{stack}"


def state(stack: str) -> dict[str, Any]:
    """Output of `pulumi stack export`, with the caller's login and passphrase; secrets stay encrypted.

    A running update has written nothing when its stack is registered, so this is the state before it.

    Raises:
        StateError: the command failed.
    """
    try:
        done = subprocess.run(
            ["pulumi", "stack", "export", "--stack", stack, "--non-interactive", "--color", "never"],
            cwd=PROJECT,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StateError(str(error)) from None
    if done.returncode:
        raise StateError(" ".join(done.stderr.split()) or f"status {done.returncode}")
    return json.loads(done.stdout)

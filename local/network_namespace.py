"""A network of one's own for a process and its children: loopback, and pod addresses that can be listened on.

In it every address of the pod range belongs to this machine, so that a server may stand for a pod at the pod's own
address, and the API server reaches it as it would reach a pod. Nothing gets out of it, and nothing in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from local.control_plane.commands import POD_RANGE

if TYPE_CHECKING:
    from collections.abc import Sequence

_SET_UP = f'ip link set lo up && ip route add local {POD_RANGE} dev lo && exec "$@"'


def isolated(argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` in a network and mount namespace of its own; root in it, whoever calls.

    The command and all it starts end with their namespace: kill the first process, and none is left.
    """
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *_shell(), *argv]


def _shell() -> list[str]:
    return ["sh", "-c", _SET_UP, "isolated"]


def why_not() -> str | None:
    """Why namespaces cannot be made here and what to do, or None where they can."""
    for tool, package in (("unshare", "util-linux"), ("ip", "iproute2")):
        if not shutil.which(tool):
            return f"{tool} is not installed; on Debian and Ubuntu: apt-get install {package}"
    tried = subprocess.run(isolated(["true"]), capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return None
    return (
        f"namespaces cannot be made here ({tried.stderr.strip()}); run as root, or allow them to users: "
        "sysctl kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)"
    )

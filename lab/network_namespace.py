"""A network namespace for a process and its children, with loopback and local pod addresses.

Every address of the pod range is local, so a server can listen at a pod's own address and the API server reaches it there.
The namespace has no connection to other networks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from lab.cluster.commands import POD_RANGE

if TYPE_CHECKING:
    from collections.abc import Sequence

_SET_UP = f'ip link set lo up && ip route add local {POD_RANGE} dev lo && exec "$@"'


def isolated(argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` as root of new network, mount and PID namespaces.

    All processes of the namespace end with the first one.
    """
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *_shell(), *argv]


def _shell() -> list[str]:
    return ["sh", "-c", _SET_UP, "isolated"]


def why_not() -> str | None:
    """The reason why namespaces cannot be created here, with a remedy; None if they can."""
    for tool, package in (("unshare", "util-linux"), ("ip", "iproute2")):
        if not shutil.which(tool):
            return f"{tool} is not installed; on Debian and Ubuntu: apt-get install {package}"
    tried = subprocess.run(isolated(["true"]), capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return None
    return (
        f"namespaces cannot be created here ({tried.stderr.strip()}); run as root, or allow them to users: "
        "sysctl kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)"
    )


def why_no_forwarding() -> str | None:
    """The reason why nodes cannot be played in a namespace, with a remedy; None if they can."""
    if reason := why_not():
        return reason
    if not shutil.which("nft"):
        return "nft is not installed; on Debian and Ubuntu: apt-get install nftables"
    chain = "add table ip trial; add chain ip trial nat { type nat hook prerouting priority dstnat; }"
    tried = subprocess.run(isolated(["nft", chain]), capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return None
    return f"the kernel forwards no packets by nftables ({tried.stderr.strip()}); as root: modprobe -a nf_tables nft_chain_nat"

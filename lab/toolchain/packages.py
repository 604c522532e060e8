"""Debian packages that the tests run. Every test runs the program itself, so a missing one is installed, never skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.progress import Progress

_SBIN = "/usr/sbin:/sbin"
POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian runs it before a package starts a service; exit status 101 forbids that (policy-rc.d's own interface)."""


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package, with a program or a file (a glob below /usr/lib) that shows that it is installed."""

    name: str
    program: str = ""
    file: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether its program is on PATH or in sbin, or its file exists."""
        if self.program:
            return bool(shutil.which(self.program, path=f"{os.environ.get('PATH', '')}:{_SBIN}"))
        return any(Path("/usr/lib").glob(self.file))


PACKAGES = (
    Package("haproxy", "haproxy"),
    Package("prosody", "prosodyctl"),
    Package("prosody-modules", file="prosody/modules/mod_auth_cyrus"),
    Package("lua-cyrussasl", file="*/lua/5.4/cyrussasl.so"),
    Package("coturn", "turnserver"),
    Package("slapd", "slapd"),
    Package("sasl2-bin", "saslauthd"),
    Package("nginx-light", "nginx"),
    Package("rclone", "rclone"),
    Package("curl", "curl"),
    Package("jq", "jq"),
    Package("chromium", "chromium"),
    Package("iproute2", "ip"),
    Package("nftables", "nft"),
)


class MissingPackagesError(Exception):
    """Packages are missing and cannot be installed here; the message names them and the command."""


def ensure_packages(progress: Progress, answer: Callable[[str], str] = input) -> tuple[str, ...]:
    """Install what is missing, as root or, after a question on a terminal, with sudo. Return the names installed.

    Raises:
        MissingPackagesError: not on Debian or Ubuntu, the answer is no, or nobody can be asked.
    """
    missing = tuple(package.name for package in PACKAGES if not package.is_installed)
    if not missing:
        return ()
    line = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if not shutil.which("apt-get"):
        raise MissingPackagesError(f"the tests need {', '.join(missing)} on PATH; install them (Debian: {line})")
    root = os.geteuid() == 0
    if not root and not _agrees(f"The tests need {', '.join(missing)}. Run `sudo {line}`? [y/N] ", answer):
        raise MissingPackagesError(f"the tests need {', '.join(missing)}; run: sudo {line}")
    progress.line(f"Installing {', '.join(missing)} …")
    _install([] if root else ["sudo"], missing)
    left = [package.name for package in PACKAGES if not package.is_installed]
    if left:
        raise MissingPackagesError(f"{', '.join(left)} is still missing after the installation; run: sudo {line}")
    return missing


def _agrees(question: str, answer: Callable[[str], str]) -> bool:
    if not sys.stdin.isatty() or not shutil.which("sudo"):
        return False
    return answer(question).strip().lower() in ("y", "yes")


def _install(prefix: Sequence[str], names: Sequence[str]) -> None:
    """Run apt-get without starting the services of the packages: the tests start what they need."""
    held = not POLICY.exists()
    if held:
        subprocess.run(
            [*prefix, "tee", str(POLICY)], input=b"#!/bin/sh\nexit 101\n", stdout=subprocess.DEVNULL, check=True
        )
        subprocess.run([*prefix, "chmod", "+x", str(POLICY)], check=True)
    try:
        apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        subprocess.run([*apt, "update"], check=True)
        subprocess.run(
            [*apt, "install", "-y", "--no-install-recommends", *names], stdout=subprocess.DEVNULL, check=True
        )
    except subprocess.CalledProcessError as error:
        raise MissingPackagesError(f"`{' '.join(error.cmd)}` failed; see its message above") from None
    finally:
        if held:
            subprocess.run([*prefix, "rm", "-f", str(POLICY)], check=False)

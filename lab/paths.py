"""Paths of the embedded stack: one state folder per checkout, one cache per user."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: the folder that holds Pulumi.yaml and `.venv`."""


def cache_folder() -> Path:
    """The user's cache (`XDG_CACHE_HOME`, else `~/.cache`); safe to delete, slow to refill."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "jitsi-pulumi"


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of an embedded stack. Stacks with different roots share the tool cache only."""

    root: Path
    """The state folder, `.local` in a checkout; ignored by git and safe to delete while nothing runs."""
    project: Path = PROJECT

    @classmethod
    def of_checkout(cls) -> Paths:
        """The paths of this checkout: `.local`, or the folder in `JITSI_LOCAL_STATE`."""
        return cls(Path(os.environ.get("JITSI_LOCAL_STATE") or PROJECT / ".local").resolve())

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; mode 600."""
        return self.root / "kubeconfig"

    @property
    def storage_authority(self) -> Path:
        """CA certificate of the emulated Object Storage."""
        return self.root / "object-storage.pem"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    @property
    def audit_log(self) -> Path:
        """The API server's audit log of writes, one JSON event per line; dry runs show in requestURI."""
        return self.root / "audit.log"

    @property
    def processes(self) -> Path:
        """Records of started processes."""
        return self.root / "processes.json"

    @property
    def ports(self) -> Path:
        """Loopback ports by name, kept across restarts."""
        return self.root / "ports.json"

    @property
    def lock(self) -> Path:
        """Lock held while a command starts or stops processes."""
        return self.root / "lock"

    @property
    def pki(self) -> Path:
        """Certificates, keys and tokens of the control plane."""
        return self.root / "pki"

    @property
    def etcd(self) -> Path:
        """The cluster's database."""
        return self.root / "etcd"

    @property
    def control_plane(self) -> Path:
        """Files of the control plane, rewritten at every start."""
        return self.root / "control-plane"

    @property
    def scaleway(self) -> Path:
        """State of the Scaleway emulator."""
        return self.root / "scaleway"

    @property
    def pulumi_home(self) -> Path:
        """PULUMI_HOME: plugins as links into the tool cache, credentials of the file backend."""
        return self.root / "pulumi"

    @property
    def backend(self) -> Path:
        """The file backend with the state of every stack."""
        return self.root / "state"

    @property
    def passphrase(self) -> Path:
        """Passphrase of the stacks' secrets; random, mode 600."""
        return self.root / "passphrase"

    @property
    def bin(self) -> Path:
        """The engine with the language host beside it, for this checkout."""
        return self.root / "bin"

    def stack_file(self, stack: str) -> Path:
        """The working copy of a stack file, with its secrets."""
        return self.root / f"Pulumi.{stack}.yaml"

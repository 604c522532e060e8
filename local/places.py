"""Where the embedded stack keeps its files: one folder per checkout, one cache per user."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: the folder that holds Pulumi.yaml and `.venv`."""


def cache_folder() -> Path:
    """The user's cache for everything that is slow to get and safe to delete (`XDG_CACHE_HOME`, else `~/.cache`)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "jitsi-pulumi"


@dataclass(frozen=True, slots=True)
class Places:
    """Every file of one embedded stack. Two stacks with different roots share nothing but the tool cache."""

    root: Path
    """The state folder, `.local` in a checkout; ignored by git and safe to delete while nothing runs."""
    project: Path = PROJECT

    @classmethod
    def of_checkout(cls) -> Places:
        """The places of this checkout: `.local`, or what `JITSI_LOCAL_STATE` names."""
        return cls(Path(os.environ.get("JITSI_LOCAL_STATE") or PROJECT / ".local").resolve())

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, for people and for the Kubernetes provider; mode 600."""
        return self.root / "kubeconfig"

    @property
    def storage_authority(self) -> Path:
        """The certificate of the authority that vouches for the emulated Object Storage."""
        return self.root / "object-storage.pem"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    @property
    def audit_log(self) -> Path:
        """Every write that reached the API server, one JSON event per line (dry runs included, visible in requestURI)."""
        return self.root / "audit.log"

    @property
    def processes(self) -> Path:
        """Records of what was started, so that exactly this is ended."""
        return self.root / "processes.json"

    @property
    def ports(self) -> Path:
        """Loopback ports by name, remembered so that a restart keeps its addresses."""
        return self.root / "ports.json"

    @property
    def lock(self) -> Path:
        """Held while a command changes what runs."""
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
        """Files the control plane is started with, written anew each time."""
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
        """The file backend that holds the state of every stack run here."""
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
        """The working copy of a stack file, with the secrets that only live here."""
        return self.root / f"Pulumi.{stack}.yaml"

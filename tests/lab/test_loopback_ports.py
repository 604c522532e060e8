"""Ports stay the same from run to run unless somebody took them."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from lab import ports

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("etcd", "api", "kwok")


def test_ports_are_distinct_and_outside_node_ports_and_ephemeral_ports(tmp_path: Path) -> None:
    chosen = ports.assign(tmp_path / "ports.json", NAMES)
    assert len(set(chosen.values())) == len(NAMES)
    assert all(port < 30000 for port in chosen.values()), "a NodePort or an outgoing connection could sit on it"


def test_a_restart_keeps_its_ports(tmp_path: Path) -> None:
    first = ports.assign(tmp_path / "ports.json", NAMES)
    assert ports.assign(tmp_path / "ports.json", NAMES) == first


def test_a_port_that_somebody_took_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    first = ports.assign(tmp_path / "ports.json", NAMES)
    with socket.create_server(("127.0.0.1", first["api"])):
        second = ports.assign(tmp_path / "ports.json", NAMES)
        assert second["api"] != first["api"]
        assert second["etcd"] == first["etcd"]


def test_a_port_on_which_our_own_process_listens_is_kept(tmp_path: Path) -> None:
    first = ports.assign(tmp_path / "ports.json", NAMES)
    with socket.create_server(("127.0.0.1", first["api"])):
        assert ports.assign(tmp_path / "ports.json", NAMES, in_use=["api"]) == first


def test_assigning_one_name_forgets_no_other(tmp_path: Path) -> None:
    first = ports.assign(tmp_path / "ports.json", NAMES)
    ports.assign(tmp_path / "ports.json", ["scaleway"])
    assert {name: ports.remembered(tmp_path / "ports.json")[name] for name in NAMES} == first


@pytest.mark.parametrize("damage", ["", "{", '{"api": "x", "etcd": -1}', "[1]"])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "ports.json"
    path.write_text(damage)
    assert ports.remembered(path) == {}
    assert set(json.loads(path.read_text()) if ports.assign(path, NAMES) else {}) == set(NAMES)

"""Shards that leave: the running HAProxies know them, and their successors are in the stack file.

Such a shard keeps its rooms until they end, in HAProxy's state `standby`: new rooms open there only while no active shard is ready.
"""

import re
from collections.abc import Iterable, Iterator

from config.releases import are_counterparts
from sizing.edge_shards import EdgeShard

_BACKEND = re.compile(r"^backend signalling$(.*?)^$", re.MULTILINE | re.DOTALL)
_SERVER = re.compile(r"^    server (\S+) (\S+) id (\d+)$", re.MULTILINE)
_VISITORS = re.compile(r"^    server (\S+) (\S+) id \d+ no-check track signalling/(\S+)$", re.MULTILINE)


def known_shards(haproxy_cfg: str) -> tuple[EdgeShard, ...]:
    """Return the shards of a haproxy.cfg as shards that leave; visitor prosodies included."""
    backend = _BACKEND.search(haproxy_cfg)
    return tuple(_shards(backend[1])) if backend else ()


def _shards(backend: str) -> Iterator[EdgeShard]:
    for name, _, number in _SERVER.findall(backend):
        visitors = {
            server.removeprefix(f"{name}-"): address
            for server, address, shard in _VISITORS.findall(backend)
            if shard == name
        }
        yield EdgeShard(name=name, slot=int(number) - 1, state="standby", weight=100, visitors=visitors)


def leaving(known: Iterable[EdgeShard], present: Iterable[EdgeShard], running: Iterable[str]) -> tuple[EdgeShard, ...]:
    """Return the known shards that have a successor in the stack file and still run."""
    names, slots = {shard.name for shard in present}, {shard.slot for shard in present}
    return tuple(
        shard
        for shard in known
        if shard.name not in names
        and shard.slot not in slots
        and shard.name in running
        and any(are_counterparts(shard.name, name) for name in names)
    )

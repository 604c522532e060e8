"""What a known multi-shard deployment configures at its edge, written down from its facts, for comparison.

Facts (hpi-schul-cloud/jitsi-deployment and aporquez/jitsi-multi-shard): round robin; a stick table of 2k strings of 128
characters, kept for a day, over peers; the key is the parameter `room` as the browser spelt it; servers are found by TCP
checks alone. TLS and static servers instead of SRV records are this test's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.ingress.edge_settings import HTTPS_BIND_PORT, PEERS_PORT

if TYPE_CHECKING:
    from edge.edge_world import Haproxy, World


def text(world: World, proxy: Haproxy) -> str:
    peers = [
        f"    peer {other.name} {other.address}:{PEERS_PORT}"  # the local one is listened on
        for other in world.proxies
    ]
    servers = [
        f"    server shard{number} {double.host}:5280 check" for number, double in enumerate(world.shards.values(), 1)
    ]
    return "\n".join(
        [
            "global",
            f"    stats socket {proxy.folder}/admin.sock mode 600 level admin expose-fd listeners",
            "    maxconn 5000",
            "    no strict-limits",
            "    ssl-load-extra-del-ext",
            "defaults",
            "    mode http",
            "    retries 3",
            "    timeout connect 5s",
            "    timeout client 50s",
            "    timeout server 50s",
            "peers mypeers",
            *peers,
            "frontend public",
            f"    bind {proxy.address}:{HTTPS_BIND_PORT} ssl crt {world.root}/tls/fallback/tls.crt",
            "    option forwardfor",
            "    default_backend shards",
            "backend shards",
            "    balance roundrobin",
            "    http-request set-header Room %[urlp(room)]",
            "    acl room_found urlp(room) -m found",
            "    stick-table type string len 128 size 2k expire 1d peers mypeers",
            "    stick on hdr(Room) if room_found",
            *servers,
            "",
        ]
    )

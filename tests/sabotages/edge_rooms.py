"""Sabotages of rooms at the edge: shards, tables and peers of HAProxy."""

from sabotages import Sabotage, container
from sabotages.edge import CONFIG, HAPROXY, line

SABOTAGES: list[Sabotage] = [
    Sabotage(
        "Every shard is a server.", CONFIG, line("server s1 prosody-s1"), "edge-shard-unreachable", "s1 is no server"
    ),
    Sabotage(
        "Every shard is a server.",
        CONFIG,
        line("    server s1 jicofo-s1", "    server s2 jicofo-s1"),
        "edge-shard-unreachable",
    ),
    Sabotage(
        "Servers have their shard's address.",
        CONFIG,
        line("server s0 prosody-s0", "server s0 prosody-s1"),
        "edge-shard-unreachable",
    ),
    Sabotage(
        "Servers have prosody's port.",
        CONFIG,
        line("svc.cluster.local:5280", "svc.cluster.local:5222"),
        "edge-shard-unreachable",
    ),
    Sabotage(
        "Servers are checked.",
        CONFIG,
        line("default-server check inter 2s fastinter 1s downinter 1s fall 3", "default-server inter 2s fall 3"),
        "edge-shard-unreachable",
        "no check",
    ),
    Sabotage(
        "Servers are in service.",
        CONFIG,
        line("web-s0.jitsi.svc.cluster.local:8000 id 1", "web-s0.jitsi.svc.cluster.local:8000 id 1 disabled"),
        "edge-shard-unreachable",
    ),
    Sabotage(
        "Servers are checked.",
        CONFIG,
        line("http-check expect status 200", "http-check expect status 503"),
        "edge-check-differs",
    ),
    Sabotage("A number is one shard.", CONFIG, line("5280 id 2", "5280 id 1"), "edge-room-split"),
    Sabotage(
        "A number chooses its shard.",
        CONFIG,
        line("use-server s0 if { var(txn.shard) -m int 1 }", "use-server s0 if { var(txn.shard) -m int 2 }"),
        "edge-room-split",
    ),
    Sabotage("Open rooms are looked up.", CONFIG, line("table_gpt0(rooms) if named"), "edge-room-split"),
    Sabotage(
        "Rooms decide, not addresses.",
        CONFIG,
        line("url_param(room),lower", "url_param(token),lower"),
        "edge-room-split",
    ),
    Sabotage("No retry elsewhere.", CONFIG, line("no option redispatch"), "edge-room-split"),
    Sabotage("Nothing is balanced.", CONFIG, line(" weight 0", " weight 1"), "edge-room-split"),
    Sabotage("Both shards take rooms.", CONFIG, line("or(2) if all"), "edge-room-split", "missing for s1"),
    Sabotage("Hashes are by number.", CONFIG, line("xxh32(2) if", "xxh32(1) if"), "edge-room-split"),
    Sabotage(
        "Peers share rooms.",
        CONFIG,
        line("store gpt0 peers haproxies", "store gpt0"),
        "edge-table-differs",
        "not shared",
    ),
    Sabotage(
        "Rooms outlive a refresh.", CONFIG, line("size 100000 expire 5m", "size 100000 expire 5s"), "edge-table-differs"
    ),
    Sabotage(
        "The table holds all rooms.", CONFIG, line("size 100000 ", "size 1000 "), "edge-table-differs", "roomTable"
    ),
    Sabotage("Each HAProxy is a peer.", CONFIG, line("server haproxy-1 haproxy-1"), "edge-peers-differ", "haproxy-1"),
    Sabotage(
        "Each HAProxy is a peer.",
        HAPROXY,
        lambda p: p["spec"].update(replicas=3),
        "edge-peers-differ",
        "haproxy-2 is no peer",
    ),
    Sabotage("Each HAProxy agrees.", CONFIG, line("in_table(takers)", "in_table(alive)"), "edge-peers-differ"),
    Sabotage("Peers have addresses.", "jitsi-edge-peer-1", None, "edge-peers-differ"),
    Sabotage(
        "Peers are selected.",
        "jitsi-edge-peer-1",
        lambda p: p["spec"]["selector"].update({"statefulset.kubernetes.io/pod-name": "haproxy-0"}),
        "edge-peers-differ",
    ),
    Sabotage(
        "Peers know each other before they are Ready.",
        "jitsi-edge-peer-0",
        lambda p: p["spec"].pop("publishNotReadyAddresses"),
        "edge-peers-differ",
    ),
    Sabotage("A HAProxy knows its name.", HAPROXY, lambda p: container(p)["args"].remove("-L"), "edge-peers-differ"),
]

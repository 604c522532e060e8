"""Sabotages of the edge's routing as a whole: steps, references, checks, tables, connections and logs."""

from components.ingress.room_routing import NO_BRIDGE_LEFT
from sabotages import Sabotage, container, pods
from sabotages.edge import CONFIG, HAPROXY, SERVICE, below, line

STEPS: list[Sabotage] = [
    Sabotage(
        "A room is its tenant and name.", CONFIG, line("set-var(txn.tenant) path,field(2,/)"), "edge-routing-incomplete"
    ),
    Sabotage("Capitals are the same room.", CONFIG, line("url_dec,lower\n", "url_dec\n"), "edge-routing-incomplete"),
    Sabotage(
        "A new room has no shard.",
        CONFIG,
        line("set-var(txn.pin) int(0)", "set-var(txn.pin) int(1)"),
        "edge-routing-incomplete",
    ),
    Sabotage("All shards may be agreed on.", CONFIG, line("int(268435455)", "int(1)"), "edge-routing-incomplete"),
    Sabotage(
        "HAProxies agree.", CONFIG, line("and(txn.told) if undecided { str(haproxy-1)"), "edge-routing-incomplete"
    ),
    Sabotage("Prosody knows the tenant.", CONFIG, line("set-query prefix="), "edge-routing-incomplete"),
    Sabotage("Prosody knows its host.", CONFIG, line("set-header Host meet.jitsi"), "edge-routing-incomplete"),
    Sabotage("Split rooms are counted.", CONFIG, line("table seats if named"), "edge-routing-incomplete"),
    Sabotage("HAProxies publish.", CONFIG, line("sc-set-gpt0(0) var(txn.takers) if all"), "edge-routing-incomplete"),
    Sabotage(
        "The room is known before it is looked up.",
        CONFIG,
        line("    http-request set-var(txn.pin) int(0)\n", "    http-request set-var(txn.key) str(x)\n"),
        "edge-routing-incomplete",
    ),
    Sabotage(
        "The key comes first.",
        CONFIG,
        line(
            "acl named var(txn.room) -m len gt 0\n",
            "acl named var(txn.room) -m len gt 0\n    http-request set-var(txn.shard) var(txn.kept)\n",
        ),
        "edge-routing-incomplete",
        "order",
    ),
]
BROKEN: list[Sabotage] = [
    Sabotage("Conditions are declared.", CONFIG, line("acl signalling"), "edge-config-broken", "signalling"),
    Sabotage(
        "Backends exist.", CONFIG, line("use_backend signalling if", "use_backend prosody if"), "edge-config-broken"
    ),
    Sabotage("Pages have a backend.", CONFIG, line("default_backend web"), "edge-config-broken", "pages"),
    Sabotage("Browsers reach prosody.", CONFIG, line("use_backend signalling"), "edge-config-broken", "prosody"),
    Sabotage("HAProxy listens.", CONFIG, line("bind :8080"), "edge-config-broken", "8080"),
    Sabotage("HAProxy routes by path.", CONFIG, line("    mode http"), "edge-config-broken", "mode"),
    Sabotage("Addresses are looked up again.", CONFIG, line("parse-resolv-conf"), "edge-config-broken", "resolvers"),
    Sabotage("Lua is there.", CONFIG, lambda p: p["data"].pop("settle.lua"), "edge-config-broken", "settle.lua"),
    Sabotage("Lua is loaded.", CONFIG, line("lua-load"), "edge-config-broken", "Lua"),
    Sabotage(
        "Servers exist.", CONFIG, line("srv_is_up(focus/s1)", "srv_is_up(focus/s9)"), "edge-config-broken", "focus/s9"
    ),
    Sabotage("Conditions end.", CONFIG, line(".endif"), "edge-config-broken", ".endif"),
    Sabotage("TURN has a backend.", CONFIG, line("default_backend coturn"), "edge-config-broken", stack="turn"),
    Sabotage(
        "TURN has a name.", CONFIG, line("tcp-request content accept"), "edge-config-broken", "handshake", stack="turn"
    ),
    Sabotage(
        "TURN is TCP.",
        CONFIG,
        line("backend coturn\n    mode tcp", "backend coturn\n    mode http"),
        "edge-config-broken",
        "modes",
        stack="turn",
    ),
]
CHECKS: list[Sabotage] = [
    Sabotage(
        "Jicofo is asked for its health.", CONFIG, line("uri /about/health", "uri /"), "edge-check-differs", "focus"
    ),
    Sabotage(
        "Meetings outlive jicofo's health.",
        CONFIG,
        line("{ path /shards/s0 } { srv_is_up(bridges/s0) }", "{ path /shards/s0 } { srv_is_up(focus/s0) }"),
        "edge-cuts-meetings",
        "srv_is_up(focus/s0)",
    ),
    Sabotage(
        "Rooms leave a shard without bridges.",
        CONFIG,
        line("{ path /shards/s0 } { int(1),in_table(staffed) }", "{ path /shards/s0 }"),
        "edge-cuts-meetings",
    ),
    Sabotage(
        "HAProxies tell each other of bridges.",
        CONFIG,
        line("table staffed if { path /pulse/s0 } { srv_is_up(bridges/s0) }", "table staffed if { path /pulse/s0 }"),
        "edge-cuts-meetings",
    ),
    Sabotage(
        "Leaving bridges are bridges.",
        CONFIG,
        line(f'expect ! string "{NO_BRIDGE_LEFT}"', 'expect ! string "No operational bridges"'),
        "edge-check-differs",
        "bridges",
    ),
    Sabotage("A shard needs jicofo.", CONFIG, line("uri-lf /shards/%[srv_name]"), "edge-check-differs", "signalling"),
    Sabotage(
        "Pages are asked for.",
        CONFIG,
        line("uri / hdr Host meet.example.org", "uri / hdr Host example.org"),
        "edge-check-differs",
    ),
    Sabotage(
        "Dead shards are noticed.",
        CONFIG,
        line("inter 2s fastinter 1s downinter 1s fall 3 rise 2 weight 0", "inter 60s fall 3 rise 2 weight 0"),
        "edge-check-differs",
        "60s",
    ),
    Sabotage(
        "One lost answer is no failure.",
        CONFIG,
        line("fall 3 rise 2 weight 0", "fall 1 rise 2 weight 0"),
        "edge-check-differs",
    ),
    Sabotage(
        "Shards come back.",
        CONFIG,
        line("fall 3 rise 2\n    server s0 jicofo", "fall 3 rise 200\n    server s0 jicofo"),
        "edge-check-differs",
        "200",
    ),
    Sabotage(
        "HAProxy asks itself.",
        CONFIG,
        line("server all 127.0.0.1:8405", "server all 127.0.0.1:8404"),
        "edge-check-differs",
        "8404",
    ),
    Sabotage("Coturn is asked.", CONFIG, line("tcp-check send-binary"), "edge-check-differs", "STUN", stack="turn"),
    Sabotage(
        "Rooms are keys.",
        CONFIG,
        line("type binary len 20 size 100000", "type binary len 4 size 100000"),
        "edge-table-differs",
        "keys",
    ),
    Sabotage(
        "Tomorrow's room is new.",
        CONFIG,
        line("size 100000 expire 5m", "size 100000 expire 24h"),
        "edge-table-differs",
        "86400",
    ),
    Sabotage(
        "Dead shards are dead.", CONFIG, line("size 100 expire 5s", "size 100 expire 5m"), "edge-table-differs", "alive"
    ),
    Sabotage(
        "Memory holds connections.", CONFIG, line("maxconn 7600", "maxconn 760000"), "edge-connections-differ", "760000"
    ),
    Sabotage("All participants may come.", CONFIG, line("maxconn 7600", "maxconn 76"), "edge-connections-differ", "76"),
    Sabotage(
        "Memory holds connections.",
        HAPROXY,
        lambda p: container(p)["resources"]["limits"].update(memory="128Mi"),
        "edge-connections-differ",
    ),
    Sabotage("Logs name no room.", CONFIG, line(" %HM %HP", " %HM %HU"), "edge-logs-rooms", "%HU"),
    Sabotage("Logs name no room.", CONFIG, line(" %HM %HP", " %{+Q}r"), "edge-logs-rooms"),
    Sabotage("Logs name no room.", CONFIG, line("log-format"), "edge-logs-rooms", "whole URLs"),
    Sabotage(
        "Logs hold no token.",
        CONFIG,
        below("frontend public", "http-request capture req.hdr(authorization) len 99"),
        "edge-logs-rooms",
    ),
    Sabotage(
        "Gone shards let go.",
        CONFIG,
        line(" on-marked-down shutdown-sessions", " "),
        "edge-room-split",
        "websockets stay",
    ),
]
RELOAD: list[Sabotage] = [
    Sabotage("HAProxy runs the file.", HAPROXY, lambda p: container(p)["args"].pop(), "edge-reload-broken", "runs as"),
    Sabotage("HAProxy can reload.", HAPROXY, lambda p: container(p)["args"].remove("-W"), "edge-reload-broken"),
    Sabotage(
        "The sidecar reloads.",
        HAPROXY,
        lambda p: container(p, "reload").update(command=["sleep", "infinity"]),
        "edge-reload-broken",
    ),
    Sabotage(
        "The sidecar signals.", HAPROXY, lambda p: pods(p).update(shareProcessNamespace=False), "edge-reload-broken"
    ),
    Sabotage(
        "The file is mounted.",
        HAPROXY,
        lambda p: pods(p)["volumes"][1]["configMap"].update(name="other"),
        "edge-reload-broken",
    ),
    Sabotage("The sidecar watches.", HAPROXY, lambda p: container(p, "reload")["env"].pop(), "edge-reload-broken"),
    Sabotage(
        "HAProxies take turns.",
        HAPROXY,
        lambda p: container(p, "reload")["env"][1].update(value="1"),
        "edge-reload-broken",
    ),
    Sabotage("The script is there.", CONFIG, lambda p: p["data"].pop("reload.sh"), "edge-reload-broken", "reload.sh"),
    Sabotage("The stack is reachable.", SERVICE, lambda p: p["spec"].update(type="ClusterIP"), "edge-balancer-differs"),
    Sabotage("The stack is reachable.", SERVICE, None, "edge-balancer-differs", "nobody reaches"),
    Sabotage(
        "Private authorities work.",
        HAPROXY,
        lambda p: pods(p)["volumes"][3]["secret"].pop("items"),
        "edge-certificate-differs",
        "ca.crt",
    ),
    Sabotage(
        "HAProxy starts first.",
        HAPROXY,
        lambda p: pods(p)["volumes"][3]["secret"].pop("optional"),
        "edge-certificate-differs",
        stack="dev",
    ),
    Sabotage(
        "Issuers have solvers.",
        "jitsi-edge-issuer",
        lambda p: p["spec"]["acme"].pop("solvers"),
        "edge-certificate-differs",
        stack="dev",
    ),
]
SABOTAGES: list[Sabotage] = [*STEPS, *BROKEN, *CHECKS, *RELOAD]

"""The table of parts: every kind of pod that a stack may run, one record each.

Whatever needs to know which pods exist iterates `PARTS`: the size of the system pool, each container's requests, scrape targets,
network policies, the verdicts of `plan diff`, the rules about resources, and the tables in docs/architecture.md.
"""

from dataclasses import replace

from sizing import outward
from sizing.addresses import C2S_PORT, HTTP_PORT, JICOFO_PORT, S2S_PORT, WEB_PORT
from sizing.haproxy_size import SIDECAR as HAPROXY_SIDECAR
from sizing.monitoring_parts import (
    ALLOY,
    GRAFANA,
    KUBE_METRICS_ADAPTER,
    KUBE_STATE,
    PROBE,
    PROMETHEUS,
    PROMETHEUS_ADAPTER,
)
from sizing.option_parts import COTURN, COTURN_UDP, ETHERPAD, JIBRI, JIGASI, TRANSCRIBER, WHITEBOARD
from sizing.part import (
    ANY_POD,
    ANYWHERE,
    ITSELF,
    METRICS_READER,
    Image,
    Part,
    Port,
    Restart,
    Scrape,
    jitsi_image,
)
from sizing.pod_counts import bridges, edges, jicofos, prosodies, spares, visitor_nodes, webs
from sizing.pod_sizes import BRIDGE_SIDECAR

JVB = Part(
    name="jvb",
    does="videobridge",
    pods=bridges,
    sidecars={"own-pod": BRIDGE_SIDECAR},
    per_shard=True,
    nodes="own",
    image=jitsi_image("jvb"),
    opens=(
        Port("media", None, (ANYWHERE, "jvb", "coturn", "coturn-udp"), "media, relays", protocol="UDP", declared=False),
        Port("rest", 8080, (METRICS_READER, "prosody"), "metrics, health, shutdown without login"),
    ),
    sends=outward.of_bridges,
    scraped=Scrape("rest"),
    restart=Restart(
        cost="drains", rolled="bridges leave share by share, each after its meetings", hurts="shard", own_rule=True
    ),
)
JVB_SPARE = Part(
    name="jvb-spare",
    does="placeholder that keeps a node for the next bridge",
    pods=spares,
    container="spare",
    per_shard=True,
    nodes="own",
    image=replace(jitsi_image("jvb"), writes=()),
    restart=Restart(cost="none", rolled="placeholders, not bridges", off_call=True),
)
JICOFO = Part(
    name="jicofo",
    does="focus: sets up conferences, chooses bridges",
    pods=jicofos,
    per_shard=True,
    image=jitsi_image("jicofo"),
    opens=(Port("http", JICOFO_PORT, (METRICS_READER, "haproxy"), "metrics, health"),),
    scraped=Scrape("http"),
    restart=Restart(
        cost="drops",
        rolled="jicofo {how}: media continues, but nobody can join; then it sets up every conference of the shard again and "
        "re-invites all participants",
        removed="jicofo is deleted: the shard's conferences are no longer set up or maintained",
        hurts="shard",
    ),
)
PROSODY = Part(
    name="prosody",
    does="XMPP server: rooms, in memory",
    pods=prosodies,
    per_shard=True,
    image=jitsi_image("prosody", "/var/lib/prosody"),
    opens=(
        Port("c2s", C2S_PORT, ("jvb", "jicofo", "jibri", "jigasi", "transcriber"), "XMPP clients"),
        Port("http", HTTP_PORT, ("haproxy", "web", METRICS_READER), "BOSH, websocket, metrics"),
        Port("s2s", S2S_PORT, ("visitors",), "XMPP servers, with `visitors`"),
    ),
    sends=outward.of_prosody,
    scraped=Scrape("http"),
    restart=Restart(
        cost="drops",
        rolled="prosody {how}: every room of the shard ends, and all participants rejoin",
        removed="prosody is deleted: every room of the shard ends",
        hurts="shard",
    ),
)
WEB = Part(
    name="web",
    does="nginx with the pages",
    pods=webs,
    per_shard=True,
    image=jitsi_image("web"),
    opens=(Port("http", WEB_PORT, ("haproxy",), "pages"),),
    restart=Restart(
        cost="none",
        rolled="web pods are rolled; participants in a call have already loaded the page",
        removed="the web pages are deleted; participants in a call have already loaded them",
    ),
)
VISITORS = Part(
    name="visitors",
    does="prosody for visitors of very large meetings",
    pods=visitor_nodes,
    per_shard=True,
    key="visitors",
    image=jitsi_image("prosody", "/var/lib/prosody"),
    opens=(
        Port("c2s", C2S_PORT, ("jicofo",), "XMPP clients"),
        Port("s2s", S2S_PORT, ("prosody",), "XMPP servers"),
        Port("http", HTTP_PORT, ("haproxy", METRICS_READER), "BOSH, websocket, metrics"),
    ),
    sends=outward.of_prosody,
    scraped=Scrape("http"),
    restart=Restart(
        cost="drops",
        rolled="visitor prosodies restart one by one: their visitors rejoin",
        replaced="the visitor prosodies are deleted: every visitor is disconnected",
    ),
)
HAPROXY = Part(
    name="haproxy",
    does="edge: TLS, routes rooms to shards",
    pods=edges,
    sidecars={"reload": HAPROXY_SIDECAR},
    image=Image(name="haproxy", uid=99, writes=("/run/haproxy",), since="3.2.4-alpine"),
    opens=(
        Port("http", 8080, (ANYWHERE,), "TCP 80 of the load balancer, PROXY protocol"),
        Port("https", 8443, (ANYWHERE,), "TCP 443 of the load balancer, PROXY protocol"),
        Port("peers", 10000, ("haproxy",), "stick tables"),
        Port("stats", 8404, (ANY_POD,), "metrics, health"),
        Port("shards", 8405, (ITSELF,), "state of the shards", declared=False),
    ),
    scraped=Scrape("stats"),
    restart=Restart(
        cost="none",
        rolled="HAProxy is rolled pod by pod; closed WebSockets reconnect, media does not pass through it",
        gone_cost="drops",
        replaced="HAProxy is replaced, and no HAProxy runs meanwhile: every browser loses signalling",
        removed="HAProxy is removed: every browser loses signalling",
        hurts="stack",
    ),
)
PARTS: tuple[Part, ...] = (
    *(JVB, JICOFO, PROSODY, COTURN, COTURN_UDP, VISITORS, HAPROXY, JIBRI, ALLOY, PROBE, WHITEBOARD, ETHERPAD, WEB),
    *(JVB_SPARE, JIGASI, TRANSCRIBER, PROMETHEUS, PROMETHEUS_ADAPTER, KUBE_METRICS_ADAPTER, GRAFANA, KUBE_STATE),
)
NAMED = {part.name: part for part in PARTS}

"""Parts that a key of the stack file adds: TURN, recorders, telephones, transcription, whiteboard, documents.

The whole table is `sizing.parts`.
"""

from config.turn import UDP_PORT
from sizing import outward
from sizing.part import (
    ANYWHERE,
    ITSELF,
    KUBELET,
    METRICS_READER,
    NOBODY,
    Image,
    Part,
    Port,
    Restart,
    Scrape,
    jitsi_image,
)
from sizing.pod_counts import gateways, one_where, recorders, transcribers, turn_pods, udp_turn_pods
from sizing.pod_sizes import RECORDER_EXPORTER, RECORDER_UPLOADER, PodSize

COTURN_SIZE = PodSize(250, 256)
"""A relayed packet costs two copies and no cryptography, so a whole core carries some hundred people."""
_COTURN_IMAGE = Image(name="coturn", uid=NOBODY, writes=("/run/coturn",), since="4.7.0-alpine")
_RELAYED = Port(
    "relay", 49152, ("jvb",), "media of the bridges", protocol="UDP", last=65535, declared=False
)  # RFC 8656
_COTURN_METRICS = Port("metrics", 9641, (METRICS_READER,), "metrics")  # coturn's default
_COTURN_RESTART = Restart(
    cost="drops", rolled="coturn ends: relayed clients, behind strict firewalls, lose media and rejoin"
)
COTURN = Part(
    name="coturn",
    does="TURN over TLS, behind HAProxy",
    pods=turn_pods,
    size=COTURN_SIZE,
    key="turn",
    image=_COTURN_IMAGE,
    opens=(Port("turn", 3480, ("haproxy",), "TURN, PROXY protocol"), _RELAYED, _COTURN_METRICS),
    scraped=Scrape("metrics"),
    restart=_COTURN_RESTART,
    zone_loss="people behind strict firewalls lose their media until it has started in another zone, within ten minutes",
)
COTURN_UDP = Part(
    name="coturn-udp",
    does="TURN over UDP, on public addresses",
    pods=udp_turn_pods,
    size=COTURN_SIZE,
    container="coturn",
    key="turn.udp",
    nodes="own",
    image=_COTURN_IMAGE,
    opens=(
        Port("turn", UDP_PORT, (ANYWHERE,), "TURN; on the node `turn.udp.port`", protocol="UDP"),
        _RELAYED,
        _COTURN_METRICS,
    ),
    scraped=Scrape("metrics"),
    restart=_COTURN_RESTART,
    zone_loss="no TURN over UDP until the zone is back; browsers use TURN over TLS meanwhile",
)
JIBRI = Part(
    name="jibri",
    does="recorder",
    pods=recorders,
    sidecars={"watch": RECORDER_EXPORTER, "upload": RECORDER_UPLOADER},
    key="recording",
    nodes="own",
    image=jitsi_image("jibri", "/dev/shm", "/storage"),  # noqa: S108 - Chrome's shared memory
    opens=(
        Port("metrics", 9464, (METRICS_READER,), "metrics"),
        Port("api", 2222, (ITSELF,), "health", declared=False),
        Port("internal", 3333, (ITSELF,), "shutdown", declared=False),
    ),
    asks=(("haproxy", "https"),),
    sends=outward.of_recorders,
    scraped=Scrape(
        "metrics", "/metrics.txt"
    ),  # its server makes the type that Prometheus insists on of the file's ending
    restart=Restart(
        cost="drains", rolled="recorders leave after their current recording; calls continue", own_rule=True
    ),
    zone_loss="running recordings end; what was not uploaded is on volumes of the zone, and nothing records until it is back",
)
JIGASI = Part(
    name="jigasi",
    does="telephone gateway",
    pods=gateways,
    size=PodSize(1000, 2048),  # assumed: 25 calls, each decoded, mixed and encoded, take less than a core
    key="jigasi",
    nodes="own",
    image=jitsi_image("jigasi", "/tmp/transcripts"),  # noqa: S108
    opens=(
        Port("media", None, (ANYWHERE,), "media, 4 ports for each call", protocol="UDP"),
        Port("rest", 8788, (KUBELET,), "health, shutdown without login", declared=False),
    ),
    asks=(("haproxy", "https"),),
    sends=outward.of_gateways,
    restart=Restart(
        cost="drains",
        rolled="gateways leave one by one: each waits for its telephone calls, up to its deadline",
        replaced="gateways are deleted: each waits for its telephone calls, up to its deadline",
    ),
    zone_loss="telephone calls end, and none is possible until the zone is back",
)
TRANSCRIBER = Part(
    name="transcriber",
    does="transcription by Jigasi",
    pods=transcribers,
    size=PodSize(500, 2048),
    key="jigasi",
    image=jitsi_image("jigasi", "/tmp/transcripts"),  # noqa: S108
    opens=(Port("rest", 8788, (KUBELET,), "health, shutdown without login", declared=False),),
    asks=(("haproxy", "https"),),
    sends=outward.of_transcribers,
    restart=Restart(cost="none", rolled="calls continue; subtitles pause until they are switched on again"),
    zone_loss="subtitles end until it has started in another zone, within ten minutes",
)
WHITEBOARD = Part(
    name="whiteboard",
    does="whiteboard server, keeps nothing",
    pods=one_where(lambda config: config.whiteboard),
    size=PodSize(100, 256),  # assumed: it passes messages on; one may have 20 MB (upstream's maxHttpBufferSize)
    key="whiteboard",
    image=Image(
        name="whiteboard",
        uid=1000,
        writes=("/tmp",),  # noqa: S108
        since="2026.3.0",
        command=("node", "dist/index.js"),  # what `npm start` runs last; the image was built with dist in it
        spared={"/excalidraw-backend/dist": "`npm start` compiles into it at every start, with up to 222 MiB"},
    ),
    opens=(
        Port("http", 3002, ("web",), "socket.io"),  # upstream's port in development, as 80 is for root
        Port("metrics", 9090, (METRICS_READER,), "metrics"),  # fixed upstream
    ),
    scraped=Scrape("metrics"),
    restart=Restart(cost="none", rolled="calls continue; browsers reopen the whiteboard, and each has the drawing"),
    zone_loss="whiteboards pause until it has started in another zone, within ten minutes",
)
ETHERPAD = Part(
    name="etherpad",
    does="shared documents",
    pods=one_where(lambda config: config.documents),
    size=PodSize(200, 512),  # assumed: its file database is held in memory
    key="documents",
    keeps="shared documents",
    image=Image(
        name="etherpad",
        uid=5001,
        writes=("/tmp", "/opt/etherpad-lite/var", "/opt/etherpad-lite/src/plugin_packages"),  # noqa: S108
        since="2.0.3",
        until="3",
    ),
    opens=(Port("http", 9001, ("web",), "documents"),),
    restart=Restart(cost="none", rolled="calls continue; documents without a volume are lost", own_rule=True),
    zone_loss="documents are closed until the zone is back; without a volume they are lost, and it starts in another zone within ten minutes",
)

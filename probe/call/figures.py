"""What one participant of a call saw, and what that means in words an operator can act on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from probe.cluster import Bridge

ESTABLISHED = ("connected", "completed")
LOGIN = "login is on, and the room wants one: put a token into JITSI_CALL_TOKEN, or an account into JITSI_CALL_USER and JITSI_CALL_PASSWORD"
MEANS = {
    "connection.passwordRequired": LOGIN,
    "conference.authenticationRequired": LOGIN,
    "connection.droppedError": "signalling broke off: look at HAProxy's and prosody's logs of this shard",
    "connection.otherError": "signalling does not come up: look at `make probe`, then at HAProxy and prosody of this shard",
    "connection.serverError": "prosody or the edge refuses signalling: look at `make probe`, then at prosody of this shard",
    "connection.shardChangedError": "the edge sent the participant to another shard in the middle of the call",
    "connection.conferenceRequestFailed": "jicofo does not answer for a new room: look at jicofo of this shard",
    "conference.connectionError.notAllowed": "the token is refused: compare its iss, aud, sub, room and exp with auth.jwt (docs/access.md)",
    "conference.connectionError.membersOnly": "the room has a lobby or waits for its host; call with a token or an account that may open it",
    "conference.connectionError.accessDenied": "the room lets this participant not in; call with a token or an account that may open it",
    "conference.max_users": "the room is full: meetings.maxParticipants is below the participants of this call",
    "conference.videobridgeNotAvailable": "jicofo has no bridge for the room: look whether bridges of this shard are Ready and have joined",
    "conference.focusLeft": "jicofo left the room: look at jicofo of this shard",
    "conference.focusDisconnected": "jicofo lost the room: look at jicofo of this shard",
    "conference.gracefulShutdown": "the bridge leaves and takes no new room, and jicofo found no other",
    "conference.iceFailed": "no path for media came up",
    "conference.offerAnswerFailed": "browser and bridge did not agree on media; compare the release of web, jicofo and bridges",
    "interrupted": "media broke off in the middle of the call",
}
"""Reasons of the client library (JitsiConnectionErrors, JitsiConferenceErrors) -> what to do."""
OF_THE_PATH = ("conference.iceFailed", "interrupted")
"""Reasons that only repeat what the path itself tells better."""
TURN, UDP = "turn", "udp"
DEVICES = ("audio", "video")
_MEDIA = {
    "audioOut": "sends no audio",
    "videoOut": "sends no video",
    "audioIn": "hears nobody",
    "videoIn": "sees nobody",
}
"""Kind of media in a report -> what is said if there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One participant's figures; rates are over the last seconds of the call. Every field is in the JSON report."""

    shard: str
    path: str
    """`udp`, or `turn` with UDP blocked in the browser."""
    participant: int
    problem: str = ""
    """What failed, and where to look; empty if everything worked."""
    skipped: bool = False
    joined_seconds: float | None = None
    media_seconds: float | None = None
    """From the start until audio and video came in."""
    ice: str = "none"
    via: str = ""
    """The browser's side of the path: `host udp`, `srflx udp`, `relay tls`."""
    address: str = ""
    """The bridge's side: address and port."""
    bridge: str = ""
    """Pod of the bridge; empty if it is not known."""
    audio_kbps: float = 0.0
    video_kbps: float = 0.0
    streams: int = 0
    """Incoming streams."""
    loss_percent: float = 0.0
    rtt_ms: float | None = None
    channel: bool = False
    visitor: str = ""
    """Visitor node to which jicofo sent the participant, who then hears and sees, and sends nothing (`visitors.participants`)."""


def rates(before: Mapping[str, Any], after: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Incoming kbit/s and loss between two reports of a page."""

    def grown(kind: str, name: str) -> float:
        return max(0.0, float(after[kind][name]) - float(before[kind][name]))

    packets, lost = (sum(grown(kind, name) for kind in ("audioIn", "videoIn")) for name in ("packets", "lost"))
    return {
        "audio_kbps": round(grown("audioIn", "bytes") * 8 / 1000 / seconds, 1),
        "video_kbps": round(grown("videoIn", "bytes") * 8 / 1000 / seconds, 1),
        "loss_percent": round(100 * lost / (packets + lost), 2) if packets + lost else 0.0,
        "streams": int(after["audioIn"]["streams"] + after["videoIn"]["streams"]),
    }


def path_of(report: Mapping[str, Any], bridges: Sequence[Bridge]) -> dict[str, Any]:
    """Both sides of the media path. A bridge is found by any address that it offers, since a relayed path ends at its pod."""
    remote, local = report.get("remote"), report.get("local") or ("", "", "")
    offered = {(address, port) for address, port in report["offered"]}
    known = [each for each in bridges if (each.address, each.port) in offered]
    rtt = report.get("rtt")
    return {
        "ice": report["ice"],
        "via": " ".join(filter(None, local[:2])),
        "address": f"{remote[0]}:{remote[1]}" if remote else "",
        "bridge": known[0].pod if known else "",
        "rtt_ms": round(rtt * 1000, 1) if rtt is not None else None,
        "channel": bool(report["channel"]),
        "visitor": report["visitor"],
        "joined_seconds": round(report["joined"], 2) if report["joined"] else None,
    }


def works(report: Mapping[str, Any], devices: Sequence[str] = DEVICES) -> bool:
    """Whether a participant hears and sees others, is heard and seen unless it is a visitor, and has a data channel; `devices` are those that all use."""
    media = all(report[kind]["packets"] > 0 for kind in _expected(report, devices))
    seen = "video" not in devices or report["videoIn"]["frames"] > 0
    return media and seen and report["channel"] and report["ice"] in ESTABLISHED


def _expected(report: Mapping[str, Any], devices: Sequence[str] = DEVICES) -> Iterable[str]:
    ways = ("In",) if report["visitor"] else ("Out", "In")
    return (f"{device}{way}" for way in ways for device in devices)


def problem(report: Mapping[str, Any], path: str, turn_host: str | None) -> str:
    """What is wrong, from the first step that failed; empty if nothing is."""
    for each in report["problems"]:
        reason = each["reason"]
        if reason not in OF_THE_PATH:
            told = f" ({each['detail']})" if each["detail"] else ""
            return f"{MEANS.get(reason, f'the client library says {reason}')}{told}"
    if report["joined"] is None:
        return "not joined in time, without a reason: look at prosody and jicofo of this shard"
    if not report["session"]:
        return "joined, but jicofo offers no media: it has no bridge (are those of this shard Ready?), or the other one did not come"
    if report["ice"] not in ESTABLISHED:
        return _no_path(report, path, turn_host)
    if report["dtls"] != "connected":
        return f"the path stands, but encryption does not (DTLS {report['dtls']}): look at the bridge's log"
    return _no_media(report) or next((MEANS[each["reason"]] for each in report["problems"]), "")


def _no_path(report: Mapping[str, Any], path: str, turn_host: str | None) -> str:
    offered = ", ".join(dict.fromkeys(f"{address}:{port}" for address, port in report["offered"])) or "no address"
    if path == UDP:
        return (
            f"no UDP path; the bridge offers {offered}: is one of these its node's public address, and does every firewall on the way "
            "let the port in (docs/install.md)?"
        )
    turns = [url for url in report["servers"] if url.startswith("turn")]
    if not turns:
        return f"prosody announces no TURN server, though the stack has {turn_host}: prosody may run an older config"
    return (
        f"no path over {', '.join(turns)}; the bridge offers {offered}: does TURN answer (`make probe`), and may coturn reach the pods "
        "of bridges (turn.peers)?"
    )


def _no_media(report: Mapping[str, Any]) -> str:
    missing = [_MEDIA[kind] for kind in _expected(report) if not report[kind]["packets"]]
    if missing:
        return f"the path stands, but this participant {' and '.join(missing)}: look at the bridge's log, and at the other participant"
    if not report["videoIn"]["frames"]:
        return "video comes in, but no picture can be decoded: look at codecs in the stack file, and at loss"
    if not report["channel"]:
        return "the data channel does not open: the bridge cannot tell who speaks or send more than small video; compare releases"
    return ""

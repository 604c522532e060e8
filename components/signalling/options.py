"""What options of the stack ask of web, prosody and jicofo of every shard: variables, names in the Secret, addresses.

An option that is not set adds nothing, so that a stack without it is rendered as if it did not exist.
"""

from dataclasses import dataclass

from components.collaboration.places import ETHERPAD, ETHERPAD_PORT, WHITEBOARD, WHITEBOARD_PORT, url
from components.recording import environment as recorders
from components.signalling.addresses import C2S_PORT, HTTP_PORT, S2S_PORT, ShardNames
from config.jigasi import Jigasi
from config.passwords import JIGASI_USERS, RECORDER_USERS
from config.recording import Recording
from config.visitors import MOST_NODES, Visitors

Values = dict[str, str | int | bool]

S2S_LIMIT = "512kb/s"
"""What one visitor prosody may send to the main one, and back; the image's 30kb/s delays a large meeting's presences. As C2S_LIMIT."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The options that are set."""

    domain: str = ""
    """Where browsers open meetings; needed with a whiteboard."""
    visitors: Visitors | None = None
    recording: Recording | None = None
    jigasi: Jigasi | None = None
    whiteboard: bool = False
    documents: bool = False

    @property
    def passwords(self) -> dict[str, str]:
        """Users that prosody makes beside those of every shard: variable -> the password's name."""
        return {**(JIGASI_USERS if self.jigasi else {}), **(RECORDER_USERS if self.recording else {})}

    def prosody(self, names: ShardNames) -> Values:
        """The main prosody: it opens server-to-server, TCP 5269, to its visitor prosodies alone (`s2s_whitelist`).

        It is told of every visitor prosody that there may ever be: one more must not restart it.
        """
        values = self._transcriptions() | recorders.prosody(self.recording)
        if self.visitors:
            values |= self._visitors(names, MOST_NODES, S2S_PORT) | {"PROSODY_S2S_LIMIT": S2S_LIMIT}
        return values

    def jicofo(self, names: ShardNames) -> Values:
        """Jicofo logs in to each visitor prosody as a client, so it is told of those that run, and restarts for another one."""
        values = recorders.jicofo(self.recording)
        if self.visitors:
            values |= {
                **self._visitors(names, self.visitors.nodes, C2S_PORT),
                "VISITORS_MAX_PARTICIPANTS": self.visitors.participants,
                "VISITORS_MAX_VISITORS_PER_NODE": self.visitors.visitors_per_node,
            }
        if self.jigasi and self.jigasi.sip:
            values["JIGASI_SIP_URI"] = self.jigasi.sip.account  # that it is there lets jicofo look for gateways
        values |= self._transcriptions()
        if self.documents:
            # A document is open to whoever knows its name; a meeting's own name would be one that people know.
            values["ENABLE_SHARED_DOCUMENT_RANDOM_NAME"] = True
        return values

    def web(self, names: ShardNames) -> Values:
        """Web's config.js, and where its nginx passes /socket.io/ and /etherpad/ on to."""
        values = recorders.web(self.recording) | ({"ENABLE_VISITORS": True} if self.visitors else {})
        if self.whiteboard:
            values |= {
                "WHITEBOARD_ENABLED": True,
                "WHITEBOARD_COLLAB_SERVER_URL_BASE": url(WHITEBOARD, WHITEBOARD_PORT, names.namespace),
                "WHITEBOARD_COLLAB_SERVER_PUBLIC_URL": f"https://{self.domain}",
            }
        if self.jigasi and self.jigasi.transcription:
            values |= {**self._transcriptions(), "PREFERRED_LANGUAGE": self.jigasi.transcription.language}
        sip = self.jigasi.sip if self.jigasi else None
        if sip and sip.numbers_url and sip.conference_mapper_url:
            values |= {"DIALIN_NUMBERS_URL": sip.numbers_url, "CONFCODE_URL": sip.conference_mapper_url}
        if self.documents:
            values["ETHERPAD_URL_BASE"] = url(ETHERPAD, ETHERPAD_PORT, names.namespace)
            values["ETHERPAD_PUBLIC_URL"] = f"https://{self.domain}/etherpad/p/"
        return values

    def _transcriptions(self) -> Values:
        return {"ENABLE_TRANSCRIPTIONS": True} if self.jigasi and self.jigasi.transcription else {}

    @staticmethod
    def _visitors(names: ShardNames, nodes: int, port: int) -> Values:
        addresses = (f"{visitor_host(names, number)}:{port}" for number in range(nodes))
        return {"ENABLE_VISITORS": True, "VISITORS_XMPP_SERVER": ",".join(addresses)}


NOTHING = Options()


def visitor_host(names: ShardNames, number: int) -> str:
    """Name of one visitor prosody's pod, behind the headless Service."""
    return f"{names.of('visitors')}-{number}.{names.host('visitors')}"


def visitor_addresses(names: ShardNames, visitors: Visitors | None) -> dict[str, str]:
    """The clients' parameter `vnode` (v0, v1, …) -> where the edge finds that visitor prosody."""
    nodes = visitors.nodes if visitors else 0
    return {f"v{number}": f"{visitor_host(names, number)}:{HTTP_PORT}" for number in range(nodes)}

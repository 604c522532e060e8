"""Variables, passwords and addresses that the stack's options add to web, prosody and jicofo of every shard.

An option that is not set adds nothing.
"""

from dataclasses import dataclass

from components.collaboration.addresses import ETHERPAD, ETHERPAD_PORT, WHITEBOARD, WHITEBOARD_PORT, url
from components.recording import environment as recorders
from config.cluster import CLUSTER_DOMAIN
from config.jigasi import DEFAULT_LANGUAGE, Jigasi, Transcription
from config.passwords import JIGASI_USERS, RECORDER_USERS
from config.recording import Recording
from config.stack import StackConfig
from config.visitors import MAX_NODES, Visitors
from sizing.addresses import C2S_PORT, HTTP_PORT, S2S_PORT, ShardNames

Values = dict[str, str | int | bool]

S2S_LIMIT = "512kb/s"
"""Rate limit between a visitor prosody and the main one, as C2S_LIMIT: the image's 30kb/s delays presence in large meetings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Options of a stack. The defaults are those of a stack that sets none."""

    domain: str = ""
    """Host name of the meetings, which the whiteboard and documents need."""
    dns_domain: str = CLUSTER_DOMAIN
    visitors: Visitors | None = None
    recording: Recording | None = None
    jigasi: Jigasi | None = None
    whiteboard: bool = False
    documents: bool = False

    @classmethod
    def of(cls, config: StackConfig) -> "Options":
        """The options of a stack."""
        return cls(
            domain=config.domain,
            dns_domain=config.cluster.domain,
            visitors=config.visitors,
            recording=config.recording,
            jigasi=config.jigasi,
            whiteboard=config.whiteboard,
            documents=config.documents is not None,
        )

    @property
    def passwords(self) -> dict[str, str]:
        """Prosody users that options add: variable -> name of the password."""
        return {**(JIGASI_USERS if self.jigasi else {}), **(RECORDER_USERS if self.recording else {})}

    def prosody(self, names: ShardNames) -> Values:
        """Variables of the main prosody, which allows server-to-server (TCP 5269) only with its visitor prosodies.

        It lists the maximum number of visitor prosodies, so adding one does not restart it.
        """
        values = self.every_prosody()
        if self.visitors:
            values |= self._visitors(names, MAX_NODES, S2S_PORT) | {"PROSODY_S2S_LIMIT": S2S_LIMIT}
        return values

    def every_prosody(self) -> Values:
        """Variables of main and visitor prosodies alike: who records and transcribes may join on both."""
        return self._transcriptions() | recorders.prosody(self.recording)

    def jicofo(self, names: ShardNames) -> Values:
        """Variables of jicofo, which logs in to each visitor prosody, so adding one restarts it."""
        values = recorders.jicofo(self.recording)
        if self.visitors:
            values |= {
                **self._visitors(names, self.visitors.nodes, C2S_PORT),
                "VISITORS_MAX_PARTICIPANTS": self.visitors.participants,
                "VISITORS_MAX_VISITORS_PER_NODE": self.visitors.visitors_per_node,
            }
        if self.jigasi and self.jigasi.sip:
            values["JIGASI_SIP_URI"] = self.jigasi.sip.account  # its presence makes jicofo look for gateways
        values |= self._transcriptions()
        if self.documents:
            # Anyone who knows a document's name can open it, and names of meetings are known.
            values["ENABLE_SHARED_DOCUMENT_RANDOM_NAME"] = True
        return values

    def web(self, names: ShardNames) -> Values:
        """Variables of web: config.js, and the upstreams of /socket.io/ and /etherpad/ in nginx."""
        values = recorders.web(self.recording) | ({"ENABLE_VISITORS": True} if self.visitors else {})
        if self.whiteboard:
            values |= {
                "WHITEBOARD_ENABLED": True,
                "WHITEBOARD_COLLAB_SERVER_URL_BASE": url(WHITEBOARD, WHITEBOARD_PORT, names),
                "WHITEBOARD_COLLAB_SERVER_PUBLIC_URL": f"https://{self.domain}",
            }
        if self.jigasi and self.jigasi.transcription:
            values |= self._transcriptions() | _language(self.jigasi.transcription)
        sip = self.jigasi.sip if self.jigasi else None
        if sip and sip.numbers_url and sip.conference_mapper_url:
            values |= {"DIALIN_NUMBERS_URL": sip.numbers_url, "CONFCODE_URL": sip.conference_mapper_url}
        if self.documents:
            values["ETHERPAD_URL_BASE"] = url(ETHERPAD, ETHERPAD_PORT, names)
            values["ETHERPAD_PUBLIC_URL"] = f"https://{self.domain}/etherpad/p/"
        return values

    def _transcriptions(self) -> Values:
        return {"ENABLE_TRANSCRIPTIONS": True} if self.jigasi and self.jigasi.transcription else {}

    @staticmethod
    def _visitors(names: ShardNames, nodes: int, port: int) -> Values:
        addresses = (f"{visitor_host(names, number)}:{port}" for number in range(nodes))
        return {"ENABLE_VISITORS": True, "VISITORS_XMPP_SERVER": ",".join(addresses)}


NOTHING = Options()


def _language(transcription: Transcription) -> Values:
    """The spoken language. By default pages ask for that of their own texts, and the first variable counts for none."""
    if transcription.language is None:
        return {"PREFERRED_LANGUAGE": DEFAULT_LANGUAGE}
    return {"PREFERRED_LANGUAGE": transcription.language, "USE_APP_LANGUAGE": False}


def visitor_host(names: ShardNames, number: int) -> str:
    """Host name of a visitor prosody's pod, from the headless Service."""
    return f"{names.of('visitors')}-{number}.{names.host('visitors')}"


def visitor_addresses(names: ShardNames, visitors: Visitors | None) -> dict[str, str]:
    """Clients' parameter `vnode` (v0, v1, …) -> address of that visitor prosody."""
    nodes = visitors.nodes if visitors else 0
    return {f"v{number}": f"{visitor_host(names, number)}:{HTTP_PORT}" for number in range(nodes)}

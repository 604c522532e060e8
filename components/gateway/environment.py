"""Environment of jigasi in its two modes; secrets come from elsewhere."""

from collections.abc import Sequence

from components.signalling.access import on_all
from components.signalling.addresses import C2S_PORT, XMPP_AUTH_DOMAIN, XMPP_DOMAIN, ShardNames
from components.signalling.environment import Environment
from config.access import Auth
from config.jigasi import Sip, Transcription

SERVICES = {
    "vosk": "org.jitsi.jigasi.transcription.VoskTranscriptionService",
    "whisper": "org.jitsi.jigasi.transcription.WhisperTranscriptionService",
}
"""Backend -> jigasi's class; Google's is its default."""


def _both(domain: str, shards: Sequence[ShardNames], auth: Auth, heap_mib: int) -> dict[str, str | int | bool]:
    """Jigasi waits in the brewery of every shard, and joins a meeting by the edge, which alone knows the meeting's shard."""
    return {
        **{key: value for key, value in on_all(auth).items() if key in ("ENABLE_AUTH", "ENABLE_GUESTS")},
        "PUBLIC_URL": f"https://{domain}",
        "BOSH_URL_PATTERN": f"https://{domain}{{subdomain}}/http-bind?room={{roomName}}",
        "XMPP_SERVER": ",".join(f"{names.xmpp_server}:{C2S_PORT}:{names.shard}" for names in shards),
        "XMPP_DOMAIN": XMPP_DOMAIN,
        "XMPP_AUTH_DOMAIN": XMPP_AUTH_DOMAIN,
        "SHUTDOWN_REST_ENABLED": True,
        "JIGASI_MAX_MEMORY": f"{heap_mib}m",
    }


def sip(
    domain: str, shards: Sequence[ShardNames], auth: Auth, settings: Sip, *, heap_mib: int, visitors: bool
) -> Environment:
    """A gateway for telephones."""
    return {
        **_both(domain, shards, auth, heap_mib),
        "JIGASI_MODE": "sip",
        "JIGASI_SIP_URI": settings.account,
        "JIGASI_SIP_SERVER": settings.server,
        "JIGASI_SIP_PORT": settings.port,
        "JIGASI_SIP_TRANSPORT": settings.transport,
        "JIGASI_ENABLE_SDES_SRTP": settings.srtp,
        "JIGASI_PORT_MIN": settings.first_port,
        "JIGASI_PORT_MAX": settings.last_port,
        **({"JIGASI_SIP_DEFAULT_ROOM": settings.default_room} if settings.default_room else {}),
        **({"ENABLE_VISITORS": True} if visitors else {}),
    }


def transcriber(
    domain: str, shards: Sequence[ShardNames], auth: Auth, settings: Transcription, heap_mib: int
) -> Environment:
    """A transcriber: what is said goes to the backend, and its text to the meeting alone; nothing is written."""
    return {
        **_both(domain, shards, auth, heap_mib),
        "JIGASI_MODE": "transcriber",
        "ENABLE_TRANSCRIPTIONS": True,
        "JIGASI_TRANSCRIBER_ENABLE_SAVING": False,
        **(
            {
                "JIGASI_TRANSCRIBER_CUSTOM_SERVICE": SERVICES[settings.backend],
                f"JIGASI_TRANSCRIBER_{settings.backend.upper()}_URL": str(settings.url),
            }
            if settings.backend in SERVICES
            else {}
        ),
    }

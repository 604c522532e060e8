"""Jigasi's environment in both modes, without secrets."""

from collections.abc import Sequence

from components.signalling.access import on_all
from components.signalling.environment import Environment
from config.access import Auth
from config.jigasi import Sip, Transcription
from sizing.addresses import C2S_PORT, XMPP_AUTH_DOMAIN, XMPP_DOMAIN, ShardNames

SERVICES = {
    "vosk": "org.jitsi.jigasi.transcription.VoskTranscriptionService",
    "whisper": "org.jitsi.jigasi.transcription.WhisperTranscriptionService",
}
"""Backend -> jigasi's class; Google is the default."""


def _both(domain: str, shards: Sequence[ShardNames], auth: Auth, heap_mib: int) -> dict[str, str | int | bool]:
    """Return the settings of both modes. Jigasi registers in every shard's brewery, and joins meetings through ingress, which routes to their shard."""
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
    """Return the environment of a SIP gateway."""
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
        **({"JIGASI_SIP_KEEP_ALIVE_METHOD": settings.keep_alive} if settings.keep_alive else {}),
        **({"JIGASI_SIP_DEFAULT_ROOM": settings.default_room} if settings.default_room else {}),
        **({"ENABLE_VISITORS": True} if visitors else {}),
    }


def transcriber(
    domain: str, shards: Sequence[ShardNames], auth: Auth, settings: Transcription, heap_mib: int
) -> Environment:
    """Return the environment of a transcriber. Audio goes to the backend and text to the meeting only; nothing is stored."""
    return {
        **_both(domain, shards, auth, heap_mib),
        "JIGASI_MODE": "transcriber",
        "ENABLE_TRANSCRIPTIONS": True,
        "JIGASI_TRANSCRIBER_ENABLE_SAVING": False,
        **({"JIGASI_TRANSCRIBER_FILTER_SILENCE": True} if settings.filter_silence else {}),
        **({"JIGASI_TRANSCRIBER_WHISPER_PRIVATE_KEY_NAME": settings.key_name} if settings.key_name else {}),
        **(
            {
                "JIGASI_TRANSCRIBER_CUSTOM_SERVICE": SERVICES[settings.backend],
                f"JIGASI_TRANSCRIBER_{settings.backend.upper()}_URL": str(settings.url),
            }
            if settings.backend in SERVICES
            else {}
        ),
    }

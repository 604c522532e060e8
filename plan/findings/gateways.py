"""Rules about dial-in and transcription."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from plan.findings.rule import Hit, Subject, rule

WHISPER_PATH = "/streaming-whisper/ws"  # jitsi/skynet, and jigasi #576


@rule("dial-in-not-shown", "info")
def dial_in_not_shown(subject: Subject) -> Iterator[Hit]:
    """Meetings show no dial-in number."""
    sip = subject.config.jigasi.sip if subject.config.jigasi else None
    if sip and sip.numbers_url is None:
        yield Hit(
            "jigasi.sip.numbersUrl",
            "not set: meetings show no telephone number and no PIN"
            + (
                ""
                if sip.default_room
                else ", and a call reaches a meeting only through the provider's X-Room-Name header"
            ),
            "set numbersUrl and the conferenceMapperUrl of a conference mapper",
        )


@rule("one-gateway", "info")
def one_gateway(subject: Subject) -> Iterator[Hit]:
    """All dial-in calls go through one pod."""
    sip = subject.config.jigasi.sip if subject.config.jigasi else None
    if sip and sip.replicas == 1:
        yield Hit(
            "jigasi.sip.replicas",
            f"1: losing its node ends all calls, and an update waits up to {sip.deadline}s for them while nobody can "
            "dial in",
            "set jigasi.sip.replicas: 2",
        )


@rule("whisper-without-path", "warning")
def whisper_without_path(subject: Subject) -> Iterator[Hit]:
    """The address of a Whisper server has no path."""
    transcription = subject.config.jigasi.transcription if subject.config.jigasi else None
    if transcription and transcription.backend == "whisper" and not urlsplit(transcription.url or "").path.strip("/"):
        yield Hit(
            "jigasi.transcription.url",
            f"{transcription.url} has no path, and Skynet, the server of Whisper, listens at {WHISPER_PATH}: no subtitles appear",
            f"set url to {(transcription.url or '').rstrip('/')}{WHISPER_PATH}",
        )


@rule("speech-leaves", "warning")
def speech_leaves(subject: Subject) -> Iterator[Hit]:
    """Speech is sent to a third party."""
    transcription = subject.config.jigasi.transcription if subject.config.jigasi else None
    if transcription and transcription.backend == "google":
        yield Hit(
            "jigasi.transcription.backend",
            "google: speech in meetings with subtitles is sent to Google Cloud",
            "use vosk or whisper on your own server, or get every participant's consent",
        )

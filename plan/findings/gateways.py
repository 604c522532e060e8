"""Rules about telephones and transcription."""

from collections.abc import Iterator

from plan.findings.rule import Found, Subject, rule


@rule("dial-in-not-shown", "info")
def dial_in_not_shown(subject: Subject) -> Iterator[Found]:
    """Nobody is told which number to call."""
    sip = subject.config.jigasi.sip if subject.config.jigasi else None
    if sip and sip.numbers_url is None:
        yield Found(
            "jigasi.sip.numbersUrl",
            "none: meetings show no telephone number and no PIN"
            + ("" if sip.default_room else ", and a call reaches a meeting only by the provider's header X-Room-Name"),
            "set numbersUrl and conferenceMapperUrl of a conference mapper",
        )


@rule("one-gateway", "info")
def one_gateway(subject: Subject) -> Iterator[Found]:
    """Every telephone hangs on one pod."""
    sip = subject.config.jigasi.sip if subject.config.jigasi else None
    if sip and sip.replicas == 1:
        yield Found(
            "jigasi.sip.replicas",
            f"1: its node's loss ends all calls, and an update waits up to {sip.deadline}s for them while nobody can call",
            "set jigasi.sip.replicas: 2",
        )


@rule("speech-leaves", "warning")
def speech_leaves(subject: Subject) -> Iterator[Found]:
    """What is said in meetings goes to another company."""
    transcription = subject.config.jigasi.transcription if subject.config.jigasi else None
    if transcription and transcription.backend == "google":
        yield Found(
            "jigasi.transcription.backend",
            "google: what is said in a meeting with subtitles is sent to Google Cloud",
            "take vosk or whisper on a server of your own, or agree with everybody on it",
        )

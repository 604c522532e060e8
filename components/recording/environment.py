"""Recording settings of prosody, jicofo and web, and the recorders' accounts. As in Jitsi release 11146."""

from config.recording import Recording

HIDDEN_DOMAIN = "hidden.meet.jitsi"  # participants of this domain are hidden from the meeting
BREWERY = "jibribrewery"
CONTROL_USER = "jibri"
BROWSER_USER = "recorder"

Environment = dict[str, str | int | bool]


def accounts() -> Environment:
    """Return the user names of the two accounts."""
    return {
        "XMPP_HIDDEN_DOMAIN": HIDDEN_DOMAIN,
        "JIBRI_XMPP_USER": CONTROL_USER,
        "JIBRI_RECORDER_USER": BROWSER_USER,
    }


def prosody(recording: Recording | None) -> Environment:
    """Return prosody's settings: the hidden domain and both accounts."""
    return {"ENABLE_RECORDING": True, **accounts()} if recording else {}


def jicofo(recording: Recording | None) -> Environment:
    """Return jicofo's settings: the recorders' brewery and the trusted hidden domain."""
    if not recording:
        return {}
    return {"ENABLE_RECORDING": True, "XMPP_HIDDEN_DOMAIN": HIDDEN_DOMAIN, "JIBRI_BREWERY_MUC": BREWERY}


def web(recording: Recording | None) -> Environment:
    """Return the web settings for the recording menu."""
    if not recording:
        return {}
    return {
        "ENABLE_RECORDING": True,
        "ENABLE_SERVICE_RECORDING": True,
        "ENABLE_FILE_RECORDING_SHARING": False,
        "ENABLE_LIVESTREAMING": recording.streaming is not None,
        "XMPP_HIDDEN_DOMAIN": HIDDEN_DOMAIN,
    }

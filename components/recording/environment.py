"""What prosody, jicofo and web are told about recorders, and the accounts that recorders use. Release 11146."""

from config.recording import Recording

HIDDEN_DOMAIN = "hidden.meet.jitsi"  # who logs in there is seen by nobody in the meeting
BREWERY = "jibribrewery"
CONTROL_USER = "jibri"
BROWSER_USER = "recorder"

Environment = dict[str, str | int | bool]


def accounts() -> Environment:
    """The names behind the two passwords."""
    return {
        "XMPP_HIDDEN_DOMAIN": HIDDEN_DOMAIN,
        "JIBRI_XMPP_USER": CONTROL_USER,
        "JIBRI_RECORDER_USER": BROWSER_USER,
    }


def prosody(recording: Recording | None) -> Environment:
    """The hidden domain and both accounts."""
    return {"ENABLE_RECORDING": True, **accounts()} if recording else {}


def jicofo(recording: Recording | None) -> Environment:
    """Where recorders announce themselves; who comes from the hidden domain is trusted."""
    if not recording:
        return {}
    return {"ENABLE_RECORDING": True, "XMPP_HIDDEN_DOMAIN": HIDDEN_DOMAIN, "JIBRI_BREWERY_MUC": BREWERY}


def web(recording: Recording | None) -> Environment:
    """The menu's entries."""
    if not recording:
        return {}
    return {
        "ENABLE_RECORDING": True,
        "ENABLE_SERVICE_RECORDING": True,
        "ENABLE_FILE_RECORDING_SHARING": False,
        "ENABLE_LIVESTREAMING": recording.streaming is not None,
        "XMPP_HIDDEN_DOMAIN": HIDDEN_DOMAIN,
    }

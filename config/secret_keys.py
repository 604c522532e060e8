"""Keys under `jitsi:` that are secrets and never enter the models: which there are, which a stack needs, and how each is set."""

from config.stack import StackConfig

SECRET_KEYS = (
    "secretSeed",
    "jwtSecret",
    "ldapPassword",
    "users",
    "sipPassword",
    "googleCredentials",
    "kubeconfig",
    "recordingAccessKey",
    "recordingSecretKey",
    "lokiPassword",
)
SECRET_COMMANDS = {name: f"pulumi config set --secret jitsi:{name}" for name in SECRET_KEYS} | {
    "secretSeed": "openssl rand -hex 32 | pulumi config set --secret jitsi:secretSeed",
    "users": "pulumi config set --secret jitsi:users < users.json",
    "googleCredentials": "pulumi config set --secret jitsi:googleCredentials < key.json",
    "kubeconfig": "pulumi config set --secret jitsi:kubeconfig < kubeconfig.yaml",
}
"""How each is set."""


def needed_secrets(config: StackConfig) -> tuple[str, ...]:
    """Names of those without which the program refuses to run."""
    jigasi, recording = config.jigasi, config.recording
    transcription = jigasi.transcription if jigasi else None
    own_bucket = recording is not None and recording.endpoint is not None
    wanted = {
        "secretSeed": True,
        **dict.fromkeys(config.auth.secrets, True),
        "sipPassword": jigasi is not None and jigasi.sip is not None,
        "googleCredentials": transcription is not None and transcription.backend == "google",
        "kubeconfig": config.cluster.kind == "existing",
        "recordingAccessKey": own_bucket,
        "recordingSecretKey": own_bucket,
        "lokiPassword": config.monitoring.logs.needs_password,
    }
    return tuple(name for name in SECRET_KEYS if wanted.get(name))

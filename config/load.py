"""The one door to `pulumi.Config`."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as engine_config

from config.access import HASHES
from config.accounts import users_problems
from config.problems import ConfigError, Problem
from config.read import PROJECT, parse
from config.stack import SECRET_KEYS, StackConfig

COMMANDS = {
    "lokiPassword": "pulumi config set --secret jitsi:lokiPassword",
    "recordingAccessKey": "pulumi config set --secret jitsi:recordingAccessKey",
    "recordingSecretKey": "pulumi config set --secret jitsi:recordingSecretKey",
    "secretSeed": "openssl rand -hex 32 | pulumi config set --secret jitsi:secretSeed",
    "jwtSecret": "pulumi config set --secret jitsi:jwtSecret",
    "ldapPassword": "pulumi config set --secret jitsi:ldapPassword",
    "users": "pulumi config set --secret jitsi:users < users.json",
    "sipPassword": "pulumi config set --secret jitsi:sipPassword",
    "googleCredentials": "pulumi config set --secret jitsi:googleCredentials < key.json",
    "kubeconfig": "pulumi config set --secret jitsi:kubeconfig < kubeconfig.yaml",
}
"""How each secret is set."""
BREAKERS = {"jwtSecret": '"\\\n\r\0', "ldapPassword": "\n\r\0"}
"""Characters that the files of Jitsi's image cannot hold: the one stands in a Lua string, the other on a line of saslauthd's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Secrets:
    """What must never enter the models: secret outputs, `None` or left out where the stack needs none."""

    seed: pulumi.Output[str]
    access: Mapping[str, pulumi.Output[str]]
    """Name under `jitsi:` -> value, of those that `auth` needs."""
    sip_password: pulumi.Output[str] | None
    google_credentials: pulumi.Output[str] | None
    kubeconfig: pulumi.Output[str] | None
    recording_access_key: pulumi.Output[str] | None
    recording_secret_key: pulumi.Output[str] | None
    loki_password: pulumi.Output[str] | None


def load() -> tuple[StackConfig, Secrets]:
    """The running stack's config and its secrets.

    Raises:
        pulumi.RunError: the config is wrong or a secret is missing; the message holds every problem, one per line.
    """
    values = {**engine_config.get_config_env(), **engine_config.CONFIG.get()}
    problems: list[Problem] = []
    config: StackConfig | None = None
    try:
        config = parse(values)
    except ConfigError as error:
        problems.extend(error.problems)
    problems.extend(_missing_secrets(values, config))
    if config:
        problems.extend(_unusable_secrets(values, config))
    if problems or config is None:
        raise pulumi.RunError(
            "The stack's config cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems)
        )
    if config.auth.needs_jwt_secret and len(values[f"{PROJECT}:jwtSecret"].encode()) < HASHES:
        pulumi.log.warn(
            f"jwtSecret is shorter than {HASHES} bytes, so one token is enough to guess it by trying; make a new one: openssl rand -hex 32"
        )
    settings = pulumi.Config(PROJECT)
    telephones, google = _jigasi_needs(config)
    own_bucket = config.recording is not None and config.recording.endpoint is not None
    return config, Secrets(
        seed=settings.require_secret("secretSeed"),
        access={name: settings.require_secret(name) for name in config.auth.secrets},
        sip_password=settings.require_secret("sipPassword") if telephones else None,
        google_credentials=settings.require_secret("googleCredentials") if google else None,
        kubeconfig=settings.require_secret("kubeconfig") if config.cluster.kind == "existing" else None,
        recording_access_key=settings.require_secret("recordingAccessKey") if own_bucket else None,
        recording_secret_key=settings.require_secret("recordingSecretKey") if own_bucket else None,
        loki_password=settings.require_secret("lokiPassword") if config.monitoring.logs.needs_password else None,
    )


def _jigasi_needs(config: StackConfig) -> tuple[bool, bool]:
    """Whether the provider's password is needed, and Google's credentials."""
    jigasi = config.jigasi
    transcription = jigasi.transcription if jigasi else None
    telephones = jigasi is not None and jigasi.sip is not None
    return telephones, transcription is not None and transcription.backend == "google"


def _missing_secrets(values: dict[str, str], config: StackConfig | None) -> list[Problem]:
    problems = []
    needed = {"secretSeed"}
    if config:
        needed |= {*config.auth.secrets, *(["kubeconfig"] if config.cluster.kind == "existing" else [])}
        telephones, google = _jigasi_needs(config)
        needed |= {*(["sipPassword"] if telephones else []), *(["googleCredentials"] if google else [])}
        if config.recording and config.recording.endpoint:
            needed |= {"recordingAccessKey", "recordingSecretKey"}
        if config.monitoring.logs.needs_password:
            needed.add("lokiPassword")
    secret_keys = {*engine_config.get_config_secret_keys_env(), *engine_config._SECRET_KEYS.get()}  # noqa: SLF001
    for name in SECRET_KEYS:
        key = f"{PROJECT}:{name}"
        if name in needed and not values.get(key):
            problems.append(Problem(name, f"required secret, and not set; run: {COMMANDS[name]}"))
        elif key in values and key not in secret_keys:
            remedy = COMMANDS[name] if name in needed else f"pulumi config rm {key}"
            problems.append(Problem(name, f"stands in the stack file in plain text; run: {remedy}"))
    return problems


def _unusable_secrets(values: dict[str, str], config: StackConfig) -> list[Problem]:
    """Secrets that are there and cannot work; their values are never repeated."""
    problems = []
    for name in config.auth.secrets:
        text = values.get(f"{PROJECT}:{name}", "")
        if name == "users":
            problems += users_problems(text) if text else []
        elif text != text.strip() or any(char in text for char in BREAKERS[name]):
            quotes = "a quote, a backslash, " if '"' in BREAKERS[name] else ""
            problems.append(
                Problem(
                    name,
                    f"holds {quotes}a line break or a space at an end, on which the templates of Jitsi's image break; take "
                    f"another, and run: {COMMANDS[name]}",
                )
            )
    return problems

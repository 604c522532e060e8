"""Loads the running stack; the only module that reads `pulumi.Config`."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as engine_config

from config.access import MIN_KEY_BYTES
from config.problems import ConfigError, Problem
from config.read import PROJECT, parse
from config.secret_keys import needed_secrets
from config.secret_problems import secret_problems
from config.stack import StackConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Secrets:
    """Secrets as outputs; None or absent if the stack does not need them."""

    seed: pulumi.Output[str]
    access: Mapping[str, pulumi.Output[str]]
    """Name under `jitsi:` -> value, of the secrets that prosody reads: those of `auth`, and of `turn.servers`."""
    sip_password: pulumi.Output[str] | None
    google_credentials: pulumi.Output[str] | None
    whisper_key: pulumi.Output[str] | None
    registry_password: pulumi.Output[str] | None
    kubeconfig: pulumi.Output[str] | None
    recording_access_key: pulumi.Output[str] | None
    recording_secret_key: pulumi.Output[str] | None
    loki_password: pulumi.Output[str] | None


def load() -> tuple[StackConfig, Secrets]:
    """Return the running stack's config and secrets.

    Raises:
        pulumi.RunError: the config is wrong or a secret is missing; the message lists every problem, one per line.
    """
    values = {**engine_config.get_config_env(), **engine_config.CONFIG.get()}
    problems: list[Problem] = []
    config: StackConfig | None = None
    encrypted = {*engine_config.get_config_secret_keys_env(), *engine_config._SECRET_KEYS.get()}  # noqa: SLF001
    try:
        config = parse(values)
        problems.extend(secret_problems(values, encrypted, needed_secrets(config)))
    except ConfigError as error:
        problems.extend([*error.problems, *secret_problems(values, encrypted, error.secrets, is_certain=False)])
    if problems or config is None:
        raise pulumi.RunError("The stack's config is invalid:\n" + "\n".join(f"  {problem}" for problem in problems))
    if config.auth.needs_jwt_secret and len(values[f"{PROJECT}:jwtSecret"].encode()) < MIN_KEY_BYTES:
        pulumi.log.warn(
            f"jwtSecret is shorter than {MIN_KEY_BYTES} bytes and can be guessed from a single token; generate a new one: openssl rand -hex 32"
        )
    settings = pulumi.Config(PROJECT)
    needed = needed_secrets(config)

    def secret(name: str) -> pulumi.Output[str] | None:
        return settings.require_secret(name) if name in needed else None

    return config, Secrets(
        seed=settings.require_secret("secretSeed"),
        access={
            name: settings.require_secret(name)
            for name in (*config.auth.secrets, *(["turnSecret"] if "turnSecret" in needed else []))
        },
        sip_password=secret("sipPassword"),
        google_credentials=secret("googleCredentials"),
        whisper_key=secret("whisperKey"),
        registry_password=secret("registryPassword"),
        kubeconfig=secret("kubeconfig"),
        recording_access_key=secret("recordingAccessKey"),
        recording_secret_key=secret("recordingSecretKey"),
        loki_password=secret("lokiPassword"),
    )

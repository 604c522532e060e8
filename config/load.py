"""The one door to `pulumi.Config`."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as engine_config

from config.access import HASHES
from config.accounts import users_problems
from config.problems import ConfigError, Problem
from config.read import PROJECT, parse
from config.secret_keys import SECRET_COMMANDS, SECRET_KEYS, needed_secrets
from config.stack import StackConfig

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
    needed = needed_secrets(config)

    def secret(name: str) -> pulumi.Output[str] | None:
        return settings.require_secret(name) if name in needed else None

    return config, Secrets(
        seed=settings.require_secret("secretSeed"),
        access={name: settings.require_secret(name) for name in config.auth.secrets},
        sip_password=secret("sipPassword"),
        google_credentials=secret("googleCredentials"),
        kubeconfig=secret("kubeconfig"),
        recording_access_key=secret("recordingAccessKey"),
        recording_secret_key=secret("recordingSecretKey"),
        loki_password=secret("lokiPassword"),
    )


def _missing_secrets(values: dict[str, str], config: StackConfig | None) -> list[Problem]:
    problems = []
    needed = needed_secrets(config) if config else ("secretSeed",)
    secret_keys = {*engine_config.get_config_secret_keys_env(), *engine_config._SECRET_KEYS.get()}  # noqa: SLF001
    for name in SECRET_KEYS:
        key = f"{PROJECT}:{name}"
        if name in needed and not values.get(key):
            problems.append(Problem(name, f"required secret, and not set; run: {SECRET_COMMANDS[name]}"))
        elif key in values and key not in secret_keys:
            remedy = SECRET_COMMANDS[name] if name in needed else f"pulumi config rm {key}"
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
                    f"another, and run: {SECRET_COMMANDS[name]}",
                )
            )
    return problems

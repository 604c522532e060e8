"""The one door to `pulumi.Config`."""

from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as engine_config

from config.problems import ConfigError, Problem
from config.read import PROJECT, parse
from config.stack import SECRET_KEYS, StackConfig

SEED_COMMAND = "openssl rand -hex 32 | pulumi config set --secret jitsi:secretSeed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Secrets:
    """What must never enter the models: secret outputs, `None` where the stack needs none."""

    seed: pulumi.Output[str]
    jwt: pulumi.Output[str] | None
    kubeconfig: pulumi.Output[str] | None


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
    if problems or config is None:
        raise pulumi.RunError(
            "The stack's config cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems)
        )
    settings = pulumi.Config(PROJECT)
    return config, Secrets(
        seed=settings.require_secret("secretSeed"),
        jwt=settings.require_secret("jwtSecret") if config.auth.needs_jwt_secret else None,
        kubeconfig=settings.require_secret("kubeconfig") if config.cluster.kind == "existing" else None,
    )


def _missing_secrets(values: dict[str, str], config: StackConfig | None) -> list[Problem]:
    problems = []
    commands = {"secretSeed": SEED_COMMAND}
    if config and config.auth.needs_jwt_secret:
        commands["jwtSecret"] = "pulumi config set --secret jitsi:jwtSecret"
    if config and config.cluster.kind == "existing":
        commands["kubeconfig"] = "pulumi config set --secret jitsi:kubeconfig < kubeconfig.yaml"
    secret_keys = {*engine_config.get_config_secret_keys_env(), *engine_config._SECRET_KEYS.get()}  # noqa: SLF001
    for name in SECRET_KEYS:
        key = f"{PROJECT}:{name}"
        if name in commands and not values.get(key):
            problems.append(Problem(name, f"required secret, and not set; run: {commands[name]}"))
        elif key in values and key not in secret_keys:
            problems.append(
                Problem(
                    name,
                    f"stands in the stack file in plain text; run: {commands.get(name, f'pulumi config rm {key}')}",
                )
            )
    return problems

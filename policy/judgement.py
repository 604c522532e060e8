"""What the rules say of one update: before anything is made, and of what the engine has registered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from config.passwords import derive_bytes, password, password_names
from config.problems import ConfigError
from config.read import PROJECT, parse
from config.secret_keys import SECRET_KEYS
from config.stack import StackConfig
from plan.diff.result import diff
from plan.diff.state import comparable, deployed, known
from plan.evaluate import evaluate
from plan.findings.check import check as check_config
from plan.findings.rule import Finding, Subject
from plan.guard import blind, guard
from plan.recorder import Resource
from plan.resources.check import check as check_resources
from plan.resources.made import Made
from policy.running import StateError, state


@dataclass(frozen=True)
class Update:
    """One preview or update of a stack: what the engine tells a policy pack of it. `values` are decrypted."""

    stack: str
    named: str
    """The stack as the command line takes it."""
    values: Mapping[str, str]
    secret_keys: frozenset[str]
    today: date
    preview: bool = False

    @cached_property
    def config(self) -> StackConfig | None:
        """The stack's config; none where the program will refuse it, and say why."""
        try:
            return parse(self.values)
        except ConfigError:
            return None

    @property
    def secrets(self) -> dict[str, str]:
        """The stack's secrets, by name."""
        return {name: text for name in SECRET_KEYS if (text := self.values.get(f"{PROJECT}:{name}"))}

    @property
    def plain_secrets(self) -> tuple[str, ...]:
        """Names of secrets that are not marked as such."""
        return tuple(name for name in self.secrets if f"{PROJECT}:{name}" not in self.secret_keys)


def texts_of_secrets(config: StackConfig, secrets: Mapping[str, str]) -> frozenset[str]:
    """The secrets and every password that is derived from them, to be searched for where they must not stand."""
    found = set(secrets.values())
    if seed := secrets.get("secretSeed"):
        names = password_names([shard.name for shard in config.shards])
        found |= {password(seed, name, config.secret_generations) for name in names}
        found |= {derive_bytes(seed, name, config.secret_generations, 32).hex() for name in names}
    return frozenset(found)


def forecast(update: Update) -> tuple[Finding, ...]:
    """Everything that can be said before the first resource is made. Empty for a config that the program will refuse.

    Rules about resources see what the recorder says the program will make; in a preview they wait for the engine's own
    resources, as nothing is made there.
    """
    config = update.config
    if config is None:
        return ()
    found = [*check_config(Subject(update.stack, config, update.today, update.plain_secrets))]
    if update.preview and not config.protect:
        return tuple(found)
    running: Mapping[str, Any] = {}
    if config.protect:
        try:
            running = state(update.named)
        except StateError as error:
            found.append(blind(update.named, str(error)))
    ids = known(running)
    try:
        made = evaluate(update.values, update.stack, opened_secrets=update.secrets, known=ids)
    except Exception as error:  # noqa: BLE001 - the program fails of the same, and says so itself; the guard must not be passed by it
        reason = f"the program cannot be looked ahead ({type(error).__name__})"
        return (
            (*found, blind(update.named, reason))
            if config.protect and not isinstance(error, ConfigError)
            else tuple(found)
        )
    found += check_resources(Made(config, made, texts_of_secrets(config, update.secrets)))
    if ids:
        before = deployed(running)
        found += guard(diff(update.named, "what runs", before, comparable(made, before)), config.allow_disruption)
    return tuple(found)


def review(update: Update, registered: Sequence[Resource], told: Iterable[Finding]) -> Iterator[Finding]:
    """What the rules about resources find in those that the engine has registered, beside what was `told` before."""
    config = update.config
    if config is None:
        return
    known_already = {(finding.rule, finding.where) for finding in told}
    for finding in check_resources(Made(config, tuple(registered), texts_of_secrets(config, update.secrets))):
        if (finding.rule, finding.where) not in known_already:
            yield finding

"""Passwords derived from the stack's seed, and annotations that roll the pods that use them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.self_signed import KeyPair, self_signed
from config.passwords import fingerprint, mark_of, password

Annotations = dict[str, pulumi.Output[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Passwords:
    """The seed and the generation of each name. Every output is secret unless stated otherwise."""

    seed: pulumi.Output[str]
    generations: Mapping[str, int]

    def of(self, name: str) -> pulumi.Output[str]:
        """Password of a name."""
        return self.seed.apply(lambda seed: password(seed, name, self.generations))

    def certificate(self, host: str, others: Sequence[str] = ()) -> pulumi.Output[KeyPair]:
        """Self-signed certificate for `host` and `others`, with its key."""
        return self.seed.apply(lambda seed: self_signed(seed, host, self.generations, others))

    def each(self, names: Mapping[str, str]) -> dict[str, pulumi.Output[str]]:
        """Passwords of several names, by the same keys."""
        return {key: self.of(name) for key, name in names.items()}

    def mark(self, *names: str) -> Annotations:
        """Non-secret annotation that changes with these passwords."""
        mark = self.seed.apply(lambda seed: fingerprint(seed, names, self.generations))
        return {"jitsi.org/passwords": pulumi.Output.unsecret(mark)}

    def mark_secrets(self, annotation: str, *secrets: pulumi.Output[str] | None) -> Annotations:
        """Non-secret annotation that changes with secrets that do not derive from the seed. Empty without any."""
        values = [secret for secret in secrets if secret is not None]
        if not values:
            return {}
        mark = pulumi.Output.all(self.seed, *values).apply(lambda resolved: mark_of(resolved[0], resolved[1:]))
        return {annotation: pulumi.Output.unsecret(mark)}

"""What the policy pack does with a finding: refuse the update, print it, or nothing."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, WithJsonSchema

from config.model import Model

Level = Literal["mandatory", "advisory", "disabled"]
_FINGERPRINT = re.compile(r"drops-[0-9a-f]{12}")


def _fingerprint(text: str) -> str:
    if not _FINGERPRINT.fullmatch(text):
        raise ValueError(
            f"names the one change that may drop calls, such as drops-0123456789ab, as the policy's refusal prints it; got {text!r}"
        )
    return text


Fingerprint = Annotated[
    str,
    AfterValidator(_fingerprint),
    WithJsonSchema({"type": "string", "pattern": f"^{_FINGERPRINT.pattern}$"}),
]
"""What names one change that drops calls."""


class Enforcement(Model):
    """How findings count where the engine runs the policy pack: mandatory refuses, advisory prints."""

    errors: Level = "mandatory"
    """Findings of severity error."""
    warnings: Level = "advisory"
    """Findings of severity warning."""
    infos: Level = "disabled"
    """Findings of severity info."""
    rules: dict[str, Level] = {}
    """Name of a rule -> how it counts, whatever its severity; `drops-calls` is the guard of protected stacks."""

    def level(self, rule: str, severity: str) -> Level:
        """How a finding of this rule counts."""
        by_severity: dict[str, Level] = {"error": self.errors, "warning": self.warnings, "info": self.infos}
        return self.rules.get(rule, by_severity[severity])

    @property
    def is_off(self) -> bool:
        """Whether no rule is looked at."""
        return {self.errors, self.warnings, self.infos, *self.rules.values()} == {"disabled"}

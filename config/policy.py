"""What the policy pack does with a finding: refuse the update, print it, or nothing."""

import re
from typing import Annotated, Literal

from pydantic import WithJsonSchema

from config.model import Model, of_form

Level = Literal["mandatory", "advisory", "disabled"]
GUARD = "drops-calls"
"""The guard of protected stacks: no change that throws people out of calls, unless it was allowed."""
_FINGERPRINT = re.compile(r"drops-[0-9a-f]{12}")


Fingerprint = Annotated[
    str,
    of_form(
        _FINGERPRINT,
        "names the one change that may drop calls, such as drops-0123456789ab, as the policy's refusal prints it",
    ),
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
    """Name of a rule -> how it counts, whatever its severity. `drops-calls`, the guard of protected stacks, is mandatory unless it
    stands here."""

    def level(self, rule: str, severity: str) -> Level:
        """How a finding of this rule counts."""
        if rule == GUARD:
            chosen = self.rules.get(GUARD, "mandatory")
            return chosen if severity == "error" or chosen == "disabled" else "advisory"
        by_severity: dict[str, Level] = {"error": self.errors, "warning": self.warnings, "info": self.infos}
        return self.rules.get(rule, by_severity[severity])

    def is_off(self, *, protect: bool) -> bool:
        """Whether no rule is looked at; on a protected stack the guard is one."""
        guarded = protect and self.level(GUARD, "error") != "disabled"
        others = {level for rule, level in self.rules.items() if rule != GUARD}
        return {self.errors, self.warnings, self.infos} | others == {"disabled"} and not guarded

"""Names of all rules that a stack may weigh in `policy.rules`."""

from plan.findings.check import RULES as ABOUT_CONFIG
from plan.resources.check import RULES as ABOUT_RESOURCES

GUARD = "drops-calls"
"""The guard of protected stacks: no change that throws people out of calls, unless it was allowed."""

NAMES = (*(rule.name for rule in ABOUT_CONFIG), *(rule.name for rule in ABOUT_RESOURCES), GUARD)

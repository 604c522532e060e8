"""Names of all rules that a stack may weigh in `policy.rules`."""

from config.policy import GUARD
from plan.findings.check import RULES as ABOUT_CONFIG
from plan.resources.check import RULES as ABOUT_RESOURCES

NAMES = (*(rule.name for rule in ABOUT_CONFIG), *(rule.name for rule in ABOUT_RESOURCES), GUARD)

"""Rules about tokens: what prosody checks of them."""

from collections.abc import Iterator

from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.templates import templates, wrong_variables
from sizing.parts import PROSODY


@rule("tenant-unchecked", "error")
def tenant_unchecked(stack: Resources) -> Iterator[Hit]:
    """Prosody does not hold tokens to their tenant as the stack file says."""
    jwt = stack.config.auth.jwt
    right = {"JWT_ENABLE_DOMAIN_VERIFICATION": "1" if jwt and jwt.tenants else None}
    for template in templates(stack, PROSODY.name):
        problems = wrong_variables(template.main, right)
        if problems:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{'; '.join(problems)}: a token opens rooms of another tenant, or none at all",
                "leave the variable to the program; auth.jwt.tenants sets it",
            )

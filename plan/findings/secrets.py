"""Rules about secrets and environment variables."""

from collections.abc import Iterator

from config.secret_keys import SECRETS
from plan.findings.rule import Hit, Subject, rule

LOCAL = "local"
"""The stack of `make up`, which makes the secrets that its file lacks."""


@rule("secret-missing", "warning")
def secret_missing(subject: Subject) -> Iterator[Hit]:
    """A required secret is missing from the stack file."""
    for name in subject.missing_secrets if subject.stack != LOCAL else ():
        yield Hit(
            name,
            "is not set in the stack file; pulumi up refuses to run without it",
            f"run: {SECRETS[name].command}",
        )


@rule("environment-overrides", "warning")
def environment_overrides(subject: Subject) -> Iterator[Hit]:
    """Environment variables override the stack file in the Scaleway provider."""
    region = subject.config.region
    override = subject.environment.get("SCW_DEFAULT_REGION")
    if subject.kapsule and region and override and override != region:
        yield Hit(
            "scaleway:region",
            f"SCW_DEFAULT_REGION={override} is set here, and SCW_* variables override the stack's {region} for every "
            "resource without its own region",
            "unset SCW_DEFAULT_REGION (and check SCW_DEFAULT_PROJECT_ID) before pulumi up",
        )

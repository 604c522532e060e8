"""Rules about what must be set beside the stack file's plain text."""

from collections.abc import Iterator

from config.secret_keys import SECRET_COMMANDS
from plan.findings.rule import Found, Subject, rule


@rule("secret-missing", "warning")
def secret_missing(subject: Subject) -> Iterator[Found]:
    """A secret that the program asks for is not in the stack file."""
    for name in subject.missing_secrets:
        yield Found(
            name,
            "is not set in the stack file; pulumi up refuses to run without it",
            f"run: {SECRET_COMMANDS[name]}",
        )


@rule("environment-overrides", "warning")
def environment_overrides(subject: Subject) -> Iterator[Found]:
    """Scaleway's provider prefers the environment to the stack file."""
    region = subject.config.region
    told = subject.environment.get("SCW_DEFAULT_REGION")
    if subject.kapsule and region and told and told != region:
        yield Found(
            "scaleway:region",
            f"SCW_DEFAULT_REGION={told} is set here, and SCW_* variables win over the stack's {region} for whatever does not name "
            "its region itself",
            "unset SCW_DEFAULT_REGION (and look at SCW_DEFAULT_PROJECT_ID) before pulumi up",
        )

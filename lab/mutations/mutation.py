"""The record of one mutation."""

from dataclasses import dataclass

RULES = "tests/plan/test_plan_resource_rules.py::test_what_the_program_makes_breaks_no_rule"


def rules(stack: str = "local") -> str:
    """Test that runs every rule over what the program renders for a sample stack."""
    return f"{RULES}[{stack}]"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One replacement in one file, and the test that fails with it."""

    file: str
    old: str
    """Text that occurs exactly once in the file."""
    new: str
    promise: str
    """The sentence that is no longer true."""
    test: str
    engine: bool = False
    """Only a test of `make e2e` kills it; the command does not run it."""

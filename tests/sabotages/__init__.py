"""Sabotages: small patches of a stack's rendered resources, each with the promise that it breaks and the rule that notices.

Each module of this package lists its own in `SABOTAGES`; `ALL` collects them.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from sample_stacks import FILES, OWN, recorded

from config.read import parse, stack_file
from plan.findings.rule import Finding
from plan.recorder import Resource
from plan.resources.check import RULES
from plan.resources.made import Resources

_BY_NAME = {rule.name: rule for rule in RULES}
Patch = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Sabotage:
    """A patch of every resource whose logical name matches `of`, a glob such as `s0-bridges-*`; `patch` None deletes them.

    `rule` must fire after the patch and not before, and its message or remedy contains `says`.
    """

    promise: str
    """What holds before the patch, as a sentence: `A leaving bridge has its whole drain time.`"""
    of: str
    patch: Patch | None
    rule: str
    says: str = ""
    stack: str = "local"
    adds: tuple[Resource, ...] = ()
    """Resources that are added besides."""

    @property
    def id(self) -> str:
        """A short name for reports."""
        return f"{self.rule}-{self.stack}-{self.of}"


@cache
def config_of(stack: str) -> Any:
    """Return the parsed config of a sample stack."""
    return parse(OWN[stack] if stack in OWN else stack_file(FILES[stack]))


def resources_of(stack: str) -> Resources:
    """Return a sample stack as the program renders it."""
    return Resources(config_of(stack), recorded(stack))


def applied(sabotage: Sabotage) -> Resources:
    """Return the stack's resources after the patch; a patch that changes nothing is an error."""
    resources: list[Resource] = []
    for resource in recorded(sabotage.stack):
        if not fnmatchcase(resource.name, sabotage.of):
            resources.append(resource)
        elif sabotage.patch is not None:
            properties = copy.deepcopy(resource.properties)
            sabotage.patch(properties)
            protect = properties.pop("protect", resource.protect)
            resources.append(replace(resource, properties=properties, protect=protect))
    resources += sabotage.adds
    assert tuple(resources) != recorded(sabotage.stack), f"{sabotage.of} of {sabotage.stack}: the patch changes nothing"
    return Resources(config_of(sabotage.stack), tuple(resources))


@cache
def _before(rule: str, stack: str) -> frozenset[Finding]:
    return frozenset(_BY_NAME[rule].findings(resources_of(stack)))


def catches(sabotage: Sabotage) -> list[Finding]:
    """Return the findings of the sabotage's rule that the patch adds. Other rules are not asked: the table is long."""
    findings = _BY_NAME[sabotage.rule].findings(applied(sabotage))
    return [finding for finding in findings if finding not in _before(sabotage.rule, sabotage.stack)]


def names_resource(finding: Finding, *stacks: Resources) -> bool:
    """Return whether a finding is about a resource of these stacks, or about a place in one."""
    names = {resource.name for stack in stacks for resource in stack.resources}
    return any(
        finding.where[: len(name)] == name and finding.where[len(name) :][:1] in ("", ".", ":") for name in names
    )


def resource(type_: str, name: str, properties: dict[str, Any]) -> Resource:
    """Return one more resource, for `adds`."""
    return Resource(
        urn=f"urn:pulumi:stack::project::{type_}::{name}", type=type_, name=name, parent=None, properties=properties
    )


def _collected() -> Iterator[Sabotage]:
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        yield from import_module(f"{__name__}.{file.stem}").SABOTAGES


def pods(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the pod spec of a workload."""
    return properties["spec"]["template"]["spec"]


def container(properties: dict[str, Any], name: str = "") -> dict[str, Any]:
    """Return a container of a workload by name; the first one without a name."""
    return next(each for each in pods(properties)["containers"] if name in ("", each["name"]))


ALL: tuple[Sabotage, ...] = tuple(_collected())

"""What rendered roles and bindings grant: who may do what, and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plan.diff.fleet import component_of, kind_of, object_name
from plan.diff.paths import mapping, mappings, texts
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.selection import namespace_of

ROLES, BINDINGS = ("Role", "ClusterRole"), ("RoleBinding", "ClusterRoleBinding")
BUILT_IN_NAMES = ("cluster-admin", "admin", "edit", "view", "extension-apiserver-authentication-reader")
"""Roles of every cluster whose names do not begin with `system:`."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is bound. `component` is empty for an account that the stack does not have."""

    kind: str
    namespace: str
    name: str
    component: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True, slots=True)
class Grant:
    """One verb on one resource for one subject. `namespace` is empty for the whole cluster."""

    subject: Subject
    binding: Resource
    group: str
    resource: str
    verb: str
    namespace: str

    def __str__(self) -> str:
        where = f"in {self.namespace}" if self.namespace else "in the whole cluster"
        return f"{self.verb} {self.resource}{'.' + self.group if self.group else ''} {where}"


@dataclass(frozen=True)
class Rights:
    """Accounts, roles and bindings of a stack."""

    stack: Resources

    @cached_property
    def accounts(self) -> dict[tuple[str, str], Resource]:
        """Namespace and name -> ServiceAccount."""
        return {(namespace_of(each), object_name(each)): each for each in self.stack.of("ServiceAccount")}

    @property
    def bindings(self) -> Iterator[tuple[Resource, Subject]]:
        """Each binding with each subject, unless neither the role nor the subject is the stack's."""
        for binding in self.stack.of(*BINDINGS):
            for entry in mappings(binding.properties, "subjects"):
                subject = self._subject(binding, entry)
                if self.role(binding) is not None or subject.component or self._is_all(subject):
                    yield binding, subject

    def _subject(self, binding: Resource, entry: dict[str, Any]) -> Subject:
        kind, name = str(entry.get("kind")), str(entry.get("name"))
        namespace = str(entry.get("namespace") or namespace_of(binding)) if kind == "ServiceAccount" else ""
        account = self.accounts.get((namespace, name)) if kind == "ServiceAccount" else None
        return Subject(kind, namespace, name, component_of(account) if account else "")

    def _is_all(self, subject: Subject) -> bool:
        """Whether the stack's accounts are among a group."""
        every = ("system:authenticated", "system:unauthenticated", "system:serviceaccounts")
        return subject.kind == "Group" and (
            subject.name in every or subject.name == f"system:serviceaccounts:{self.stack.config.namespace}"
        )

    def role(self, binding: Resource) -> Resource | None:
        """The rendered role that a binding names. None for one of the cluster's own."""
        kind, name = self.role_name(binding)
        namespace = namespace_of(binding) if kind == "Role" else ""
        roles = [each for each in self.stack.of(kind) if object_name(each) == name] if kind in ROLES else []
        return next((each for each in roles if namespace_of(each) == namespace), None)

    @staticmethod
    def role_name(binding: Resource) -> tuple[str, str]:
        """Kind and name of the role that a binding names."""
        reference = mapping(binding.properties, "roleRef")
        return str(reference.get("kind")), str(reference.get("name"))

    @property
    def grants(self) -> Iterator[Grant]:
        """Every right by a rendered role."""
        for binding, subject in self.bindings:
            role = self.role(binding)
            namespace = namespace_of(binding) if kind_of(binding) == "RoleBinding" else ""
            for entry in mappings(role.properties, "rules") if role else []:
                for verb in texts(entry, "verbs"):
                    for group in texts(entry, "apiGroups"):
                        for resource in texts(entry, "resources"):
                            yield Grant(subject, binding, group, resource, verb, namespace)
                    for path in texts(entry, "nonResourceURLs"):
                        yield Grant(subject, binding, "", path, verb, namespace)

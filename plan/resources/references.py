"""Rules about references: objects and keys that pods and other objects name exist, and are of the same part and shard."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plan.diff.fleet import component_of, instance_of, kind_of, object_name
from plan.diff.paths import at
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.selection import Pods, namespace_of
from plan.tokens import is_kubernetes_object
from sizing.parts import JIGASI, TRANSCRIBER

ROOT_CA = "kube-root-ca.crt"
"""ConfigMap that Kubernetes keeps in every namespace."""
BUILT_IN = ("system:", "system-", "extension-apiserver-authentication-reader")
"""Beginnings of names of roles and classes that every cluster has."""
SHARED_OWNERS = {"shard", "letsencrypt"}
"""Components of objects for all pods of a shard."""
SAME_IMAGE = {TRANSCRIBER.name: JIGASI.name}
"""Parts that share the objects of another one."""


@dataclass(frozen=True)
class Reference:
    """One name in an object: `keys` are the entries that it needs."""

    where: str
    kind: str
    name: str
    namespace: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Objects:
    """The objects of a stack, by kind, namespace and name."""

    stack: Resources

    @cached_property
    def _by_name(self) -> dict[tuple[str, str, str], Resource]:
        return {
            (kind_of(each), namespace_of(each), object_name(each)): each
            for each in self.stack.resources
            if is_kubernetes_object(each.type)
        }

    def get(self, reference: Reference) -> Resource | None:
        """Return the object that a reference names, in its namespace or of the whole cluster."""
        kind, name = reference.kind, reference.name
        return self._by_name.get((kind, reference.namespace, name)) or self._by_name.get((kind, "", name))

    def is_made_elsewhere(self, reference: Reference) -> bool:
        """Return whether Kubernetes, cert-manager or the operator creates the object."""
        if reference.kind == "Secret":
            issued = {at(each.properties, "spec", "secretName") for each in self.stack.of("Certificate")}
            return reference.name in issued | {self.stack.config.ingress.tls.secret_name}
        if reference.kind == "ServiceAccount":
            return reference.namespace == "kube-system"
        return reference.name == ROOT_CA or reference.name.startswith(BUILT_IN)


def _of_pods(pods: Pods) -> Iterator[Reference]:
    """Objects that the pods mount, read and run as."""
    where = f"{pods.workload.name}.spec.template.spec"

    def to(place: str, kind: str, name: Any, *keys: Any) -> Reference:
        return Reference(f"{where}.{place}", kind, str(name), pods.namespace, tuple(map(str, keys)))

    if pods.spec.get("serviceAccountName"):
        yield to("serviceAccountName", "ServiceAccount", pods.spec["serviceAccountName"])
    if pods.spec.get("priorityClassName"):
        yield to("priorityClassName", "PriorityClass", pods.spec["priorityClassName"])
    for volume in pods.spec.get("volumes") or []:
        for source in (volume, *(at(volume, "projected", "sources") or [])):
            for key, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
                if key in source:
                    items = [item.get("key") for item in source[key].get("items") or []]
                    mounted = _sub_paths(pods, volume.get("name")) if not items else []
                    yield to("volumes", kind, source[key].get(name) or source[key].get("name"), *items, *mounted)
        if "persistentVolumeClaim" in volume:
            yield to("volumes", "PersistentVolumeClaim", at(volume, "persistentVolumeClaim", "claimName"))
    for container in pods.containers:
        for variable in container.get("env") or []:
            for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
                if source := at(variable, "valueFrom", key):
                    yield to(f"env.{variable.get('name')}", kind, source.get("name"), source.get("key"))
        for source in container.get("envFrom") or []:
            for key, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
                if key in source:
                    yield to("envFrom", kind, at(source, key, "name"))


def _sub_paths(pods: Pods, volume: Any) -> list[str]:
    """Files of a volume that a container mounts one by one."""
    mounts = [mount for container in pods.containers for mount in container.get("volumeMounts") or []]
    return [str(mount["subPath"]) for mount in mounts if mount.get("name") == volume and mount.get("subPath")]


def _of_objects(stack: Resources) -> Iterator[Reference]:
    """Objects that Services, roles and the API name."""
    for each in stack.of("StatefulSet"):
        yield Reference(
            f"{each.name}.spec.serviceName",
            "Service",
            str(at(each.properties, "spec", "serviceName")),
            namespace_of(each),
        )
    for each in stack.of("RoleBinding", "ClusterRoleBinding"):
        role = at(each.properties, "roleRef") or {}
        yield Reference(f"{each.name}.roleRef", str(role.get("kind")), str(role.get("name")), namespace_of(each))
        for subject in at(each.properties, "subjects") or []:
            if subject.get("kind") == "ServiceAccount":
                yield Reference(
                    f"{each.name}.subjects", "ServiceAccount", str(subject.get("name")), str(subject.get("namespace"))
                )
    for each in stack.of("ValidatingAdmissionPolicyBinding"):
        name = str(at(each.properties, "spec", "policyName"))
        yield Reference(f"{each.name}.spec.policyName", "ValidatingAdmissionPolicy", name, "")
    for each in stack.of("APIService"):
        service = at(each.properties, "spec", "service")
        if service:
            yield Reference(
                f"{each.name}.spec.service", "Service", str(service.get("name")), str(service.get("namespace"))
            )
    for each in stack.of("Certificate"):
        issuer = at(each.properties, "spec", "issuerRef") or {}
        kind = str(issuer.get("kind") or "Issuer")
        yield Reference(f"{each.name}.spec.issuerRef", kind, str(issuer.get("name")), namespace_of(each))


@rule("reference-missing", "error")
def reference_missing(stack: Resources) -> Iterator[Hit]:
    """A pod or an object names an object, key or volume that does not exist."""
    objects = Objects(stack)
    for reference in (*(pod for pods in stack.pods for pod in _of_pods(pods)), *_of_objects(stack)):
        there = objects.get(reference)
        if there is None:
            if not objects.is_made_elsewhere(reference):
                place = f" in {reference.namespace}" if reference.namespace else ""
                yield Hit(
                    reference.where,
                    f"names {reference.kind} {reference.name}, which does not exist{place}: pods wait for it forever, or have no rights",
                    "name an object that the stack creates, in the same namespace",
                )
            continue
        entries = {key for part in ("data", "stringData", "binaryData") for key in there.properties.get(part) or {}}
        for key in reference.keys:
            if key not in entries and reference.kind in ("ConfigMap", "Secret") and "[" not in key:
                yield Hit(
                    reference.where,
                    f"needs {key} of {reference.kind} {reference.name}, which has {', '.join(sorted(entries)) or 'nothing'}: the "
                    "container does not start, or finds a folder instead of the file",
                    "name a key that the object has",
                )
    for pods in stack.pods:
        templates = at(pods.workload.properties, "spec", "volumeClaimTemplates") or []
        volumes = {volume.get("name") for volume in pods.spec.get("volumes") or []}
        volumes |= {at(template, "metadata", "name") for template in templates}
        for container in pods.containers:
            for mount in container.get("volumeMounts") or []:
                if mount.get("name") not in volumes:
                    yield Hit(
                        f"{pods.workload.name}.spec.template.spec.volumes",
                        f"{container.get('name')} mounts {mount.get('name')}, which is no volume of the pod: the API server refuses it",
                        "add the volume, or mount one that exists",
                    )


@rule("reference-of-another", "error")
def reference_of_another(stack: Resources) -> Iterator[Hit]:
    """A pod uses the ConfigMap, Secret, account or volume of another part or shard."""
    objects, shards = Objects(stack), {shard.name for shard in stack.config.resolved}
    for pods in stack.pods:
        for reference in _of_pods(pods):
            there = objects.get(reference)
            if there is None or not component_of(there):
                continue
            owner, instance = component_of(there), instance_of(there)
            same_part = owner in {pods.component, SAME_IMAGE.get(pods.component), *SHARED_OWNERS}
            same_shard = instance == pods.instance or instance not in shards
            if pods.part and not (same_part and same_shard):
                yield Hit(
                    reference.where,
                    f"{pods.title} uses {reference.kind} {reference.name}, which is of {owner} of {instance}: it runs with the "
                    "passwords, settings or rights of another",
                    "use the object of the same part and shard",
                )

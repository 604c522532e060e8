"""Rules about what a pod may do on its node and with the API: tokens, users, capabilities, and the namespace's standard."""

from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import component_of, instance_of
from plan.diff.paths import at, mapping, mappings, texts
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.grants import Rights
from plan.resources.made import Resources
from plan.resources.needed_rights import CAPABILITIES, NEEDS, SHARED_PROCESSES, TOKEN_CONTAINERS
from plan.resources.selection import namespace_of, pod_template
from sizing.parts import NAMED

STANDARD = "pod-security.kubernetes.io/"
_CONFINED = ("RuntimeDefault", "Localhost")


def _containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for key in ("containers", "initContainers", "ephemeralContainers") for each in mappings(spec, key)]


def _ours(stack: Resources) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """Workloads of the stack's parts. Others may run in the same cluster."""
    return ((workload, spec) for workload, spec in stack.workloads if component_of(workload) in NAMED)


@rule("token-without-need", "error")
def token_without_need(stack: Resources) -> Iterator[Hit]:
    """A pod or a container has an API token that it does not need."""
    for workload, spec in _ours(stack):
        component = component_of(workload)
        only = TOKEN_CONTAINERS.get(component)
        mounted = spec.get("automountServiceAccountToken") is not False
        faults = []
        if mounted and (component not in NEEDS or only is not None):
            faults.append("automountServiceAccountToken is not false, so every container has a token")
        volumes = {each.get("name") for each in mappings(spec, "volumes") if _has_token(each)}
        for box in _containers(spec):
            paths = [each.get("mountPath") for each in mappings(box, "volumeMounts") if each.get("name") in volumes]
            if paths and (component not in NEEDS or (only is not None and box.get("name") not in only)):
                faults.append(f"{box.get('name')} mounts a token at {', '.join(map(str, paths))}")
        if component not in NEEDS and spec.get("serviceAccountName") not in (None, "", "default"):
            faults.append(f"runs as {spec['serviceAccountName']}")
        for fault in faults:
            yield Hit(
                f"{workload.name}.spec.template.spec",
                f"{fault}: who takes over the container talks to the API server with this account",
                "mount a token only where plan/resources/needed_rights.py lists a need",
            )
    for account in stack.of("ServiceAccount"):
        if component_of(account) in NAMED and account.properties.get("automountServiceAccountToken") is not False:
            yield Hit(
                account.name,
                "automountServiceAccountToken is not false: any pod that names this account gets its token",
                "set it to false; pods that need the token ask for it",
            )
    for secret in stack.of("Secret"):
        if secret.properties.get("type") == "kubernetes.io/service-account-token":
            yield Hit(
                secret.name, "holds a token that never expires", "let the kubelet issue tokens that are bound to pods"
            )


def _has_token(volume: dict[str, Any]) -> bool:
    return any("serviceAccountToken" in each for each in mappings(volume, "projected", "sources"))


@rule("token-missing", "error")
def token_missing(stack: Resources) -> Iterator[Hit]:
    """A pod that talks to the API server has no token, or that of another account."""
    accounts = Rights(stack).accounts
    for workload, spec in _ours(stack):
        component = component_of(workload)
        if component not in NEEDS:
            continue
        name = str(spec.get("serviceAccountName") or "default")
        account = accounts.get((namespace_of(workload), name))
        faults = []
        if account is None or (component_of(account), instance_of(account)) != (component, instance_of(workload)):
            faults.append(f"runs as {name}, which is not its own account")
        volumes = {each.get("name") for each in mappings(spec, "volumes") if _has_token(each)}
        boxes = [box for box in _containers(spec) if box.get("name") in TOKEN_CONTAINERS.get(component, ())]
        for box in boxes:
            if not volumes.intersection(each.get("name") for each in mappings(box, "volumeMounts")):
                faults.append(f"{box.get('name')} mounts no token")
        if component not in TOKEN_CONTAINERS and spec.get("automountServiceAccountToken") is False and not volumes:
            faults.append("mounts no token")
        for fault in faults:
            yield Hit(
                f"{workload.name}.spec.template.spec",
                f"{fault}: {'; '.join(each.why for each in NEEDS[component][:2])} fails with 403",
                "run it as the account that its role is bound to, with the token mounted",
            )


@rule("pod-unconfined", "error")
def pod_unconfined(stack: Resources) -> Iterator[Hit]:
    """A container runs with more privileges than the `restricted` standard and its part allow."""
    for workload, spec in _ours(stack):
        component = component_of(workload)
        faults = [*_pod_faults(workload, spec, component)]
        for box in _containers(spec):
            faults += [f"{box.get('name')}: {fault}" for fault in _box_faults(spec, box, component)]
        for fault in faults:
            yield Hit(
                f"{workload.name}.spec.template.spec",
                f"{fault}: a fault in the program becomes a fault of the node",
                "use the securityContext of every other pod: no root, no privileges, RuntimeDefault, read-only root",
            )
    for issuer in stack.of("Issuer", "ClusterIssuer"):
        for solver in mappings(issuer.properties, "spec", "acme", "solvers"):
            security = mapping(solver, "http01", "ingress", "podTemplate", "spec", "securityContext")
            confined = at(security, "seccompProfile", "type") in _CONFINED and security.get("runAsNonRoot") is True
            if mapping(solver, "http01") and (not confined or security.get("runAsUser") == 0):
                yield Hit(
                    issuer.name,
                    "solver pods do not meet the `restricted` standard, so the namespace rejects them: no certificate is issued",
                    "set runAsNonRoot and seccompProfile in the solver's podTemplate",
                )


def _pod_faults(workload: Resource, spec: dict[str, Any], component: str) -> Iterator[str]:
    security = mapping(spec, "securityContext")
    if spec.get("shareProcessNamespace") is True and component not in SHARED_PROCESSES:
        yield "shareProcessNamespace lets containers read each other's memory and secrets"
    if security.get("sysctls"):
        yield "sets sysctls of the node"
    if security.get("runAsNonRoot") is not True:
        yield "the pod's runAsNonRoot is not true, which containers follow that somebody adds"
    if at(security, "seccompProfile", "type") not in (*_CONFINED, "[unknown]"):
        yield "the pod's seccompProfile is not RuntimeDefault, which containers follow that somebody adds"
    for key in ("fsGroup", "runAsGroup"):
        if security.get(key) == 0:
            yield f"{key} is 0, the group of root"
    if 0 in (security.get("supplementalGroups") or []):
        yield "supplementalGroups has 0, the group of root"
    notes = mapping(pod_template(workload), "metadata", "annotations")
    for note, value in notes.items():
        if "apparmor.security" in note and value == "unconfined":
            yield f"{note} is unconfined"


def _box_faults(spec: dict[str, Any], box: dict[str, Any], component: str) -> Iterator[str]:
    """Faults of one container; its own settings win over the pod's."""
    own, outer = mapping(box, "securityContext"), mapping(spec, "securityContext")
    uid = NAMED[component].image.uid
    user = own.get("runAsUser", outer.get("runAsUser"))
    if user != uid and not isinstance(user, str):
        yield f"runAsUser is {'not set' if user is None else user}, and the image's user is {uid}"
    if own.get("runAsNonRoot", outer.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot is not true"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if own.get("readOnlyRootFilesystem") is not True:
        yield "readOnlyRootFilesystem is not true"
    if "ALL" not in texts(own, "capabilities", "drop"):
        yield "does not drop ALL capabilities"
    added = set(texts(own, "capabilities", "add"))
    allowed = CAPABILITIES.get(component, frozenset())
    if others := added - allowed:
        yield f"adds {', '.join(sorted(others))}"
    if missing := allowed - added:
        yield f"lacks {', '.join(sorted(missing))}, without which the program does not start"
    profile = at(own, "seccompProfile", "type") or at(outer, "seccompProfile", "type")
    if profile not in (*_CONFINED, "[unknown]"):
        yield f"seccompProfile is {profile or 'not set'}"
    if own.get("procMount") not in (None, "Default") or at(own, "appArmorProfile", "type") == "Unconfined":
        yield "sees the node's /proc, or has no AppArmor profile"
    if own.get("privileged") is True:
        yield "is privileged"


@rule("namespace-standard-differs", "error")
def namespace_standard_differs(stack: Resources) -> Iterator[Hit]:
    """A namespace enforces a weaker pod security standard than its pods need, or a stricter one than they meet."""
    for namespace in stack.of("Namespace"):
        name = at(namespace.properties, "metadata", "name")
        labels = mapping(namespace.properties, "metadata", "labels")
        ports = sorted(
            {
                workload.name
                for workload, spec in stack.workloads
                if namespace_of(workload) == name
                and any(port.get("hostPort") for box in _containers(spec) for port in mappings(box, "ports"))
            }
        )
        needed = "privileged" if ports else "restricted"
        right = {"enforce": needed, "audit": "restricted", "warn": "restricted"}
        for mode, standard in right.items():
            value = labels.get(f"{STANDARD}{mode}")
            if value not in (standard, "[unknown]"):
                reason = f"{', '.join(ports)} has a host port" if ports and mode == "enforce" else "no pod needs more"
                yield Hit(
                    f"{namespace.name}.metadata.labels",
                    f"{mode} is {value or 'not set'}, not {standard}: {reason}, so pods are rejected, or any pod is admitted",
                    f"set {STANDARD}{mode}: {standard}",
                )
        for mode in right:
            version = labels.get(f"{STANDARD}{mode}-version", "latest")
            if version != "latest":
                yield Hit(
                    f"{namespace.name}.metadata.labels", f"{mode} uses the standard of {version}", "remove the version"
                )

"""The admission policy of a namespace with host ports, at a real API server: the stack's pods pass, all others are refused."""

import copy
import json
import time

import pytest
from sample_stacks import FILES, OWN, pod_templates_of
from waiting import eventually

from config.read import stack_file
from plan.evaluate import evaluate

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
BRIDGE = {"app.kubernetes.io/name": "jvb", "app.kubernetes.io/instance": "s0"}
MOST_CALLS = {
    **OWN["options"],
    "jitsi:jigasi": json.dumps({"sip": {"account": "1@sip.example.org", "server": "sip.example.org", "calls": 200}}),
}
"""A pod with as many host ports as the config allows: the API server limits what an expression may cost."""
SAFE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


class World:
    """A namespace with its policy, both as rendered, and requests to create pods in it."""

    def __init__(self, api, stack):
        values = (OWN | {"most-calls": MOST_CALLS}).get(stack) or stack_file(FILES[stack])
        self.namespace = f"admission-{stack}"
        objects = evaluate({**values, "jitsi:namespace": self.namespace}, stack)
        self.templates = pod_templates_of([o for o in objects if o.type.startswith("kubernetes:")])
        (self.space,) = [o.properties for o in objects if o.name == "jitsi-namespace"]
        (self.policy,) = [o.properties for o in objects if o.name == "jitsi-admission-policy"]
        (self.binding,) = [o.properties for o in objects if o.name == "jitsi-admission-binding"]
        self.api, self.http = api, api.http
        self.pods = f"/api/v1/namespaces/{self.namespace}/pods"

    def start(self):
        self.api.create(POLICIES, self.policy)
        self.api.create(BINDINGS, self.binding)
        self.api.create("/api/v1/namespaces", self.space)
        eventually(lambda: [self.post(each).status_code for each in (pod(), pod(spec={"hostPID": True}))] == [201, 403])

    def stop(self):
        self.http.request("DELETE", self.pods, json={"gracePeriodSeconds": 0})
        self.api.delete(f"/api/v1/namespaces/{self.namespace}")
        self.api.delete(f"{BINDINGS}/{self.binding['metadata']['name']}")
        self.api.delete(f"{POLICIES}/{self.policy['metadata']['name']}")

    def post(self, document, *, dry=True):
        params = {"fieldValidation": "Strict"} | ({"dryRun": "All"} if dry else {})
        return self.http.post(self.pods, params=params, json=document)

    def patch(self, path, body, kind="merge-patch"):
        headers = {"Content-Type": f"application/{kind}+json"}
        return self.http.patch(f"{self.pods}/{path}", params={"dryRun": "All"}, headers=headers, json=body)


@pytest.fixture(scope="module")
def world(embedded):
    with embedded.api() as api:
        local = World(api, "local")
        local.start()
        yield local
        local.stop()


def pod(labels=BRIDGE, *, name="x", annotations=None, spec=None, pod_context=None, ports=None, more=None, **context):
    """A pod under the restricted standard, and what is changed of it; None removes."""
    security = {key: value for key, value in (SAFE | context).items() if value is not None}
    container = {"name": "c", "image": "x", "securityContext": security, "ports": ports or []} | (more or {})
    document = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels, "annotations": annotations or {}},
        "spec": {"nodeSelector": {"no": "node"}, "containers": [container], "securityContext": pod_context or {}},
    }
    document["spec"].update(spec or {})
    return document


def port(number, protocol="UDP", **keys):
    return {"containerPort": number, "hostPort": number, "protocol": protocol} | keys


def volume(**source):
    return {"volumes": [{"name": "v"} | source]}


def init(**context):
    return {"initContainers": [{"name": "i", "image": "x", "securityContext": SAFE | context}]}


GOOD = {
    "restricted": pod(),
    "host port of a bridge": pod(ports=[port(10000)]),
    "not root by the pod": pod(runAsNonRoot=None, pod_context={"runAsNonRoot": True}),
    "seccomp by the pod": pod(
        seccompProfile=None, pod_context={"seccompProfile": {"type": "Localhost", "localhostProfile": "x"}}
    ),
    "low ports": pod(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
    "sysctl of the pod": pod(pod_context={"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]}),
    "SELinux type": pod(seLinuxOptions={"type": "container_t", "level": "s0"}),
    "no labels": pod(labels={}),
    "sidecar": pod(spec=init()),
}
BAD = {
    "privileged": (pod(privileged=True, allowPrivilegeEscalation=None), "securityContext.privileged of c"),
    "privileged init": (
        pod(spec=init(privileged=True, allowPrivilegeEscalation=True)),
        "securityContext.privileged of i",
    ),
    "hostNetwork": (pod(spec={"hostNetwork": True}), "hostNetwork of the pod"),
    "hostPID": (pod(spec={"hostPID": True}), "hostPID of the pod"),
    "hostIPC": (pod(spec={"hostIPC": True}), "hostIPC of the pod"),
    "REST port": (pod(ports=[port(8080, "TCP")]), "host port of c TCP 8080: pods of jvb/s0"),
    "UDP beside media": (pod(ports=[port(10001)]), "host port of c UDP 10001"),
    "UDP by another's number": (pod(ports=[port(8080, hostPort=10000), port(9000, hostPort=9)]), "c UDP 9:"),
    "wrong protocol": (pod(ports=[port(10000, "TCP")]), "host port of c TCP 10000"),
    "protocol by default": (pod(ports=[{"containerPort": 10000, "hostPort": 10000}]), "host port of c TCP 10000"),
    "no bridge": (pod(BRIDGE | {"app.kubernetes.io/name": "web"}, ports=[port(10000)]), "pods of web/s0"),
    "another shard": (pod(BRIDGE | {"app.kubernetes.io/instance": "s1"}, ports=[port(10000)]), "pods of jvb/s1"),
    "no labels": (pod({}, ports=[port(10000)]), "pods of / "),
    "host port of init": (
        pod(spec={"initContainers": [{"name": "i", "image": "x", "securityContext": SAFE, "ports": [port(1)]}]}),
        "i UDP 1:",
    ),
    "root": (pod(runAsUser=0), "runAsUser of c is 0"),
    "root by the pod": (pod(pod_context={"runAsUser": 0}), "runAsUser of the pod is 0"),
    "maybe root": (pod(runAsNonRoot=None), "c may run as root"),
    "root allowed": (pod(runAsNonRoot=False, pod_context={"runAsNonRoot": True}), "c may run as root"),
    "root allowed by the pod": (pod(pod_context={"runAsNonRoot": False}), "the pod may run as root"),
    "hostPath": (pod(spec=volume(hostPath={"path": "/"})), "volume v: its type"),
    "NFS": (pod(spec=volume(nfs={"server": "x", "path": "/"})), "volume v: its type"),
    "added capability": (pod(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}), "capabilities that c adds"),
    "kept capabilities": (pod(capabilities={"drop": ["NET_RAW"]}), "capabilities of c are not dropped"),
    "no capabilities": (pod(capabilities=None), "capabilities of c are not dropped"),
    "escalation": (pod(allowPrivilegeEscalation=None), "a process of c may gain rights"),
    "seccomp missing": (pod(seccompProfile=None), "system calls of c are not filtered"),
    "seccomp off": (pod(seccompProfile={"type": "Unconfined"}), "system calls of c are not filtered"),
    "seccomp off by the pod": (
        pod(pod_context={"seccompProfile": {"type": "Unconfined"}}),
        "system calls of the pod are",
    ),
    "procMount": (pod(procMount="Unmasked", spec={"hostUsers": False}), "procMount of c"),
    "SELinux type": (pod(seLinuxOptions={"type": "spc_t"}), "seLinuxOptions of c"),
    "SELinux user": (pod(pod_context={"seLinuxOptions": {"user": "system_u"}}), "seLinuxOptions of the pod"),
    "SELinux role": (pod(seLinuxOptions={"role": "sysadm_r"}), "seLinuxOptions of c"),
    "AppArmor": (pod(appArmorProfile={"type": "Unconfined"}), "AppArmor is off for c"),
    "AppArmor by the pod": (
        pod(pod_context={"appArmorProfile": {"type": "Unconfined"}}),
        "AppArmor is off for the pod",
    ),
    "AppArmor annotation": (
        pod(annotations={"container.apparmor.security.beta.kubernetes.io/c": "unconfined"}),
        "AppArmor is off for",
    ),
    "sysctl of the node": (
        pod(pod_context={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}),
        "sysctl kernel.msgmax",
    ),
    "probe of another host": (
        pod(more={"livenessProbe": {"httpGet": {"host": "169.254.42.42", "port": 80}}}),
        "a probe or hook of c names a host",
    ),
    "hook of another host": (
        pod(more={"lifecycle": {"preStop": {"tcpSocket": {"host": "169.254.42.42", "port": 80}}}}),
        "a probe or hook of c names a host",
    ),
    "Windows host process": (
        pod(
            allowPrivilegeEscalation=None,
            capabilities=None,
            seccompProfile=None,
            windowsOptions={"hostProcess": True},
            spec={"os": {"name": "windows"}, "hostNetwork": True},
        ),
        "windowsOptions.hostProcess of c",
    ),
}


def denial(answer, policy):
    assert answer.status_code == 403, answer.text
    message = answer.json()["message"]
    assert f"ValidatingAdmissionPolicy '{policy['metadata']['name']}'" in message
    assert "PodSecurity" not in message, "the namespace refused it before the policy"
    return message


@pytest.mark.parametrize("case", GOOD)
def test_a_pod_within_the_standard_is_accepted(case, world):
    answer = world.post(GOOD[case])
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("case", BAD)
def test_a_pod_beyond_it_is_refused_with_what_where_and_what_to_do(case, world):
    document, says = BAD[case]
    assert says in denial(world.post(document), world.policy)


def as_pod(template, claims):
    """The pod that a controller makes of a template. Accounts and classes are left out: here are none."""
    spec = copy.deepcopy(template["spec"])
    for key in ("serviceAccountName", "priorityClassName"):
        spec.pop(key, None)
    spec["volumes"] += [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], "name": "x"}, "spec": spec}


@pytest.mark.parametrize("stack", ["local", "most-calls", "turn-udp", "turn", "recorded"])
def test_every_pod_of_a_stack_is_accepted_and_none_with_one_more_host_port(stack, world, embedded):
    with embedded.api() as api:
        stacks = World(api, stack)
        if stack != "local":
            stacks.start()
        try:
            for owner, template, claims in stacks.templates:
                document = as_pod(template, claims)
                answer = stacks.post(document)
                assert answer.status_code == 201, f"{owner}: {answer.text}"
                document["spec"]["containers"][0].setdefault("ports", []).append(port(5))
                assert "UDP 5: pods of" in denial(stacks.post(document), stacks.policy), owner
        finally:
            if stack != "local":
                stacks.stop()


def test_a_debug_container_and_a_changed_label_are_held_to_it_and_annotations_are_free(world):
    assert world.post(pod(name="running", ports=[port(10000)]), dry=False).status_code == 201
    assert world.patch("running", {"metadata": {"annotations": {"a": "b"}}}).status_code == 200
    relabelled = world.patch("running", {"metadata": {"labels": {"app.kubernetes.io/name": "web"}}})
    assert "host port of c UDP 10000: pods of web/s0" in denial(relabelled, world.policy)
    debug = {"name": "debug", "image": "x", "targetContainerName": "c"}
    path = "running/ephemeralcontainers"
    refused = world.patch(path, {"spec": {"ephemeralContainers": [debug]}}, "strategic-merge-patch")
    assert "of debug" in denial(refused, world.policy)
    safe = {"spec": {"ephemeralContainers": [debug | {"securityContext": SAFE}]}}
    assert world.patch(path, safe, "strategic-merge-patch").status_code == 200


def test_a_pod_that_drains_when_its_port_has_moved_keeps_its_annotations_current(world):
    assert world.post(pod(name="drains", ports=[port(10000)]), dry=False).status_code == 201
    moved = copy.deepcopy(world.policy)
    ranges = moved["spec"]["variables"][0]
    ranges["expression"] = json.dumps({"jvb/s0/UDP": [[10001, 10001]]})
    location = f"{POLICIES}/{moved['metadata']['name']}"

    def put(document):
        headers = {"Content-Type": "application/merge-patch+json"}
        world.http.patch(location, headers=headers, json={"spec": document["spec"]}).raise_for_status()

    put(moved)
    try:
        eventually(lambda: world.post(pod(ports=[port(10000)])).status_code == 403)
        answer = world.patch("drains", {"metadata": {"annotations": {"a": "b"}, "finalizers": ["example.org/x"]}})
        assert answer.status_code == 200, answer.text
    finally:
        put(world.policy)
        eventually(lambda: world.post(pod(ports=[port(10000)])).status_code == 201)


def test_pods_of_other_namespaces_are_not_looked_at(world):
    answer = world.http.post(
        "/api/v1/namespaces/default/pods", params={"dryRun": "All"}, json=pod(spec={"hostPID": True})
    )
    assert answer.status_code == 201, answer.text


def test_the_api_server_finds_no_wrong_type_in_it(world):
    location = f"{POLICIES}/{world.policy['metadata']['name']}"
    eventually(lambda: "observedGeneration" in world.api.get(location).get("status", {}))
    end = time.monotonic() + 20
    while "typeChecking" not in world.api.get(location)["status"] and time.monotonic() < end:
        time.sleep(0.5)
    assert world.api.get(location)["status"]["typeChecking"].get("expressionWarnings", []) == []

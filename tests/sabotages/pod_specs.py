"""Sabotages of pods: probes, number, spread, and what a process may do."""

from typing import Any

from sabotages import Patch, Sabotage, container, pods
from sabotages.evictions import spec
from sabotages.leaving import of_both, sidecar

RECORDER = "jitsi-recorders-workload"


def probe(kind: str, **keys: Any) -> Patch:
    return lambda p: container(p)[f"{kind}Probe"].update(keys)


def no_probe(kind: str) -> Patch:
    return lambda p: container(p).pop(f"{kind}Probe")


def security(**keys: Any) -> Patch:
    return lambda p: container(p).update(securityContext=container(p)["securityContext"] | keys)


def shared(**keys: Any) -> Patch:
    return lambda p: pods(p)["securityContext"].update(keys)


def spread(**keys: Any) -> Patch:
    return lambda p: pods(p)["topologySpreadConstraints"][0].update(keys)


PROBES = [
    *of_both("A bridge that hangs is restarted.", no_probe("liveness"), "probe-missing", "livenessProbe is missing"),
    *of_both(
        "A bridge gets meetings once it is healthy.",
        no_probe("readiness"),
        "probe-missing",
        "readinessProbe is missing",
    ),
    *of_both("A bridge may start slowly.", no_probe("startup"), "probe-missing", "startupProbe is missing"),
    *of_both(
        "A loaded bridge lives.", probe("liveness", failureThreshold=1, periodSeconds=5), "probe-impatient", "after 5 s"
    ),
    *of_both("A loaded bridge lives.", probe("liveness", timeoutSeconds=1), "probe-impatient", "waits 1 s"),
    *of_both(
        "A loaded bridge lives.",
        lambda p: container(p)["livenessProbe"].pop("timeoutSeconds"),
        "probe-impatient",
        "waits 1 s",
    ),
    *of_both(
        "A bridge that hangs is restarted.",
        probe("liveness", failureThreshold=1000),
        "probe-impatient",
        "after 15000 s",
    ),
    *of_both(
        "A bridge is probed from the start.",
        probe("liveness", initialDelaySeconds=3600),
        "probe-impatient",
        "starts after 3600 s",
    ),
    *of_both("A bridge may start slowly.", probe("startup", failureThreshold=3), "probe-impatient", "after 9 s"),
    *of_both(
        "A probe asks the bridge.",
        probe("liveness", httpGet={"path": "/about/health", "port": 9090}),
        "probe-missing",
        "port 9090",
    ),
    *of_both(
        "A probe asks the bridge.",
        probe("liveness", httpGet={"path": "/about/health", "port": "http"}),
        "probe-missing",
        "port http",
    ),
    *of_both(
        "A probe asks the bridge.",
        probe("liveness", httpGet={"path": "/healthz", "port": "rest"}),
        "probe-missing",
        "/healthz",
    ),
    *of_both(
        "A probe has one way to ask.",
        probe("readiness", httpGet={"path": "/about/health", "port": "rest"}),
        "probe-missing",
        "more than one way",
    ),
    *of_both(
        "A probe asks the bridge in plain text.",
        probe("liveness", httpGet={"path": "/about/health", "port": "rest", "scheme": "HTTPS"}),
        "probe-missing",
        "HTTPS",
    ),
    *of_both(
        "The bridge declares its REST port.", lambda p: container(p)["ports"].pop(0), "probe-missing", "port rest"
    ),
    Sabotage(
        "Rooms stay open while all bridges leave.",
        "s0-jicofo",
        probe("readiness", httpGet={"path": "/about/health", "port": "http"}),
        "probe-missing",
        "/about/version",
    ),
    Sabotage(
        "A loaded prosody lives.", "s0-prosody", probe("liveness", failureThreshold=2), "probe-impatient", "after 30 s"
    ),
    Sabotage(
        "A loaded prosody lives.",
        "s0-prosody",
        lambda p: container(p).update(livenessProbe=container(p)["readinessProbe"]),
        "probe-missing",
        "no TCP",
    ),
    Sabotage(
        "HAProxy is ready once it has learnt the rooms.",
        "jitsi-edge-haproxy",
        no_probe("startup"),
        "probe-missing",
        "startupProbe",
    ),
    Sabotage(
        "A recorder's health is asked.",
        RECORDER,
        probe("liveness", exec={"command": ["true"]}),
        "probe-missing",
        "Jibri's health",
        "recorded",
    ),
    Sabotage(
        "A gateway in a call lives.",
        "jitsi-gateway-jigasi",
        probe("liveness", failureThreshold=1),
        "probe-impatient",
        "after 15 s",
        "options",
    ),
]

NUMBER = [
    *(
        Sabotage(promise, f"{shard}-{part}", patch, "part-runs-twice", says)
        for shard in ("s0", "s1")
        for part in ("prosody", "jicofo")
        for promise, patch, says in (
            ("It runs once.", spec(replicas=2), "replicas is 2"),
            ("It runs.", spec(replicas=0), "replicas is 0"),
            (
                "It ends before the next one starts.",
                spec(strategy={"type": "RollingUpdate"}),
                "before the former has ended",
            ),
        )
    ),
    Sabotage(
        "It ends before the next one starts.",
        "s0-prosody",
        lambda p: p["spec"].pop("strategy"),
        "part-runs-twice",
        "rollout",
    ),
    Sabotage("Web scales as planned.", "s0-web-autoscaler", spec(maxReplicas=9), "pods-beside-plan", "to 9 web"),
    Sabotage(
        "Web scales as planned.",
        "s0-web-autoscaler",
        lambda p: p["spec"]["metrics"][0]["resource"]["target"].update(averageUtilization=95),
        "cpu-target-differs",
        "70 %",
    ),
    Sabotage(
        "Relays scale as planned.",
        "jitsi-turn-autoscaler",
        lambda p: p["spec"]["metrics"][0]["resource"].update(name="memory"),
        "cpu-target-differs",
        "60 %",
        "turn",
    ),
    Sabotage("Web scales as planned.", "s1-web-autoscaler", lambda p: p["spec"]["metrics"].pop(), "cpu-target-differs"),
    Sabotage(
        "A lack of nodes keeps no pod from starting.",
        "jitsi-edge-haproxy",
        lambda p: pods(p)["topologySpreadConstraints"][0].update(whenUnsatisfiable="DoNotSchedule"),
        "pods-on-one-node",
        "is no wish",
    ),
    Sabotage(
        "HAProxy runs as often as asked.",
        "jitsi-edge-haproxy",
        spec(replicas=1),
        "pods-beside-plan",
        "runs 1 to 1 haproxy",
    ),
    Sabotage(
        "Relays scale as asked.",
        "jitsi-turn-autoscaler",
        spec(maxReplicas=3),
        "pods-beside-plan",
        "3 to 3 coturn",
        "turn",
    ),
    Sabotage(
        "Recorders scale as asked.",
        "jitsi-recorders-autoscaler",
        spec(maxReplicas=1),
        "pods-beside-plan",
        "1 to 1 jibri",
        "recorded",
    ),
    Sabotage(
        "HAProxies are spread.",
        "jitsi-edge-haproxy",
        lambda p: pods(p).pop("topologySpreadConstraints"),
        "pods-on-one-node",
        "over kubernetes.io/hostname",
    ),
    Sabotage(
        "HAProxies are spread.",
        "jitsi-edge-haproxy",
        spread(topologyKey="kubernetes.io/arch"),
        "pods-on-one-node",
        "nothing spreads",
    ),
    Sabotage(
        "HAProxies are spread.",
        "jitsi-edge-haproxy",
        spread(labelSelector={"matchLabels": {"app.kubernetes.io/name": "web"}}),
        "pods-on-one-node",
        "other pods",
    ),
    Sabotage("Web pods are spread.", "s0-web", spread(maxSkew=10), "pods-on-one-node", "skew of 10"),
]

HARDENING = [
    *of_both(
        "A bridge cannot write its root.",
        security(readOnlyRootFilesystem=False),
        "pod-unconfined",
        "readOnlyRootFilesystem",
    ),
    *of_both(
        "A bridge gains no rights.",
        security(allowPrivilegeEscalation=True),
        "pod-unconfined",
        "allowPrivilegeEscalation",
    ),
    *of_both(
        "A bridge has no capabilities.",
        security(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        "pod-unconfined",
        "NET_ADMIN",
    ),
    *of_both("A bridge has no capabilities.", security(capabilities={}), "pod-unconfined", "does not drop ALL"),
    *of_both("A bridge is not root.", security(runAsNonRoot=False), "pod-unconfined", "runAsNonRoot"),
    *of_both(
        "A bridge's system calls are filtered.",
        security(seccompProfile={"type": "Unconfined"}),
        "pod-unconfined",
        "Unconfined",
    ),
    *of_both(
        "A sidecar cannot write its root.", lambda p: sidecar(p).pop("securityContext"), "pod-unconfined", "own-pod"
    ),
    *of_both("A bridge runs as its image's user.", shared(runAsUser=0), "pod-runs-as-another", "runAsUser is 0"),
    *of_both("A bridge reads its volumes.", shared(fsGroup=2000), "pod-runs-as-another", "fsGroup is 2000"),
    *of_both(
        "No Service sets a bridge's port.",
        lambda p: pods(p).update(enableServiceLinks=True),
        "service-links",
        "JVB_PORT",
    ),
    *of_both(
        "A bridge's image may write its files.",
        lambda p: container(p)["volumeMounts"].pop(0),
        "write-without-mount",
        "writes /run",
    ),
    *of_both("Every mounted volume exists.", lambda p: pods(p)["volumes"].pop(0), "write-without-mount", "mounts run"),
    Sabotage(
        "The whiteboard does not compile itself at every start.",
        "*-whiteboard",
        lambda p: container(p).pop("command"),
        "write-without-mount",
        "writes /excalidraw-backend/dist",
        "options",
    ),
    Sabotage(
        "Prosody writes its data.",
        "s0-prosody",
        lambda p: container(p)["volumeMounts"][2].update(readOnly=True),
        "write-without-mount",
        "/var/lib/prosody",
    ),
]

IMAGES = "Every container runs the image that the config says."


def imaged(name: str, image: str):
    """Another image for one container, init containers among them."""
    return lambda p: next(
        each for each in (*pods(p)["containers"], *pods(p).get("initContainers", [])) if each["name"] == name
    ).update(image=image)


SABOTAGES: list[Sabotage] = [
    Sabotage(
        IMAGES,
        "s0-bridges-host-port-0",
        imaged("own-pod", "jitsi/jvb:stable-9823"),
        "image-differs",
        "own-pod of jvb of s0",
    ),
    Sabotage(
        IMAGES, "s1-bridges-node-port", imaged("jvb", "jitsi/jvb:stable-9823"), "image-differs", "jvb of jvb of s1"
    ),
    Sabotage(IMAGES, "jitsi-edge-haproxy", imaged("reload", "haproxy:3.0"), "image-differs", "reload of haproxy"),
    Sabotage(
        IMAGES,
        "jitsi-turn-coturn",
        imaged("coturn", "coturn/coturn:4.6"),
        "image-differs",
        "coturn of coturn",
        stack="turn",
    ),
    Sabotage(
        IMAGES,
        "jitsi-recorders-workload",
        imaged("upload", "jitsi/jibri:latest"),
        "image-differs",
        "upload of jibri",
        stack="recorded",
    ),
    *PROBES,
    *NUMBER,
    *HARDENING,
]

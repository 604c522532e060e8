"""Sabotages of what pods may write to, how much, and what they wait for, and of the labels of objects."""

from sabotages import Patch, Sabotage, container, pods

GIVEN = "Only those who are meant to write to a shared volume can."
BOUNDED = "No pod fills its node's disk."
STARTED = "Every script can be read and started, and nobody can change it."
NEEDED = "A pod waits for the Secrets that it needs, and HAProxy for none that comes later."
FOUND = "Every object has the four labels."
HOST_PORT, NODE_PORT = "s0-bridges-host-port-0", "s1-bridges-node-port"


def mount(name: str, box: str = "", **keys: object) -> Patch:
    """Set keys of a container's mount; an init container's without `box` of the same name."""

    def patch(p):
        boxes = [*pods(p)["containers"], *pods(p).get("initContainers", [])]
        mounts = next(each for each in boxes if box in ("", each["name"]))["volumeMounts"]
        next(each for each in mounts if each["name"] == name).update(keys)

    return patch


def volume(name: str, kind: str, **keys: object) -> Patch:
    """Set keys of a volume's source; None removes a key."""

    def patch(p):
        source = next(each for each in pods(p)["volumes"] if each["name"] == name)[kind]
        source |= keys
        for key in [key for key, value in source.items() if value is None]:
            del source[key]

    return patch


SABOTAGES = (
    Sabotage(GIVEN, "s0-jicofo", mount("config", readOnly=False), "mount-writable", "to write, and only reads there"),
    Sabotage(GIVEN, "jitsi-edge-haproxy", mount("issued", "reload", readOnly=False), "mount-writable", "/tls/issued"),
    Sabotage(GIVEN, HOST_PORT, mount("bridge", "jvb", readOnly=False), "mount-writable", "jvb mounts bridge"),
    Sabotage(GIVEN, NODE_PORT, mount("leaving", "own-pod", readOnly=False), "mount-writable", "own-pod mounts leaving"),
    Sabotage(GIVEN, NODE_PORT, mount("bridge", "advertise", readOnly=True), "mount-writable", "and writes there"),
    Sabotage(
        STARTED,
        "jitsi-recorders-workload",
        volume("scripts", "configMap", defaultMode=None),
        "volume-mode",
        "finalize.sh",
        "recorded",
    ),
    Sabotage(STARTED, HOST_PORT, volume("scripts", "configMap", defaultMode=0o577), "volume-mode", "has mode 577"),
    Sabotage(STARTED, NODE_PORT, volume("account", "projected", defaultMode=0o400), "volume-mode", "has mode 400"),
    Sabotage(BOUNDED, "s0-prosody", volume("data", "emptyDir", sizeLimit=None), "scratch-unbounded", "no sizeLimit"),
    Sabotage(BOUNDED, HOST_PORT, volume("run", "emptyDir", sizeLimit="256Gi"), "scratch-unbounded", "256Gi"),
    Sabotage(BOUNDED, "s1-web", volume("run", "emptyDir", sizeLimit="1Ki"), "scratch-unbounded", "1Ki"),
    Sabotage(
        BOUNDED,
        "jitsi-recorders-workload",
        volume("shm", "emptyDir", sizeLimit=None),
        "scratch-unbounded",
        stack="recorded",
    ),
    Sabotage(
        NEEDED,
        "jitsi-edge-haproxy",
        volume("issued", "secret", optional=False),
        "secret-optional",
        "before the certificate",
    ),
    Sabotage(
        NEEDED,
        "jitsi-edge-haproxy",
        volume("fallback", "secret", optional=True),
        "secret-optional",
        "fallback is optional",
    ),
    Sabotage(
        NEEDED,
        "s0-jicofo",
        lambda p: next(
            each["valueFrom"]["secretKeyRef"]
            for each in container(p)["env"]
            if "secretKeyRef" in each.get("valueFrom", {})
        ).update(optional=True),
        "secret-optional",
        "without its password",
    ),
    Sabotage(
        "Prometheus' volume is one that a node can attach.",
        "jitsi-metrics-prometheus-volume",
        lambda p: p["spec"].update(accessModes=["ReadWriteMany"]),
        "claim-shared",
        "ReadWriteMany",
    ),
    Sabotage(
        "A recorder's volume is one that a node can attach.",
        "jitsi-recorders-workload",
        lambda p: p["spec"]["volumeClaimTemplates"][0]["spec"].pop("accessModes"),
        "claim-shared",
        "are none",
        "recorded",
    ),
    Sabotage(
        "Recorders are asked for their health.",
        "jitsi-recorders-workload",
        lambda p: container(p)["readinessProbe"]["exec"]["command"].pop(0),
        "probe-missing",
        "readinessProbe",
        "recorded",
    ),
    Sabotage(
        "The operator takes every PodMonitor.",
        "jitsi-monitoring-haproxy-targets",
        lambda p: p["spec"]["podMetricsEndpoints"][0].update(scrapeTimeout="1m"),
        "prometheus-times",
        "scrapeTimeout 1m",
        "documented",
    ),
    Sabotage(
        FOUND,
        "jitsi-metrics-prometheus-config",
        lambda p: p["metadata"]["labels"].pop("app.kubernetes.io/part-of"),
        "object-unlabelled",
        "part-of: jitsi",
    ),
    Sabotage(
        FOUND,
        "s0-prosody-service",
        lambda p: p["metadata"]["labels"].pop("app.kubernetes.io/instance"),
        "object-unlabelled",
        "app.kubernetes.io/instance",
    ),
    *(
        Sabotage(
            "Containers that somebody adds to a pod are confined, too.",
            "s0-web",
            lambda p, key=key: pods(p)["securityContext"].pop(key),
            "pod-unconfined",
            f"the pod's {key}",
        )
        for key in ("runAsNonRoot", "seccompProfile")
    ),
)

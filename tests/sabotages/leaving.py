"""Sabotages of how a pod leaves: its hook, the script, and the times."""

from typing import Any

from sabotages import Patch, Sabotage, container, pods

BRIDGES = {"hostPort": "s0-bridges-host-port-0", "nodePort": "s1-bridges-node-port"}
CLUSTER = "scaleway-kapsule-cluster"


def setting(name: str, value: Any) -> Patch:
    return lambda p: container(p).update(
        env=[e | {"value": value} if e["name"] == name else e for e in container(p)["env"]]
    )


def no_setting(name: str) -> Patch:
    return lambda p: container(p).update(env=[each for each in container(p)["env"] if each["name"] != name])


def hook(*command: str) -> Patch:
    return lambda p: container(p)["lifecycle"]["preStop"].update(exec={"command": [*command]})


def script(name: str, old: str, new: str) -> Patch:
    def patch(p: dict[str, Any]) -> None:
        assert old in p["data"][name]
        p["data"][name] = p["data"][name].replace(old, new)

    return patch


def sidecar(p: dict[str, Any]) -> dict[str, Any]:
    return next(each for each in pods(p)["initContainers"] if each["name"] == "own-pod")


def scaler(**keys: Any) -> Patch:
    return lambda p: p["autoscalerConfig"].update(keys)


def grace(seconds: int | None) -> Patch:
    if seconds is None:
        return lambda p: pods(p).pop("terminationGracePeriodSeconds")
    return lambda p: pods(p).update(terminationGracePeriodSeconds=seconds)


def of_both(promise: str, patch: Patch | None, rule: str, says: str = "") -> list[Sabotage]:
    return [Sabotage(promise, bridges, patch, rule, says) for bridges in BRIDGES.values()]


HOOKS = [
    *of_both(
        "A leaving bridge waits for its meetings.",
        lambda p: container(p).pop("lifecycle"),
        "hook-missing",
        "has no preStop hook",
    ),
    *of_both(
        "A leaving bridge runs its drain script.", hook("sleep", "5"), "hook-missing", "which is not its leaving script"
    ),
    *of_both("A leaving bridge runs its drain script.", hook("/bin/sh", "-c", "sleep 5"), "hook-missing", "sleep 5"),
    *of_both(
        "The hook's path is mounted.", hook("/bin/sh", "/scripts/drain.sh"), "hook-missing", "mounts no volume there"
    ),
    *of_both(
        "The hook's script exists.",
        hook("/bin/sh", "/bridge-scripts/leave.sh"),
        "hook-missing",
        "leave.sh of ConfigMap jvb-s",
    ),
    *of_both(
        "The hook drains.",
        hook("/bin/sh", "/bridge-scripts/advertise.sh"),
        "hook-missing",
        "which lacks /colibri/drain/enable",
    ),
    *of_both(
        "The bridge's container is called jvb.",
        lambda p: container(p).update(name="bridge"),
        "hook-missing",
        "is not among",
    ),
    *of_both(
        "The scripts come from the shard's ConfigMap.",
        lambda p: next(v for v in pods(p)["volumes"] if v["name"] == "scripts")["configMap"].update(name="jvb-s9"),
        "hook-missing",
        "does not exist",
    ),
    *of_both(
        "The script is readable.",
        lambda p: next(v for v in pods(p)["volumes"] if v["name"] == "scripts")["configMap"].update(defaultMode=0o700),
        "hook-missing",
        "mode 700",
    ),
    *of_both(
        "The hook runs beside the bridge, not in a sidecar.",
        lambda p: sidecar(p).update(lifecycle=container(p).pop("lifecycle")),
        "hook-missing",
    ),
    Sabotage(
        "The ConfigMap holds the drain script.",
        "s0-bridges-config",
        lambda p: p["data"].pop("drain.sh"),
        "hook-missing",
        "drain.sh",
    ),
    Sabotage("The ConfigMap exists.", "s1-bridges-config", None, "hook-missing", "does not exist"),
    Sabotage(
        "The script shuts down gracefully.",
        "s0-bridges-config",
        script("drain.sh", "shut_down true", "shut_down false"),
        "script-changed",
        "scripts/drain.sh",
    ),
    Sabotage(
        "The script waits for its meetings.",
        "s1-bridges-config",
        script("drain.sh", "while clock", "if clock"),
        "hook-missing",
        "while",
    ),
    Sabotage(
        "The emptiest bridge leaves first.",
        "s0-bridges-config",
        script("own-pod.sh", "cost=-1", "cost=100"),
        "script-changed",
        "own-pod.sh",
    ),
    Sabotage(
        "A recorder's script waits.",
        "jitsi-recorders-config",
        script("leave.sh", "quiet=0 ;;", "quiet=9 ;;"),
        "script-changed",
        stack="recorded",
    ),
    *of_both("The bridge accepts its hook's request.", setting("SHUTDOWN_REST_ENABLED", "0"), "hook-refused", "404"),
    *of_both(
        "The bridge accepts its hook's request.",
        no_setting("COLIBRI_REST_ENABLED"),
        "hook-refused",
        "COLIBRI_REST_ENABLED is not set",
    ),
    *of_both(
        "The hook asks the bridge of its own pod.",
        lambda p: container(p)["env"].append({"name": "BRIDGE", "value": "http://127.0.0.1:9090"}),
        "script-overridden",
        "BRIDGE",
    ),
    *of_both(
        "The sidecar outlives the bridge.",
        lambda p: sidecar(p).pop("restartPolicy"),
        "bridge-without-own-pod",
        "restartPolicy",
    ),
    *of_both(
        "A bridge learns its grace period.",
        lambda p: pods(p)["initContainers"].remove(sidecar(p)),
        "bridge-without-own-pod",
    ),
    *of_both(
        "Hook and sidecar share a volume.",
        lambda p: container(p)["volumeMounts"].remove({"mountPath": "/leaving", "name": "leaving"}),
        "bridge-without-own-pod",
        "/leaving",
    ),
    Sabotage(
        "The emptiest bridge leaves first.",
        BRIDGES["hostPort"],
        lambda p: sidecar(p).update(env=[{"name": "COST", "value": "no"}, *sidecar(p)["env"][1:]]),
        "bridge-without-own-pod",
        "COST is no",
    ),
    Sabotage(
        "A recorder waits for its recording.",
        "jitsi-recorders-workload",
        lambda p: container(p).pop("lifecycle"),
        "hook-missing",
        "the recording",
        "recorded",
    ),
    Sabotage(
        "A relay waits for its sessions.", "jitsi-turn-coturn", hook("sleep", "30"), "hook-missing", "relayed", "turn"
    ),
    Sabotage(
        "A gateway waits for its calls.",
        "jitsi-gateway-jigasi",
        lambda p: container(p).pop("lifecycle"),
        "hook-missing",
        "telephone",
        "options",
    ),
    Sabotage(
        "A gateway accepts its hook's request.",
        "jitsi-gateway-jigasi",
        setting("SHUTDOWN_REST_ENABLED", "false"),
        "hook-refused",
        "404",
        "options",
    ),
    Sabotage(
        "HAProxy leaves rotation first.",
        "jitsi-edge-haproxy",
        lambda p: container(p).pop("lifecycle"),
        "edge-hook",
        "no preStop",
    ),
    Sabotage(
        "HAProxy leaves rotation first.",
        "jitsi-edge-haproxy",
        hook("sh", "-c", "sleep 2; kill -USR1 $(cat /run/haproxy/master.pid)"),
        "edge-hook",
        "less than 15 s",
    ),
    Sabotage(
        "HAProxy ends no request.",
        "jitsi-edge-haproxy",
        hook("sh", "-c", "sleep 15; kill -TERM $(cat /run/haproxy/master.pid)"),
        "edge-hook",
        "softly",
    ),
    Sabotage(
        "HAProxy stops within its grace period.", "jitsi-edge-haproxy", grace(15), "edge-hook", "grace period of 15 s"
    ),
    Sabotage(
        "Web leaves rotation first.", "s0-web", lambda p: container(p).pop("lifecycle"), "edge-hook", "no preStop"
    ),
]

TIMES = [
    *of_both("A leaving bridge has its whole drain time.", grace(30), "grace-below-drain", "is 30 s"),
    *of_both("A leaving bridge has its whole drain time.", grace(None), "grace-below-drain", "is 30 s"),
    *of_both(
        "A bridge that hangs does not keep its node.", grace(360000), "grace-below-drain", "keeps its node longer"
    ),
    *of_both(
        "The hook returns before the kubelet kills.",
        setting("DEADLINE", "3600"),
        "hook-beyond-grace",
        "DEADLINE of the hook is 3600",
    ),
    *of_both(
        "The hook fits the grace period.",
        grace(30),
        "hook-beyond-grace",
        "to 3600, as bridges.drain.deadline of the stack file says, and DEADLINE between 3540 and 3590",
    ),
    *of_both("The hook waits for the whole drain.", setting("DEADLINE", "60"), "hook-beyond-grace", "gives up early"),
    *of_both("The hook knows its deadline.", no_setting("DEADLINE"), "hook-beyond-grace", "is not set"),
    *of_both(
        "Meetings have migrateAfter to end.", setting("MIGRATE_AFTER", "60"), "drain-steps", "the stack file says 600"
    ),
    *of_both("jicofo has stopped choosing the bridge.", setting("ANNOUNCE", "0"), "drain-steps", "ANNOUNCE is 0"),
    *of_both("jicofo has time to move participants.", setting("MOVE", "1m"), "drain-steps", "MOVE is not set"),
    Sabotage(
        "The bridge keeps meetings for migrateAfter.",
        "s0-bridges-config",
        script("custom-jvb.conf", "= 600 s", "= 10 s"),
        "bridge-shutdown-settings",
        "to 10",
    ),
    Sabotage(
        "The bridge waits while jicofo moves.",
        "s1-bridges-config",
        script("custom-jvb.conf", "shutting-down-delay", "shutdown-delay"),
        "bridge-shutdown-settings",
        "nothing",
    ),
    *of_both(
        "A bridge that failed restarts at once.",
        lambda p: container(p)["livenessProbe"].pop("terminationGracePeriodSeconds"),
        "probe-drains",
    ),
    Sabotage(
        "The autoscaler waits for a drain.",
        CLUSTER,
        scaler(maxGracefulTerminationSec=600),
        "grace-above-autoscaler",
        "3600 s to leave",
    ),
    Sabotage(
        "The autoscaler waits for a drain.",
        CLUSTER,
        lambda p: p["autoscalerConfig"].pop("maxGracefulTerminationSec"),
        "grace-above-autoscaler",
        "is not set",
    ),
    Sabotage(
        "The autoscaler waits for a recording.",
        CLUSTER,
        scaler(maxGracefulTerminationSec=3600),
        "grace-above-autoscaler",
        "18000",
        "recorded",
    ),
    Sabotage(
        "A recording ends within the grace period.",
        "jitsi-recorders-workload",
        setting("JIBRI_USAGE_TIMEOUT", "600 minutes"),
        "recording-beyond-grace",
        stack="recorded",
    ),
    Sabotage(
        "A recorder may upload.",
        "jitsi-recorders-workload",
        grace(3600),
        "grace-below-drain",
        "kills it earlier",
        "recorded",
    ),
    Sabotage(
        "A relay counts its sessions.",
        "jitsi-turn-coturn",
        setting("FIRST_PORT", "10000"),
        "relay-drain-blind",
        "49152",
        "turn",
    ),
    Sabotage(
        "A relay counts once nobody new comes.",
        "jitsi-turn-udp-coturn",
        setting("ANNOUNCE", "0"),
        "relay-drain-blind",
        "ANNOUNCE",
        "turn-udp",
    ),
    Sabotage("A relay has its drain.", "jitsi-turn-coturn", grace(60), "grace-below-drain", "7200", "turn"),
    Sabotage("A gateway has its deadline.", "jitsi-gateway-jigasi", grace(30), "grace-below-drain", "3600", "options"),
]

SABOTAGES: list[Sabotage] = [*HOOKS, *TIMES]

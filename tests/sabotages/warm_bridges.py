"""Sabotages of warming up: a bridge takes people before it is warm, or never again."""

from typing import Any

from sabotages import Patch, Sabotage, container
from sabotages.leaving import of_both, script, setting

CONFIG = {"hostPort": "s0-bridges-config", "nodePort": "s1-bridges-config"}
COLD, DRAINED = "bridge-ready-when-cold", "bridge-stays-drained"
FIRST_REQUEST = "Prosody sends a new bridge its first request."
HEALTH = {"path": "/about/health", "port": "rest"}


def by_health(*kinds: str) -> Patch:
    def patch(p: dict[str, Any]) -> None:
        for kind in kinds:
            probe = container(p)[f"{kind}Probe"]
            del probe["exec"]
            probe["httpGet"] = HEALTH

    return patch


def asked(value: str) -> Patch:
    def patch(p: dict[str, Any]) -> None:
        variable = next(each for each in container(p)["env"] if each["name"] == "GLOBAL_CONFIG")
        variable["value"] = variable["value"].replace("bridge_warm_up = true", value)

    return patch


SABOTAGES: list[Sabotage] = [
    Sabotage(FIRST_REQUEST, "s0-prosody", asked("bridge_warm_up = false"), COLD, says="bridge_warm_up is not true"),
    Sabotage(FIRST_REQUEST, "s0-prosody", asked(""), COLD, says="bridge_warm_up is not true"),
    *of_both("A bridge is ready when it is warm.", by_health("startup"), COLD, "startupProbe does not run"),
    *of_both("A bridge is ready when it is warm.", by_health("readiness"), COLD, "readinessProbe does not run"),
    *of_both("A probe asks what the bridge answers.", by_health("readiness"), "probe-missing", "readinessProbe"),
    *of_both("Something ends drain mode.", by_health("startup", "readiness"), DRAINED, "no probe ends that"),
    *of_both(
        "Warming up has its time.",
        lambda p: container(p)["startupProbe"].update(timeoutSeconds=5),
        COLD,
        "ends after 5 s",
    ),
    *of_both("A bridge can meet itself.", setting("COLIBRI_REST_ENABLED", "0"), COLD, "COLIBRI_REST_ENABLED is 0"),
    *of_both("A bridge knows whether it has relays.", setting("ENABLE_OCTO", "true"), COLD, "ENABLE_OCTO is true"),
    *of_both(
        "The script's own limits hold.",
        lambda p: container(p)["env"].append({"name": "LIMIT", "value": "0"}),
        "script-overridden",
        "LIMIT",
    ),
    *(
        Sabotage(promise, config, patch, rule, says)
        for config in CONFIG.values()
        for promise, patch, rule, says in (
            (
                "jicofo prefers other bridges to a cold one.",
                script("custom-jvb.conf", "initial-drain-mode = true", "initial-drain-mode = false"),
                COLD,
                "does not start it in drain mode",
            ),
            ("The script exists.", lambda p: p["data"].pop("ready.sh"), COLD, "ready.sh"),
            (
                "A warm bridge opens.",
                script("ready.sh", "/colibri/drain/disable", "/colibri/drain"),
                DRAINED,
                "no probe ends that",
            ),
            (
                "A bridge meets itself.",
                script("ready.sh", "/colibri/v2/conferences", "/colibri/v2"),
                COLD,
                "holds no meeting",
            ),
        )
    ),
]

"""Sabotages of modules of prosody."""

from sabotages import Sabotage, container

FOUND = "Every prosody finds the modules of the stack file."
FOLDER = "/prosody-plugins-custom"
NOTICED = "Prosody asks whether a bridge lives, and so a crashed one is gone at once."
HIBERNATION = "mod_bridge_hibernation.lua"
IN_PLACE = "Nobody is moved onto the bridge that they are on."
LEAVING = "mod_bridge_leaving.lua"


def _moved(name):
    def patch(p):
        mounts = container(p)["volumeMounts"]
        next(mount for mount in mounts if mount["mountPath"] == f"{FOLDER}/{name}")["mountPath"] = (
            f"{FOLDER}/another.lua"
        )

    return patch


def _changed(name, old, new):
    def patch(p):
        variable = next(each for each in container(p)["env"] if each["name"] == name)
        variable["value"] = variable["value"].replace(old, new)

    return patch


def _noticed(of, patch, says):
    return Sabotage(NOTICED, of, patch, "bridge-crash-unnoticed", says=says)


def _in_place(of, patch, says):
    return Sabotage(IN_PLACE, of, patch, "moved-in-vain", says=says)


SABOTAGES = (
    Sabotage(
        FOUND,
        "s0-prosody",
        _moved("mod_lesson_log.lua"),
        "plugin-missing",
        stack="documented",
        says="mod_lesson_log.lua is not in",
    ),
    Sabotage(
        FOUND,
        "s0-prosody-config",
        lambda p: p["data"].update({"mod_lesson_log.lua": "another"}),
        "plugin-missing",
        stack="documented",
    ),
    Sabotage(FOUND, "s0-prosody-config", lambda p: p["data"].clear(), "plugin-missing", stack="documented"),
    _noticed("s0-prosody", _moved(HIBERNATION), "is not in /prosody-plugins-custom"),
    _noticed("s0-prosody-config", lambda p: p["data"].pop(HIBERNATION), "is not in /prosody-plugins-custom"),
    _noticed("s0-prosody", _changed("GLOBAL_MODULES", "bridge_hibernation", "other"), "does not load"),
    _noticed("s0-prosody", _changed("GLOBAL_CONFIG", '"jvb@', '"focus@'), "bridges log in as jvb@auth.meet.jitsi"),
    _noticed("s0-prosody", _changed("GLOBAL_CONFIG", "_port = 8080", "_port = 9090"), "bridges answer at 8080"),
    _noticed("s0-prosody", _changed("GLOBAL_CONFIG", "_seconds = 3", "_seconds = 0"), "bridges.silentAfter is 3"),
    _noticed("s0-prosody", _changed("GLOBAL_CONFIG", "bridge_hibernation_seconds = 3", ""), "seconds is not set"),
    _in_place("s0-prosody", _moved(LEAVING), "is not in /prosody-plugins-custom"),
    _in_place("s0-prosody-config", lambda p: p["data"].update({LEAVING: "another"}), "or another file"),
    _in_place("s0-prosody", _changed("GLOBAL_MODULES", "bridge_leaving", "other"), "does not load"),
    _in_place("s0-prosody", _changed("GLOBAL_CONFIG", '"jvb@', '"focus@'), "bridges log in as jvb@auth.meet.jitsi"),
    _in_place("s0-prosody", _changed("GLOBAL_CONFIG", "_stress = 0.8", "_stress = 0.7"), "stress is 0.7"),
    _in_place("s0-prosody", _changed("GLOBAL_CONFIG", "_stress = 0.8", "_stress = 0.9"), "below 0.9"),
    _in_place("s0-prosody", _changed("GLOBAL_CONFIG", "bridge_leaving_stress = 0.8", ""), "stress is not set"),
)

"""Rules about modules of prosody: what its pods find in the folder of plugins, and load."""

import re
from collections.abc import Iterator

from config import plugin_files
from plan.diff.fleet import object_name
from plan.diff.paths import at, mappings
from plan.findings.rule import Hit, rule
from plan.resources.edge import variables
from plan.resources.made import Resources
from plan.resources.selection import namespace_of
from plan.resources.templates import Template, templates
from sizing.addresses import BRIDGE_ACCOUNT
from sizing.bridge_crash import HIBERNATION_MODULE
from sizing.bridge_load import LEAVING_MODULE, REDISTRIBUTION_STRESS, STRESS_AT_CAPACITY
from sizing.parts import JVB, PROSODY, VISITORS

FOLDER = "/prosody-plugins-custom"  # plugin_paths in the image's prosody.cfg.lua


@rule("plugin-missing", "error")
def plugin_missing(stack: Resources) -> Iterator[Hit]:
    """A prosody does not find a module of the stack file, or finds another source."""
    wanted = plugin_files.read(stack.config.signalling)
    for template in templates(stack, PROSODY.name, VISITORS.name) if wanted else ():
        missing = [name for name, text in wanted.items() if _found(stack, template, name) != text]
        if missing:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{', '.join(missing)} is not in {FOLDER} as the stack file has it: prosody logs that it cannot load the module, and runs without",
                "mount the ConfigMap's key there; signalling.plugins does both",
            )


@rule("bridge-crash-unnoticed", "error")
def bridge_crash_unnoticed(stack: Resources) -> Iterator[Hit]:
    """Prosody does not ask whether a bridge lives whose connection broke, so jicofo does not learn of a crash."""
    for template in templates(stack, PROSODY.name):
        for fault in _hibernation_faults(stack, template):
            yield Hit(
                f"{template.where}.spec.containers",
                f"{fault}: after a crash of a bridge, its participants hear nothing for about 20 s instead of 2",
                f"mount mod_{HIBERNATION_MODULE}.lua, load it by GLOBAL_MODULES, and set its three options in GLOBAL_CONFIG",
            )


@rule("moved-in-vain", "warning")
def moved_in_vain(stack: Resources) -> Iterator[Hit]:
    """Jicofo takes bridges that leave for room, and moves people of a full bridge onto the same one."""
    moving = {shard.name for shard in stack.config.resolved if shard.bridges.relays and shard.bridges.redistribution}
    for template in templates(stack, PROSODY.name):
        for fault in _leaving_faults(stack, template) if template.shard in moving else ():
            yield Hit(
                f"{template.where}.spec.containers",
                f"{fault}: while a bridge leaves and the others are full, people lose a second of audio and video twice a minute",
                f"mount mod_{LEAVING_MODULE}.lua, load it by GLOBAL_MODULES, and set both of its options in GLOBAL_CONFIG",
            )


def _hibernation_faults(stack: Resources, template: Template) -> Iterator[str]:
    options, faults = _loaded(stack, template, HIBERNATION_MODULE, "smacks-hibernation-start")
    yield from faults
    wanted = {
        "bridge_account": (BRIDGE_ACCOUNT, "bridges log in as"),
        "bridge_port": (str(JVB.port("rest")), "bridges answer at"),
    }
    for shard in stack.config.resolved:
        if shard.name == template.shard:
            wanted["bridge_hibernation_seconds"] = (str(shard.bridges.silent_after), "bridges.silentAfter is")
    for name, (value, why) in wanted.items():
        if options is not None and (found := options.get(name, "not set")) != value:
            yield f"{name} is {found}, and {why} {value}"


def _leaving_faults(stack: Resources, template: Template) -> Iterator[str]:
    options, faults = _loaded(stack, template, LEAVING_MODULE, "stress_level")
    yield from faults
    if options is None:
        return
    if (account := options.get("bridge_account", "not set")) != BRIDGE_ACCOUNT:
        yield f"bridge_account is {account}, and bridges log in as {BRIDGE_ACCOUNT}"
    stress = options.get("bridge_leaving_stress", "not set")
    if not re.fullmatch(r"[0-9.]+", stress):
        yield f"bridge_leaving_stress is {stress}"
    elif not STRESS_AT_CAPACITY <= float(stress) < REDISTRIBUTION_STRESS:
        yield (
            f"bridge_leaving_stress is {stress}, and not from {STRESS_AT_CAPACITY}, where jicofo takes a bridge for full, "
            f"to below {REDISTRIBUTION_STRESS}, where it moves its people"
        )


def _loaded(
    stack: Resources, template: Template, module: str, works_by: str
) -> tuple[dict[str, str] | None, list[str]]:
    """The options of the modules about bridges, None if they are not known here, and why a module does not work at all."""
    values = variables(template.spec)
    loaded, config = str(values.get("GLOBAL_MODULES") or ""), str(values.get("GLOBAL_CONFIG") or "")
    faults: list[str] = []
    if works_by not in str(_found(stack, template, f"mod_{module}.lua")):
        faults.append(f"mod_{module}.lua is not in {FOLDER}, or another file")
    if "[unknown]" not in loaded and module not in loaded.split(","):
        faults.append(f"prosody does not load {module}")
    return (None if "[unknown]" in config else dict(re.findall(r'(bridge_\w+) = "?([^"\\]+)', config))), faults


def _found(stack: Resources, template: Template, name: str) -> str | None:
    """The text of a file in the folder of plugins, by mount, volume and ConfigMap; None without one."""
    mounts = {mapping.get("mountPath"): mapping for mapping in mappings(template.main.get("volumeMounts"))}
    mount = mounts.get(f"{FOLDER}/{name}", {})
    volumes = {mapping.get("name"): mapping for mapping in mappings(template.spec.get("volumes"))}
    source = at(volumes.get(mount.get("name"), {}), "configMap", "name")
    for resource in stack.of("ConfigMap"):
        if object_name(resource) == source and namespace_of(resource) == namespace_of(template.workload):
            return at(resource.properties, "data", str(mount.get("subPath")))
    return None

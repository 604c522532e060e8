"""Rules about the number of pods: parts that run once, parts that spread, and what the stack file asks for."""

from collections.abc import Iterator

from plan.diff.fleet import kind_of
from plan.diff.paths import at, mapping, mappings, whole
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.selection import matches
from plan.resources.templates import Template, known, templates
from sizing.pod_sizes import COTURN_CPU_PERCENT
from sizing.signalling_sizes import WEB_CPU_PERCENT, signalling_size

SINGLE = {
    "prosody": "rooms are in its memory: participants of one room meet in two",
    "jicofo": "both set up the same conferences",
    "whiteboard": "drawings are in its memory: participants of one meeting see two",
    "etherpad": "both write the same database",
    "prometheus": "both write the same volume",
    "alloy": "each line is sent twice",
}
"""Parts of which two at a time do harm, and the harm."""
ONE = ("grafana", "kube-state-metrics", "probe", "prometheus-adapter", "kube-metrics-adapter")
"""Parts that run once, and twice for a moment while they are replaced."""
SPREAD = {
    "haproxy": ("kubernetes.io/hostname", "topology.kubernetes.io/zone"),
    "web": ("kubernetes.io/hostname",),
    "coturn": ("kubernetes.io/hostname",),
    "visitors": ("kubernetes.io/hostname",),
    "transcriber": ("kubernetes.io/hostname",),
}
"""Parts of several pods on shared nodes, and what they are spread over."""

CPU_PERCENT = {"web": WEB_CPU_PERCENT, "coturn": COTURN_CPU_PERCENT}
"""Parts that scale on CPU, and the percent of their request at which a pod is added."""


@rule("part-runs-twice", "error")
def part_runs_twice(stack: Resources) -> Iterator[Hit]:
    """A part that must run once runs never, or twice at a time."""
    for template in templates(stack, *SINGLE, *ONE):
        spec = mapping(at(template.workload.properties, "spec"))
        count = whole(spec.get("replicas", 1))
        problems = [
            (count is not None and count != 1, f"replicas is {spec.get('replicas')}"),
            (stack.autoscaler(template.workload) is not None, "an autoscaler sets its number"),
            (
                template.name in SINGLE and kind_of(template.workload) == "Deployment" and _surges(spec),
                "a rollout starts the next one before the former has ended",
            ),
            (kind_of(template.workload) == "DaemonSet", "a DaemonSet runs one on every node"),
        ]
        for text in [text for is_wrong, text in problems if is_wrong]:
            yield Hit(
                f"{template.workload.name}.spec",
                f"{text}, and {template.name} runs once: {SINGLE.get(template.name, 'its numbers count twice, or never')}",
                "set replicas to 1" + (" and strategy to Recreate" if template.name in SINGLE else ""),
            )


def _surges(spec: dict[str, object]) -> bool:
    strategy = mapping(spec.get("strategy"))
    surge = at(strategy, "rollingUpdate", "maxSurge")
    return known(strategy.get("type")) and strategy.get("type") != "Recreate" and surge not in (0, "0%")


def _asked(stack: Resources, template: Template) -> tuple[int, int] | None:
    """The bounds that the stack file asks for; None if it names none."""
    config = stack.config
    match template.name:
        case "haproxy":
            return config.ingress.replicas, config.ingress.replicas
        case "coturn" if config.coturn:
            return config.coturn.replicas, config.coturn.max_replicas
        case "coturn-udp" if config.turn and config.turn.udp:
            return config.turn.udp.nodes, config.turn.udp.nodes
        case "visitors" if config.visitors:
            return config.visitors.nodes, config.visitors.nodes
        case "jigasi" if config.jigasi and config.jigasi.sip:
            return config.jigasi.sip.replicas, config.jigasi.sip.replicas
        case "transcriber" if config.jigasi and config.jigasi.transcription:
            return config.jigasi.transcription.replicas, config.jigasi.transcription.replicas
        case "jibri" if config.recording:
            idle = max(config.recording.min, config.recording.idle) if config.recording.min else 0
            return idle, config.recording.max
        case "web":
            shard = next((each for each in config.resolved if each.name == template.shard), None)
            size = signalling_size(shard, config.web) if shard else None
            return (size.web_min, size.web_max) if size else None
        case _:
            return None


@rule("pods-beside-plan", "error")
def pods_beside_plan(stack: Resources) -> Iterator[Hit]:
    """A part runs fewer or more pods than the stack file says."""
    for template in templates(stack):
        asked = _asked(stack, template)
        autoscaler = stack.autoscaler(template.workload)
        spec = mapping(at((autoscaler or template.workload).properties, "spec"))
        bounds = (
            (whole(spec.get("minReplicas", 1)), whole(spec.get("maxReplicas")))
            if autoscaler
            else (whole(spec.get("replicas", 1)),) * 2
        )
        if asked is not None and None not in bounds and bounds != asked:
            yield Hit(
                f"{(autoscaler or template.workload).name}.spec",
                f"runs {bounds[0]} to {bounds[1]} {template.name}, and the stack file says {asked[0]} to {asked[1]}: "
                "the remaining ones are overloaded, or nodes are missing",
                "let it follow the stack file",
            )


@rule("cpu-target-differs", "error")
def cpu_target_differs(stack: Resources) -> Iterator[Hit]:
    """Pods that scale on CPU are added too late, or always."""
    for template in templates(stack, *CPU_PERCENT):
        scaler, due = stack.autoscaler(template.workload), CPU_PERCENT[template.name]
        metrics = at(scaler.properties, "spec", "metrics") if scaler else None
        if scaler is None or not known(metrics):
            continue
        target = {"type": "Utilization", "averageUtilization": due}
        asked = [mapping(each.get("resource")) for each in mappings(metrics) if each.get("type") == "Resource"]
        if asked != [{"name": "cpu", "target": target}]:
            yield Hit(
                f"{scaler.name}.spec.metrics",
                f"asks for {asked or 'no resource'}, and {template.name} is planned with {due} % of its CPU request: pods come when "
                "pages are slow already, or run for nothing",
                f"set one Resource metric, cpu with averageUtilization {due}",
            )


@rule("pods-on-one-node", "error")
def pods_on_one_node(stack: Resources) -> Iterator[Hit]:
    """Pods of one part may all run on one node, which takes them together."""
    for template in templates(stack, *SPREAD):
        constraints = template.spec.get("topologySpreadConstraints")
        if not known(constraints):
            continue
        for key in SPREAD[template.name]:
            constraint = next((each for each in mappings(constraints) if each.get("topologyKey") == key), None)
            if constraint is None:
                problem = f"nothing spreads {template.name} over {key}"
            elif not matches(constraint.get("labelSelector"), template.pods):
                problem = f"the constraint over {key} counts other pods than {template.name}"
            elif constraint.get("whenUnsatisfiable", "DoNotSchedule") not in ("ScheduleAnyway", "[unknown]"):
                problem = f"the constraint over {key} is no wish but a must, which a full node turns into a Pending pod"
            elif constraint.get("maxSkew") != 1:
                problem = f"the constraint over {key} allows a skew of {constraint.get('maxSkew')}"
            else:
                continue
            yield Hit(
                f"{template.where}.spec.topologySpreadConstraints",
                f"{problem}: one node may carry all of them, or some never start",
                "spread the pods with maxSkew 1, by their own labels, and ScheduleAnyway",
            )

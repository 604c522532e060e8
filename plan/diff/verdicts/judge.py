"""Every verdict there is, and what all of them say of a change."""

from types import ModuleType

from plan.diff.compare import Change
from plan.diff.fleet import WORKLOADS, Fleet, kind_of
from plan.diff.verdicts import bridges, cluster, edge, extras, nodes, pod_numbers, signalling
from plan.diff.verdicts.rule import Case, Effect, Verdict, worst
from plan.turn import TURN_SERVICE, TURN_UDP

MODULES: tuple[ModuleType, ...] = (bridges, signalling, edge, nodes, cluster, extras, pod_numbers)
"""Modules whose `@verdict` functions count; a rule in one of them needs no other registration."""

RULES: tuple[Verdict, ...] = tuple(
    value for module in MODULES for value in vars(module).values() if isinstance(value, Verdict)
)

KNOWN_COMPONENTS = frozenset(
    {
        *(
            "jvb",
            "jvb-spare",
            "prosody",
            "jicofo",
            "web",
            "shard",
            "haproxy",
            "namespace",
            TURN_SERVICE,
            TURN_UDP,
            "jibri",
        ),
        *("visitors", "whiteboard", "etherpad", "jigasi", "transcriber"),
        *("prometheus", "prometheus-adapter", "kube-metrics-adapter"),
        *("grafana", "kube-state-metrics", "alloy", "probe"),
    }
)
"""Labels `app.kubernetes.io/name` that the verdicts were written for; a test holds the program to them."""


def judge(change: Change, base: Fleet, head: Fleet) -> Effect:
    """The gravest of what the rules say; a change that none of them knows hurts nobody."""
    case = Case(change, base, head)
    return worst(effect for rule in RULES if (effect := rule.look(case))) or _harmless(case)


def _harmless(case: Case) -> Effect:
    if not case.existed:
        return Effect("none", "comes beside what runs")
    kind = kind_of(case.change.resource)
    if case.change.operation == "update" and all(path.startswith("metadata.") for path in case.change.paths):
        return Effect("none", "only labels or annotations; nothing restarts for them")
    if case.component == "jvb-spare":
        return Effect("none", "placeholders, no bridge")
    if case.component in ("prometheus", "prometheus-adapter", "kube-metrics-adapter"):
        if kind in ("ConfigMap", "Secret") and case.change.operation == "update":
            return Effect(
                "none", "no call passes here; it is read anew while it runs, or by the pods that its workload makes"
            )
        return Effect("none", "no call passes here; scaling pauses until metrics are back")
    if case.component in ("grafana", "kube-state-metrics", "probe"):
        return Effect("none", "no call passes here; what is shown or told pauses until it is back")
    if case.component == "alloy":
        return Effect("none", "no call passes here; logs wait in their pods until it is back")
    if kind in WORKLOADS and not case.change.goes and not case.change.touches("spec.template"):
        return Effect("none", "no pod restarts for it")
    return Effect("none", f"no call passes through this {kind}")

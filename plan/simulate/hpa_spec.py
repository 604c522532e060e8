"""An `autoscaling/v2` HorizontalPodAutoscaler as plain values, with the API server's defaults.

Quantities are whole milli-units ("750m" is 750), as in the controller; utilisation is a whole percentage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from config.quantities import milli

TOLERANCE = 0.1  # --horizontal-pod-autoscaler-tolerance
DOWN_WINDOW = 300  # --horizontal-pod-autoscaler-downscale-stabilization, seconds

Select = Literal["Max", "Min", "Disabled"]
Kind = Literal["Pods", "Resource", "Object", "External"]
Measure = Literal["AverageValue", "Value", "Utilization"]


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `value` pods or percent in `period` seconds."""

    kind: Literal["Pods", "Percent"]
    value: int
    period: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Scaling rules of one direction: stabilization window in seconds, and limits of the rate."""

    window: int
    policies: tuple[Policy, ...]
    select: Select = "Max"
    tolerance: float = TOLERANCE


GROW_AT_ONCE = Rules(0, (Policy("Pods", 4, 15), Policy("Percent", 100, 15)))
"""Default of scaleUp: 4 pods or 100 % in 15 s, whichever is larger."""
SHRINK_AFTER_FIVE_MINUTES = Rules(DOWN_WINDOW, (Policy("Percent", 100, 15),))
"""Default of scaleDown."""


@dataclass(frozen=True, slots=True)
class Target:
    """One metric and its target."""

    name: str
    kind: Kind
    measure: Measure
    amount: int
    """Milli-units, or percent of the request."""


@dataclass(frozen=True, slots=True)
class Spec:
    """Spec of an autoscaler. Without `behavior`, as in many old manifests, older rules apply."""

    min: int
    max: int
    targets: tuple[Target, ...]
    up: Rules = GROW_AT_ONCE
    down: Rules = SHRINK_AFTER_FIVE_MINUTES
    behavior: bool = True


def _target(metric: Mapping[str, Any]) -> Target:
    kind: Kind = metric["type"]
    body = metric[kind[0].lower() + kind[1:]]
    name = body["name"] if kind == "Resource" else body["metric"]["name"]
    measure: Measure = body["target"]["type"]
    if measure == "Utilization":
        return Target(name, kind, measure, int(body["target"]["averageUtilization"]))
    return Target(name, kind, measure, milli(body["target"]["averageValue" if measure == "AverageValue" else "value"]))


def _rules(written: Mapping[str, Any] | None, defaults: Rules) -> Rules:
    if not written:
        return defaults
    window = written.get("stabilizationWindowSeconds")
    policies = tuple(
        Policy(policy["type"], policy["value"], policy["periodSeconds"]) for policy in written.get("policies") or ()
    )
    return Rules(
        defaults.window if window is None else window,
        policies or defaults.policies,
        written.get("selectPolicy") or "Max",
        milli(written["tolerance"]) / 1000 if "tolerance" in written else TOLERANCE,
    )


def spec_of(document: Mapping[str, Any]) -> Spec:
    """The `spec` of a HorizontalPodAutoscaler, as it would be sent to the API server."""
    behavior = document.get("behavior")
    return Spec(
        min=document.get("minReplicas", 1),
        max=document["maxReplicas"],
        targets=tuple(_target(metric) for metric in document["metrics"]),
        up=_rules((behavior or {}).get("scaleUp"), GROW_AT_ONCE),
        down=_rules((behavior or {}).get("scaleDown"), SHRINK_AFTER_FIVE_MINUTES),
        behavior=behavior is not None,
    )

"""An `autoscaling/v2` HorizontalPodAutoscaler as plain values, after the API server's defaults.

Amounts are whole milli-units ("750m" is 750), as the controller computes with them; utilisation is a whole per cent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal

TOLERANCE = 0.1  # --horizontal-pod-autoscaler-tolerance
DOWN_WINDOW = 300  # --horizontal-pod-autoscaler-downscale-stabilization, seconds

_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
}

Select = Literal["Max", "Min", "Disabled"]
Kind = Literal["Pods", "Resource", "Object", "External"]
Measure = Literal["AverageValue", "Value", "Utilization"]


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `value` pods or per cent in `period` seconds."""

    kind: Literal["Pods", "Percent"]
    value: int
    period: int


@dataclass(frozen=True, slots=True)
class Rules:
    """One direction: the window in seconds over which wishes are looked at, and how fast the number may change."""

    window: int
    policies: tuple[Policy, ...]
    select: Select = "Max"
    tolerance: float = TOLERANCE


GROW_AT_ONCE = Rules(0, (Policy("Pods", 4, 15), Policy("Percent", 100, 15)))
"""scaleUp when it is not said: 4 pods or the double in 15 s, whatever is more."""
SHRINK_AFTER_FIVE_MINUTES = Rules(DOWN_WINDOW, (Policy("Percent", 100, 15),))
"""scaleDown when it is not said."""


@dataclass(frozen=True, slots=True)
class Target:
    """One metric and what it shall be."""

    name: str
    kind: Kind
    measure: Measure
    amount: int
    """Milli-units, or per cent of the request."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What is asked of the autoscaler. `behavior` is unset in many old manifests, and then older rules hold."""

    min: int
    max: int
    targets: tuple[Target, ...]
    up: Rules = GROW_AT_ONCE
    down: Rules = SHRINK_AFTER_FIVE_MINUTES
    behavior: bool = True


def milli(quantity: str | float) -> int:
    """A Kubernetes quantity in milli-units, rounded up as `MilliValue` does.

    Raises:
        ValueError: it is no quantity.
    """
    text = str(quantity)
    suffix = next((known for known in ("Ki", "Mi", "Gi", "n", "u", "m", "k", "M", "G") if text.endswith(known)), "")
    try:
        number = Decimal(text.removesuffix(suffix)) * (_SUFFIXES[suffix] if suffix else 1)
    except ArithmeticError:
        raise ValueError(f"{text!r} is no quantity; 750m, 80 and 100k are") from None
    return int((number * 1000).to_integral_value(ROUND_CEILING))


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

"""What an autoscaler's metric becomes on its way: the adapter's rule, and the expression that Prometheus is asked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plan.diff.fleet import component_of, object_name
from plan.diff.paths import at
from plan.promql.nodes import PromqlError, selectors
from plan.promql.parse import parse
from plan.recorder import Resource
from plan.resources.files import File, argument, containers, is_unknown, mounted
from plan.resources.made import Resources
from plan.resources.selection import namespace_of
from sizing.parts import KUBE_METRICS_ADAPTER, PROMETHEUS_ADAPTER

_CASE = re.compile(r'(?:else )?if eq \(index \.LabelValuesByName "([^"]+)"\)((?: "[^"]*")+)')


@dataclass(frozen=True, slots=True)
class Adapter:
    """What serves the custom metrics API. `file` holds the rules of prometheus-adapter."""

    workload: Resource
    spec: dict[str, Any]
    container: dict[str, Any]
    file: File | None

    @property
    def collects(self) -> bool:
        """Whether it reads pods and objects itself, as kube-metrics-adapter does."""
        return component_of(self.workload) == KUBE_METRICS_ADAPTER.name

    @property
    def url(self) -> str:
        """URL of the Prometheus that it asks; empty if it asks none."""
        return argument(self.container, "prometheus-url") or ""

    @property
    def rules(self) -> list[dict[str, Any]]:
        """Rules of prometheus-adapter."""
        rules = at(self.file.document, "rules") if self.file else None
        return [rule for rule in rules or [] if isinstance(rule, dict)]


def adapters(stack: Resources) -> Iterator[Adapter]:
    """Yield each adapter of the stack."""
    for workload, spec in stack.workloads:
        if component_of(workload) in (PROMETHEUS_ADAPTER.name, KUBE_METRICS_ADAPTER.name):
            container = next(iter(containers(spec)), {})
            path = argument(container, "config")
            yield Adapter(workload, spec, container, mounted(stack, spec, container, path) if path else None)


@dataclass(frozen=True, slots=True)
class Asked:
    """One metric of an autoscaler. `labels` are those of its selector."""

    kind: str
    name: str
    described: dict[str, Any]
    labels: dict[str, str]
    target: dict[str, Any]


def asked_metrics(autoscaler: Resource) -> list[Asked]:
    """Return the metrics of an autoscaler that an adapter serves."""
    result: list[Asked] = []
    for metric in at(autoscaler.properties, "spec", "metrics") or []:
        kind = str(metric.get("type"))
        body = metric.get(kind[:1].lower() + kind[1:]) or {}
        if kind in ("Pods", "Object", "External"):
            labels = at(body, "metric", "selector", "matchLabels") or {}
            name = str(at(body, "metric", "name"))
            result.append(Asked(kind, name, body.get("describedObject") or {}, labels, body.get("target") or {}))
    return result


def serving_rule(adapter: Adapter, asked: Asked) -> dict[str, Any]:
    """Return prometheus-adapter's rule for a metric.

    Raises:
        PromqlError: no rule, or more than one, serves it, or the rule does not know the kind of object.
    """
    rules = [rule for rule in adapter.rules if at(rule, "name", "as") == asked.name]
    if len(rules) != 1:
        names = ", ".join(str(at(rule, "name", "as")) for rule in adapter.rules)
        raise PromqlError(f"is served by {len(rules)} rules of the adapter, which serves {names or 'nothing'}")
    (rule,) = rules
    series = series_of(rule)
    if not re.search(str(at(rule, "name", "matches") or ".*"), series):
        raise PromqlError(f"name.matches of the adapter's rule does not match its own series {series}")
    kinds = {str(at(override, "resource")) for override in (at(rule, "resources", "overrides") or {}).values()}
    needed = {"namespace", "pod"} if asked.kind == "Pods" else {str(asked.described.get("kind")).lower()}
    if not needed <= kinds:
        missing = ", ".join(sorted(needed - kinds))
        raise PromqlError(f"has no label for {missing} in resources.overrides of the adapter's rule")
    return rule


def series_of(rule: dict[str, Any]) -> str:
    """Return the name of the series by which the adapter notices that a metric exists."""
    found = selectors(parse(str(rule.get("seriesQuery"))))
    return found[0].name if found else ""


def expression(adapter: Adapter, asked: Asked, namespace: str, pods: str = ".*") -> str:
    """Return the PromQL that the adapter sends for a metric; `pods` is a pattern of the pods' names.

    Raises:
        PromqlError: nothing serves the metric, or the query uses a construct that is not known here.
    """
    rule = serving_rule(adapter, asked)
    by_kind = {
        str(at(override, "resource")): label for label, override in (at(rule, "resources", "overrides") or {}).items()
    }
    values = {by_kind["namespace"]: namespace} if "namespace" in by_kind else {}
    matchers = [f'{label}="{value}"' for label, value in values.items()]
    if asked.kind == "Pods":
        matchers.append(f'{by_kind["pod"]}=~"{pods}"')
    matchers += [f'{label}="{value}"' for label, value in asked.labels.items()]
    group = by_kind["pod" if asked.kind == "Pods" else str(asked.described.get("kind")).lower()]
    return _filled(
        str(rule.get("metricsQuery")),
        {".Series": series_of(rule), ".LabelMatchers": ",".join(matchers), ".GroupBy": group},
        {**values, **asked.labels},
    )


def _filled(template: str, fields: dict[str, str], values: dict[str, str]) -> str:
    """Fill a template of prometheus-adapter: fields, and one `if … else if … end` over the whole of it."""
    if is_unknown(template):
        raise PromqlError("is not known before the update")
    parts = re.split(r"<<(.*?)>>", template)
    text, chosen, open_ = parts[0], True, False
    decided = False
    for action, after in zip(parts[1::2], parts[2::2], strict=True):
        case = _CASE.fullmatch(action)
        if case:
            holds = values.get(case[1], "") in re.findall(r'"([^"]*)"', case[2])
            chosen, decided, open_ = holds and not (decided and open_), (decided and open_) or holds, True
        elif action == "else" and open_:
            chosen, decided = not decided, True
        elif action == "end" and open_:
            chosen, decided, open_ = True, False, False
        elif action in fields:
            text += fields[action] if chosen else ""
        else:
            raise PromqlError(f"<<{action}>> of the adapter's query is not known here")
        text += after if chosen else ""
    if not text.strip():
        raise PromqlError(f"the adapter has no query for {values}")
    return text


def shard_autoscalers(stack: Resources, shard: str) -> list[tuple[Resource, Resource]]:
    """Return each workload of a shard's bridges with its autoscaler."""
    pairs: list[tuple[Resource, Resource]] = []
    names = {workload.name for workload in stack.fleet.workloads if workload.shard == shard}
    for workload, _ in stack.workloads:
        autoscaler = stack.autoscaler(workload) if object_name(workload) in names else None
        if autoscaler is not None and namespace_of(autoscaler) == namespace_of(workload):
            pairs.append((workload, autoscaler))
    return pairs

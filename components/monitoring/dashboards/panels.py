"""Dashboards and panels in Grafana's JSON model (schemaVersion 39, Grafana 10.2 and later)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from components.kubernetes.document import Document
from components.monitoring.facts import MonitoringFacts

Kind = Literal["timeseries", "stat", "gauge", "table", "state-timeline", "text"]

SCHEMA_VERSION = 39
WIDTH = 24  # columns of Grafana's grid
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, YELLOW, RED = "green", "yellow", "red"


@dataclass(frozen=True, slots=True)
class Query:
    """An expression and the legend of its series."""

    expression: str
    legend: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """`thresholds` are values from which the colour is yellow, then red; with `lower_is_worse` those below which it is."""

    title: str
    description: str
    queries: Sequence[Query] = ()
    kind: Kind = "timeseries"
    unit: str = "short"
    width: int = 12
    height: int = 8
    thresholds: tuple[float, ...] = ()
    lower_is_worse: bool = False
    axis_max: float | None = None
    """End of the axis or gauge; None for automatic."""
    stacked: bool = False
    may_be_empty: bool = False
    """Whether no data is normal."""

    def _thresholds(self) -> Document:
        colours = [RED, YELLOW, GREEN] if self.lower_is_worse else [GREEN, YELLOW, RED]
        if len(self.thresholds) == 1:
            colours.pop(1)
        steps: list[Document] = [{"color": colours[0], "value": None}]
        steps += [
            {"color": colour, "value": value} for colour, value in zip(colours[1:], self.thresholds, strict=False)
        ]
        return {"mode": "absolute", "steps": steps if self.thresholds else [{"color": GREEN, "value": None}]}

    def _custom(self) -> Document:
        if self.kind != "timeseries":
            return {}
        custom: Document = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never"}
        if self.stacked:
            custom["stacking"] = {"mode": "normal", "group": "A"}
        if self.thresholds:
            custom["thresholdsStyle"] = {"mode": "dashed"}
        return custom

    def _options(self) -> Document:
        if self.kind == "text":
            return {"mode": "markdown", "content": self.description}
        if self.kind in ("timeseries", "state-timeline"):
            legend = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
            return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
        if self.kind in ("stat", "gauge"):
            return {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "orientation": "auto"}
        return {}

    def document(self, number: int, x: int, y: int) -> Document:
        """Return the panel at its place in the grid."""
        defaults: Document = {"unit": self.unit, "thresholds": self._thresholds(), "custom": self._custom()}
        if self.axis_max is not None:
            defaults |= {"min": 0, "max": self.axis_max}
        made: Document = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "options": self._options(),
        }
        if self.kind == "text":
            return made
        return made | {
            "description": self.description,
            "datasource": DATASOURCE,
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "targets": [
                {
                    "refId": chr(ord("A") + place),
                    "datasource": DATASOURCE,
                    "expr": query.expression,
                    "legendFormat": query.legend or "__auto",
                    "instant": self.kind == "table",
                    "range": self.kind != "table",
                    **({"format": "table"} if self.kind == "table" else {}),
                }
                for place, query in enumerate(self.queries)
            ],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Dashboard:
    """A dashboard. `rows` are titled groups of panels, laid out from left to right. `uid` is part of URLs and never changes."""

    uid: str
    title: str
    description: str
    version: int
    """Raised with every change of panels or queries."""
    rows: Sequence[tuple[str, Sequence[Panel]]]
    by_shard: bool = False

    @property
    def panels(self) -> list[Panel]:
        """All panels, in order."""
        return [panel for _, panels in self.rows for panel in panels]

    def document(self, namespace: str) -> Document:
        """Return the dashboard's JSON model."""
        panels: list[Document] = []
        number, y = 1, 0
        for title, group in self.rows:
            panels.append(
                {
                    "id": number,
                    "type": "row",
                    "title": title,
                    "collapsed": False,
                    "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": y},
                    "panels": [],
                }
            )
            number, y, x, tallest = number + 1, y + 1, 0, 0
            for panel in group:
                if x + panel.width > WIDTH:
                    x, y, tallest = 0, y + tallest, 0
                panels.append(panel.document(number, x, y))
                number, x, tallest = number + 1, x + panel.width, max(tallest, panel.height)
            y += tallest
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "version": self.version,
            "schemaVersion": SCHEMA_VERSION,
            "tags": ["jitsi"],
            "editable": False,
            "graphTooltip": 1,
            "timezone": "browser",
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "links": [
                {
                    "type": "dashboards",
                    "title": "Jitsi",
                    "tags": ["jitsi"],
                    "asDropdown": True,
                    "includeVars": True,
                    "keepTime": True,
                    "targetBlank": False,
                    "icon": "external link",
                    "tooltip": "",
                    "url": "",
                }
            ],
            "annotations": {"list": []},
            "templating": {"list": _variables(namespace, by_shard=self.by_shard)},
            "panels": panels,
        }


@dataclass(frozen=True, slots=True)
class DashboardTemplate:
    """A dashboard of every stack that it applies to."""

    fill: Callable[[MonitoringFacts], Dashboard]
    applies: Callable[[MonitoringFacts], bool]


def template(
    applies: Callable[[MonitoringFacts], bool] = lambda _: True,
) -> Callable[[Callable[[MonitoringFacts], Dashboard]], DashboardTemplate]:
    """Make a `DashboardTemplate` of the decorated function; the catalogue picks it up."""

    def decorate(fill: Callable[[MonitoringFacts], Dashboard]) -> DashboardTemplate:
        return DashboardTemplate(fill, applies)

    return decorate


def _variables(namespace: str, *, by_shard: bool) -> list[Document]:
    source: Document = {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
        "hide": 0,
    }
    if not by_shard:
        return [source]
    asked = f'label_values(shard:bridge_capacity:participants{{namespace="{namespace}"}}, shard)'
    shard: Document = {
        "name": "shard",
        "label": "Shard",
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": asked, "refId": "shard"},
        "definition": asked,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": "All", "value": "$__all"},
        "sort": 1,
        "hide": 0,
    }
    return [source, shard]

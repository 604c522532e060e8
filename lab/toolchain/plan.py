"""The order of builds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.toolchain.fingerprint import LINK_FLAGS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lab.toolchain.catalogue import Tool

LANES = {
    "engine": 0,
    "kube-proxy": 0,  # its go.mod has the versions of `engine`, so the control plane's packages are compiled once
    "kwok": 1,
    "prometheus": 1,
    "prometheus-adapter": 1,
    "actionlint": 1,
    "versitygw": 1,
    "dashboards": 1,
    "kubectl": 1,
    "cert-manager": 1,
}
"""Modules of one lane are built one after another, the two lanes in parallel, so that linking or a single large package
leaves no core idle. More lanes only cost memory."""

TITLES = {
    ("engine", 0): "control plane",
    ("engine", 1): "engine and providers",
    ("kube-proxy", 2): "kube-proxy",
    ("kwok", 0): "kwok",
    ("prometheus", 1): "Prometheus",
    ("prometheus-adapter", 2): "Prometheus adapter",
    ("actionlint", 3): "actionlint",
    ("versitygw", 4): "S3 server",
    ("dashboards", 5): "dashboard check",
    ("kubectl", 6): "kubectl",
    ("cert-manager", 7): "cert-manager and ACME server",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One `go build`: tools of one module that share compiled packages."""

    module: str
    tools: tuple[Tool, ...]

    @property
    def title(self) -> str:
        """Its name in progress lines."""
        return TITLES.get((self.module, self.tools[0].step), self.module)

    def arguments(self, output: Path) -> list[str]:
        """Arguments of `go build` after the common flags; executables are written to the folder `output`."""
        stamps = sorted({stamp for tool in self.tools for stamp in tool.stamps})
        link = " ".join([LINK_FLAGS, *(f"-X {stamp}" for stamp in stamps)])
        tags = sorted({tag for tool in self.tools for tag in tool.tags})
        return [
            *(["-tags", ",".join(tags)] if tags else []),
            "-ldflags",
            link,
            "-o",
            f"{output}/",
            *self.packages,
        ]

    @property
    def packages(self) -> list[str]:
        """The main packages."""
        return [tool.package for tool in self.tools]


def lanes(missing: Iterable[Tool]) -> list[list[Step]]:
    """The steps that build `missing`, in two lanes, each in the order in which the tools are needed."""
    grouped: dict[tuple[int, int, str], list[Tool]] = {}
    for tool in missing:
        grouped.setdefault((LANES[tool.module], tool.step, tool.module), []).append(tool)
    result: list[list[Step]] = [[], []]
    for (lane, _, module), tools in sorted(grouped.items()):
        result[lane].append(Step(module, tuple(tools)))
    return [lane for lane in result if lane]

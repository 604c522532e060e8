"""Picture of a stack: clients, ingress, and every shard with its bridges."""

from collections.abc import Iterator

from plan.pictures.markup import Markup, label, path, rect, svg, tag
from plan.report import StackReport
from sizing.capacity import shard_capacity
from sizing.ports import open_ports

WIDTH = 760
ROW = 104
TOP = 40


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def _box(x: float, y: float, width: float, height: float, class_: str, *lines: str) -> Iterator[Markup]:
    yield rect(x, y, width, height, class_, rx=6)
    first = y + height / 2 - (len(lines) - 1) * 8 + 4
    for number, line in enumerate(lines):
        yield label(x + width / 2, first + number * 16, line, "label strong" if number == 0 else "label", "middle")


def topology(stack_report: StackReport) -> Markup:
    """Draw signalling (TCP 443, through the load balancer) and media (UDP, directly to the nodes) separately."""
    config = stack_report.config
    shards = config.resolved
    height = TOP + ROW * len(shards) + 8
    middle = TOP + ROW * ((len(shards) - 1) // 2) + 30  # level with a shard, so that no media line crosses ingress
    parts: list[object] = [
        tag(
            "defs",
            tag(
                "marker",
                tag("path", d="M0 0 L8 4 L0 8 z", class_="arrow"),
                id="arrow",
                viewBox="0 0 8 8",
                refX="7",
                refY="4",
                markerWidth="7",
                markerHeight="7",
                orient="auto",
            ),
        ),
        label(10, 18, "clients", "caption"),
        label(172, 18, "ingress, TCP 80 and 443", "caption"),
        label(372, 18, "shards", "caption"),
        label(566, 18, "bridge pools", "caption"),
        *_box(10, middle - 30, 104, 60, "box", "browsers", "and apps"),
        *_box(172, middle - 30, 142, 60, "box", config.ingress.load_balancer, f"HAProxy x {config.ingress.replicas}"),
        path(f"M114 {middle - 8:g} H170", "flow", marker=True),
    ]
    trunk = 140
    for number, shard in enumerate(shards):
        y = TOP + ROW * number
        capacity = shard_capacity(shard)
        centre, media = y + 30, y + 78
        parts += [
            path(f"M314 {middle:g} C345 {middle:g} 340 {centre:g} 370 {centre:g}", "flow", marker=True),
            *_box(372, y, 140, 60, f"box {shard.state}", shard.name, f"{shard.zone}, {shard.state}"),
            path(f"M512 {centre:g} H564", "flow thin", marker=True),
            *_box(
                566,
                y,
                184,
                84,
                f"box pool {shard.state}",
                shard.bridges.node_type,
                f"{_span(capacity.nodes.min, capacity.nodes.max)} nodes",
                f"{_span(capacity.bridges.min, capacity.bridges.max)} bridges",
                f"{capacity.participants} participants",
            ),
            path(f"M114 {middle + 12:g} H{trunk} V{media:g} H564", "flow media", marker=True),
            label(372, media + 14, "UDP " + ", ".join(_span(*ports) for ports in open_ports(shard)), "label media"),
        ]
    return svg(WIDTH, height, f"Topology of stack {stack_report.document['stack']}", *parts)

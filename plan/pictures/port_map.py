"""Picture of the public UDP ports: one row per shard, one cell per port."""

from collections import defaultdict

from plan.pictures.markup import BROAD, NARROW, Markup, label, rect, svg, tag, width_class
from plan.report import StackReport
from sizing.ports import ports_of

LEFT = 150
CELL = 15  # fixed size, so that shards are comparable
HEAD = 30
LINE = 22


def port_map(stack_report: StackReport, width: int = BROAD) -> Markup:
    """Draw the cells; a tooltip names port and bridges, and ports shared by many nodes (hostPort) are striped."""
    parts: list[object] = []
    left = 0 if width == NARROW else LEFT
    in_line = (width - left - 10) // CELL
    y = 8.0
    for shard in stack_report.config.resolved:
        bridges: defaultdict[int, list[int]] = defaultdict(list)
        for port in ports_of(shard):
            bridges[port.port].append(port.bridge)
        numbers = sorted(bridges)
        shown = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
        note = "same on every node" if shard.bridges.layout == "hostPort" else "one Service each"
        if left:
            parts += [label(0, y + 15, shard.name, "label strong"), label(0, y + 31, shard.zone, "label")]
        else:
            parts.append(label(0, y + 12, f"{shard.name}, {shard.zone}", "label strong"))
            y += LINE - 6
        parts += [
            label(
                left,
                y + 12,
                f"UDP {shown}: {len(numbers)} port{'s' if len(numbers) > 1 else ''}, {shard.bridges.layout}, {note}",
                "label",
            ),
        ]
        for position, port in enumerate(numbers):
            row, column = divmod(position, in_line)
            served = bridges[port]
            who = f"bridge {served[0]}" if len(served) == 1 else f"bridges {', '.join(map(str, served))}"
            parts.append(
                rect(
                    left + column * CELL,
                    y + 20 + row * LINE,
                    CELL - 2,
                    16,
                    "cell shared" if len(served) > 1 else "cell",
                    tag("title", f"UDP {port}: {who} of {shard.name}"),
                    rx=2,
                )
            )
        y += HEAD + LINE * (-(-len(numbers) // in_line)) + 8
    return svg(width, y, "Public UDP ports of every shard", *parts, class_=width_class(width))

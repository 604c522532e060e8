"""Bar chart of the cost: minimum, typical and maximum of each item."""

from plan.pictures.markup import BROAD, NARROW, Markup, label, rect, svg, tag, width_class
from plan.report import StackReport

LEFT = 230
RIGHT = 80
ROW = 30
ABOVE = 16  # on a phone the label is above its bar


def cost_bars(stack_report: StackReport, width: int = BROAD) -> Markup:
    """Draw dark bars up to the minimum, medium to the typical, light to the maximum cost, on one scale."""
    cost = stack_report.document["cost"]
    items = [item for item in cost["items"] if item["max"]]
    left, above = (0, ABOVE) if width == NARROW else (LEFT, 0)
    row = ROW + above
    scale = (width - left - RIGHT) / max((item["max"] for item in items), default=1)
    parts: list[object] = []
    for number, item in enumerate(items):
        y = row * number + above
        words = f"{item['what']}: {item['min']:.2f} to {item['max']:.2f}, typically {item['typical']:.2f} EUR"
        parts += [
            label(0, y, item["what"]) if above else label(left - 10, y + 19, item["what"], "label", "end"),
            *(
                rect(left, y + 6, item[column] * scale, 18, f"bar {column}", tag("title", words), rx=2)
                for column in ("max", "typical", "min")
            ),
            label(left + item["max"] * scale + 6, y + 19, f"{item['typical']:.0f} EUR", "label"),
        ]
    return svg(width, row * len(items) + 6, "Monthly cost by item, in EUR", *parts, class_=width_class(width))

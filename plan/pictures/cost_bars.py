"""The picture of the bill: for each item what it costs at least, typically and at most."""

from plan.pictures.markup import Markup, label, rect, svg, tag
from plan.report import Reported

WIDTH = 760
LEFT = 230
RIGHT = 80
ROW = 30


def cost_bars(reported: Reported) -> Markup:
    """Dark up to the least, middle up to the typical, light up to the most; one scale for all items."""
    cost = reported.report["cost"]
    items = [item for item in cost["items"] if item["max"] > 0]
    scale = (WIDTH - LEFT - RIGHT) / max((item["max"] for item in items), default=1)
    parts: list[object] = []
    for number, item in enumerate(items):
        y = ROW * number
        words = f"{item['what']}: {item['min']:.2f} to {item['max']:.2f}, typically {item['typical']:.2f} EUR"
        parts += [
            label(LEFT - 10, y + 19, item["what"], "label", "end"),
            *(
                rect(LEFT, y + 6, item[column] * scale, 18, f"bar {column}", tag("title", words), rx=2)
                for column in ("max", "typical", "min")
            ),
            label(LEFT + item["max"] * scale + 6, y + 19, f"{item['typical']:.0f} EUR", "label"),
        ]
    return svg(WIDTH, ROW * len(items) + 6, "Monthly cost by item, in EUR", *parts)

"""Elements of HTML and SVG, with every text and attribute escaped."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Markup:
    """Markup, which is not escaped again."""

    text: str

    def __str__(self) -> str:
        return self.text


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Return one element. Children other than `Markup` are escaped; `class_` is `class`, `stroke_width` is `stroke-width`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Iterable[object]) -> Markup:
    """Concatenate children; flatten lists, and escape everything but `Markup`."""
    parts: list[str] = []
    for child in children:
        if isinstance(child, Markup):
            parts.append(child.text)
        elif isinstance(child, list | tuple):
            parts.append(joined(child).text)
        else:
            parts.append(escape(str(child)))
    return Markup("".join(parts))


BROAD, NARROW = 760, 350
"""Widths in a picture's units, for desktops and phones; text has the same size in both."""


def svg(width: float, height: float, label: str, *children: object, class_: str | None = None) -> Markup:
    """Return a picture in its own coordinates; `label` is its text alternative. Class `broad` or `narrow`: where it is shown."""
    return tag("svg", tag("title", label), *children, viewBox=f"0 0 {width:g} {height:g}", role="img", class_=class_)


def width_class(width: int) -> str:
    """Return the class of a picture that exists in two widths."""
    return "narrow" if width == NARROW else "broad"


def rect(x: float, y: float, width: float, height: float, class_: str, *children: object, rx: float = 4) -> Markup:
    """Return a rectangle; a child `title` is its tooltip."""
    return tag(
        "rect",
        *children,
        x=f"{x:g}",
        y=f"{y:g}",
        width=f"{max(width, 0):g}",
        height=f"{max(height, 0):g}",
        rx=f"{rx:g}",
        class_=class_,
    )


def label(x: float, y: float, text: str, class_: str = "label", anchor: str = "start") -> Markup:
    """Return a line of text at its baseline."""
    return tag("text", text, x=f"{x:g}", y=f"{y:g}", class_=class_, text_anchor=anchor)


def path(points: str, class_: str, marker: bool = False) -> Markup:
    """Return a line through `points` (SVG path syntax); `marker` adds an arrow head."""
    return tag("path", d=points, class_=class_, marker_end="url(#arrow)" if marker else None)

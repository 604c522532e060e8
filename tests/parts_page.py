"""Write pods, ports and images of docs/architecture.md from the table of parts (`python tests/parts_page.py`)."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"


def _table(heads, rows):
    lines = [" | ".join(row) for row in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _code(texts):
    return ", ".join(f"`{text}`" for text in texts)


def pods():
    """Return each part, the option that adds it, and the cost of a restart."""
    from sizing.parts import PARTS

    rows = [
        [
            part.name,
            part.does,
            f"`{part.key}`" if part.key else "",
            "each shard" if part.per_shard else "stack",
            f"**{part.restart.cost}**: {part.restart.rolled.format(how='restarts')}",
        ]
        for part in sorted(PARTS, key=lambda part: part.name)
    ]
    return _table(["pods", "task", "key", "of", "when they restart"], rows)


def ports():
    """Return each port and its peers."""
    from sizing.parts import PARTS

    rows = []
    for part in sorted(PARTS, key=lambda part: part.name):
        for port in part.opens:
            number = "of the config" if port.number is None else f"{port.number}{f'-{port.last}' if port.last else ''}"
            rows.append([part.name, f"{port.protocol} {number}", ", ".join(port.peers), port.what])
    return _table(["to", "port", "from", "for"], rows)


def sends():
    """Return where each part sends to beside other parts."""
    from sizing.outward import nothing
    from sizing.parts import PARTS

    senders = sorted((part for part in PARTS if part.sends is not nothing), key=lambda part: part.name)
    rows = [[part.name, (part.sends.__doc__ or "").split("\n")[0].rstrip(".")] for part in senders]
    return _table(["from", "to"], rows)


def _listens(parts):
    found = {
        f"{port.protocol} {port.number}{f'-{port.last}' if port.last else ''}"
        if port.number
        else f"{port.protocol} of the config"
        for part in parts
        for port in part.opens
    }
    return ", ".join(sorted(found)) or "nowhere"


def images():
    """Return each image: its user, paths that it writes, ports on which it listens, and the earliest tag that works."""
    from sizing.parts import PARTS

    rows = []
    for image in dict.fromkeys((p.image.name, p.image.uid, p.image.writes) for p in PARTS):
        users = [p for p in PARTS if (p.image.name, p.image.uid, p.image.writes) == image]
        known = users[0].image
        instead = f"runs `{' '.join(known.command)}`, as" if known.command else ""
        spared = "; ".join(f"{instead} {words}: `{path}`" for path, words in known.spared.items())
        broken = f"fails from {known.until} on" if known.until else ""
        rows.append(
            [
                f"`{known.name}`",
                ", ".join(part.name for part in users),
                str(known.uid),
                _code(known.writes) or "nothing",
                _listens(users),
                f"`{known.since}`",
                "; ".join(filter(None, (broken, spared))),
            ]
        )
    return _table(["image", "pods", "uid", "writes", "listens", "first tag", "particulars"], sorted(rows))


def zones():
    """Return what ends with the zone of each part that all shards share."""
    from sizing.parts import PARTS

    return _table(
        ["pods", "when their zone is lost"],
        [[part.name, part.zone_loss] for part in sorted(PARTS, key=lambda part: part.name) if part.zone_loss],
    )


def page():
    """Return the page with the current tables."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in (("pods", pods), ("ports", ports), ("sends", sends), ("zones", zones), ("images", images)):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}\n\n{table()}\n\n{end}{tail}"
    return text


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(page(), encoding="utf-8")

"""Write the tables of docs/stream-costs.md from the figures of the last measurement, `lab/live/stream_costs.json`."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from config.bridges import Bridges  # noqa: E402
from config.meetings import Meetings  # noqa: E402
from config.node_types import NODE_TYPES, NodeType  # noqa: E402
from lab.live.stream_costs import (  # noqa: E402
    IDLE,
    PUBLISHED,
    Costs,
    Published,
    costs,
    memory,
    memory_of_meetings,
    of_document,
    profiles,
    read,
    two_kinds,
)
from lab.live.stream_loads import Point  # noqa: E402
from plan.findings.bridges import MOST_PER_CORE  # noqa: E402
from sizing.pod_sizes import bridge_size  # noqa: E402
from sizing.stream_costs import millicpu_each  # noqa: E402

PAGE = ROOT / "docs" / "stream-costs.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
CORES = range(2, 17)
"""vCPUs of the node types in the table: larger ones gain a bridge little, since its network or its JVM is full before."""
CPU_AT_CAPACITY = 0.72
"""Share of its CPU from which jicofo avoids a bridge: stress 0.8 (jicofo), which is CPU over 0.9 (the bridge)."""
GPUS = ("B300", "H100", "L4", "L40S", "RENDER")


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def of_loads(points: list[Point]) -> list[str]:
    head = [
        "media",
        "rooms x people",
        "forwarded audio + video",
        "lines",
        "Mbit/s sent",
        "packets/s",
        "cores",
        "resident, live heap MiB",
        "machine busy",
    ]
    rows = [
        [
            each.profile,
            f"{each.rooms} x {each.people // max(1, each.rooms)}",
            f"{each.audio_streams} + {each.video_streams}",
            "-".join(map(str, sorted({each.heights[0], each.heights[-1]}))) if each.heights else "-",
            f"{each.mbits_sent:.2f}",
            f"{each.packets_per_second:.0f}",
            f"{each.cores:.3f}",
            f"{each.resident_mib:.0f}, {each.heap_mib:.0f}",
            f"{each.machine_busy:.0%}",
        ]
        for each in points
    ]
    return table(head, rows)


def of_costs(points: list[Point]) -> list[str]:
    found = [costs(points, name) for name in profiles(points)]
    head = [
        "media",
        "millicores per stream",
        "per Mbit/s sent",
        "per person",
        "us per packet",
        "us per packet at the largest load",
        "MiB heap for each further person",
    ]
    rows = [
        [
            each.profile,
            f"{each.per_stream * 1000:.2f}",
            f"{each.per_mbit * 1000:.1f}",
            f"{each.per_person * 1000:.1f}",
            f"{each.per_packet:.0f}",
            f"{each.best_per_packet:.0f}",
            f"{memory(points, each.profile):.2f}",
        ]
        for each in found
    ]
    return table(head, rows)


def times(here: float, there: float) -> str:
    return f"{here / there:.1f}" if here / there < 10 else f"{here / there:.0f}"


def against(found: Costs, published: Published) -> list[str]:
    """A row: what is published, and how many times as much was measured here."""
    return [
        published.source,
        found.profile,
        times(found.per_stream, published.cores / published.streams) if published.streams else "-",
        times(found.per_mbit, published.cores / published.mbits) if published.mbits else "-",
        times(found.per_person, published.cores / published.people) if published.people else "-",
    ]


def of_published(points: list[Point]) -> list[str]:
    found = {name: costs(points, name) for name in profiles(points)}
    rows = [against(found[name], each) for each in PUBLISHED for name in each.against]
    return table(["published", "against", "cores per stream", "per Mbit/s", "per person"], rows)


def arrived(points: list[Point], profile: str) -> str:
    """The lines of pictures that were received: `180 to 720`."""
    heights = [height for point in points if point.profile == profile for height in point.heights]
    return " to ".join(map(str, dict.fromkeys([min(heights), max(heights)])))


def of_ratios(points: list[Point]) -> list[str]:
    """How many times a forwarded audio stream each kind costs, in this run alone."""
    pictures = [name for name in profiles(points) if name != "audio"]
    audio, _ = two_kinds(points, pictures[0])
    rows = [
        ("audio", "-", audio),
        *((f"video of {name}", arrived(points, name), two_kinds(points, name)[1]) for name in pictures),
    ]
    return table(
        ["forwarded stream", "lines that arrived", "millicores", "times an audio stream"],
        [[what, lines, f"{cores * 1000:.2f}", times(cores, audio)] for what, lines, cores in rows],
    )


def fitting(node: NodeType) -> tuple[int, int, int | None]:
    """Participants of the only bridge on a node: by its CPU at the slopes and at the best point, and by the node's network."""
    bridges = Bridges.model_validate({"nodeType": node.name})
    by_network = None if node.bandwidth_mbps is None else node.bandwidth_mbps * 1000 // bridges.bitrate_kbps
    millicpu = bridge_size(bridges).millicpu
    return int(millicpu * CPU_AT_CAPACITY / millicpu_each(Meetings())), millicpu * MOST_PER_CORE // 1000, by_network


def of_nodes() -> list[str]:
    groups: dict[tuple[int, int, int, int | None], list[str]] = {}
    for node in NODE_TYPES.values():
        if node.vcpus in CORES and not node.ends and not node.name.startswith(GPUS):
            groups.setdefault((node.vcpus, *fitting(node)), []).append(node.name)
    rows = [
        [
            str(vcpus),
            ", ".join(sorted(names)),
            f"{slopes} to {best}",
            "?" if network is None else str(network),
            said(slopes, best, network),
        ]
        for (vcpus, slopes, best, network), names in sorted(
            groups.items(), key=lambda group: (group[0][0], group[0][3] or 0)
        )
    ]
    return table(["vCPU", "node types", "by CPU", "by network", "`bridges.participants`"], rows)


def said(slopes: int, best: int, network: int | None) -> str:
    """The range in which `bridges.participants` lies."""
    least, most = (min(each, each if network is None else network) for each in (slopes, best))
    return str(least) if least == most else f"{least} to {most}"


def results() -> str:
    """Everything between the marks."""
    document = read()
    points = of_document(document)
    machine = document["machine"]
    per_person, per_meeting = memory_of_meetings(points)
    jvb = document["versions"].get("jitsi-videobridge", "not known")
    lines = [
        f"Measured on {document['day']} at revision {document['revision']}, on {machine['cores']} cores ({machine['model']}).",
        f"The bridge: {jvb}.",
        "",
        "### Loads",
        "",
        *of_loads(points),
        "",
        "### Slopes",
        "",
        *of_costs(points),
        "",
        *of_ratios(points),
        "",
        f"Live heap for each person who only talks: {per_person:.1f} MiB; for each meeting {per_meeting:.1f} MiB, which is within the noise; an idle "
        f"bridge has {next(point.heap_mib for point in points if point.profile == IDLE):.0f} MiB.",
        "",
        "### Beside published figures",
        "",
        *of_published(points),
        "",
        "### Node types",
        "",
        *of_nodes(),
    ]
    return "\n".join(lines)


def page() -> str:
    """The whole page with the current results."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{results()}\n\n{END}{rest.partition(END)[2]}"


def constants() -> dict[str, float | str]:
    """What sizing/stream_costs.py must say: millicores for each stream, from the same figures."""
    document = read()
    audio, video = two_kinds(of_document(document), "simulcast")
    return {
        "MEASURED_ON": document["day"],
        "AUDIO_MILLICORES": round(audio * 1000, 2),
        "SMALL_VIDEO_MILLICORES": round(video * 1000, 2),
    }


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"sizing/stream_costs.py must say: {constants()}\n")

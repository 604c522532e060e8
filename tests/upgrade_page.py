"""docs/upgrade-from-0.1.0.md: what `tests/e2e/test_upgrade_from_release.py` saw, taken over by `PYTHONPATH=.:tests python tests/upgrade_page.py`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lab.engine.events import CHANGES, Outcome
from lab.paths import PROJECT
from plan.diff.result import Diff, sentence

PAGE = PROJECT / "docs" / "upgrade-from-0.1.0.md"
SEEN = PROJECT / ".local" / "upgrade" / "from-0.1.0.md"
BEGIN, END = "<!-- seen: begin -->", "<!-- seen: end -->"


@dataclass(frozen=True)
class Noticed:
    """Whether pods of a part were replaced by a roll-out."""

    part: str
    replaced: bool

    @property
    def row(self) -> str:
        """The part's row of the page."""
        batches = " in batches" if self.part.startswith("jvb ") else ""
        return f"| {self.part} | {f'replaced{batches}' if self.replaced else 'stay'} |"


def templates(items: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
    """Return part and shard -> templates of its running pods, by the hash that Kubernetes labels them with; without placeholders.

    A pod that only moves to another node keeps its template.
    """
    running: dict[str, set[str]] = {}
    for pod in items:
        labels = pod["metadata"].get("labels") or {}
        part, shard = labels.get("app.kubernetes.io/name", "?"), labels.get("app.kubernetes.io/instance", "")
        template = labels.get("controller-revision-hash") or labels.get("pod-template-hash")
        if template and part != "jvb-spare" and pod["status"].get("phase") == "Running":
            named = f"{part} of {shard}" if shard.startswith("s") and shard[1:].isdigit() else part
            running.setdefault(named, set()).add(template)
    return running


def rows(version: str, outcome: Outcome, diff: Diff, noticed: Sequence[Noticed]) -> str:
    """Return the tables: what the diff says, what was done in which order, and who noticed."""
    verdicts = {verdict.change.resource.urn: verdict for verdict in diff.shown}
    lines = [f"`plan diff --base {version}`: {sentence(diff)}.", ""]
    lines += ["| pods | in the update |", "| --- | --- |", *(each.row for each in noticed), ""]
    lines += ["| order | what | resource | verdict | why |", "| --- | --- | --- | --- | --- |"]
    order: list[tuple[str, str]] = []
    for event in outcome.events:
        step = event.get("resOutputsEvent", {}).get("metadata")
        if step and step["op"] in CHANGES and step["urn"] in verdicts and step["op"] != "replace":
            order.append((step["op"], step["urn"]))
    for number, (operation, urn) in enumerate(order, 1):
        verdict = verdicts[urn]
        cells = (number, operation, f"`{verdict.change.resource.name}`", verdict.effect.disruption, verdict.effect.why)
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    counted = Counter(operation for operation, _ in order)
    lines += ["", f"Together: {', '.join(f'{count} {name}' for name, count in sorted(counted.items()))}."]
    return "\n".join(lines) + "\n"


def page() -> str:
    """Return the page with what the last run saw."""
    text = PAGE.read_text(encoding="utf-8")
    if not SEEN.exists():
        return text
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{SEEN.read_text(encoding='utf-8')}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

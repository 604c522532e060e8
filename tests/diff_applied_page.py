"""docs/diff-applied.md: the tables that the two chains of `tests/e2e/test_diff_applied_*.py` left, taken over by `PYTHONPATH=.:tests python tests/diff_applied_page.py`."""

from pathlib import Path

from diff_chains import CHAINS, predicted

from lab.paths import PROJECT

PAGE = PROJECT / "docs" / "diff-applied.md"
SEEN = PROJECT / ".local" / "diff"


def begin(chain: str) -> str:
    """First line of a chain's table on the page."""
    return f"<!-- {chain}: begin -->"


def end(chain: str) -> str:
    """Last line of the table."""
    return f"<!-- {chain}: end -->"


def untold(chain: str, text: str) -> list[str]:
    """Return the steps whose row on the page differs from the diff of today."""
    return [
        said.name
        for said in (predicted(chain, number) for number in range(len(CHAINS[chain])))
        if f"| {' | '.join(said.cells)} |" not in text
    ]


def page(seen: Path = SEEN) -> str:
    """Return the page with the tables of each chain's last complete run."""
    text = PAGE.read_text(encoding="utf-8")
    for chain in CHAINS:
        table = seen / f"{chain}.md"
        if table.exists() and not untold(chain, rows := table.read_text(encoding="utf-8")):
            before, _, rest = text.partition(begin(chain))
            text = f"{before}{begin(chain)}\n\n{rows}\n{end(chain)}{rest.partition(end(chain))[2]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""docs/diff-applied.md: the tables that the two chains of `tests/e2e/test_diff_applied_*.py` left, taken over by `PYTHONPATH=.:tests python tests/diff_applied_page.py`."""

from pathlib import Path

from diff_chains import CHAINS, predicted

from local.places import PROJECT

PAGE = PROJECT / "docs" / "diff-applied.md"
SEEN = PROJECT / ".local" / "diff"


def begin(chain: str) -> str:
    """Where a chain's table starts on the page."""
    return f"<!-- {chain}: begin -->"


def end(chain: str) -> str:
    """Where it stops."""
    return f"<!-- {chain}: end -->"


def untold(chain: str, text: str) -> list[str]:
    """Steps of which the text does not say what the diff says of them today."""
    return [
        said.name
        for said in (predicted(chain, number) for number in range(len(CHAINS[chain])))
        if f"| {' | '.join(said.cells)} |" not in text
    ]


def page(seen: Path = SEEN) -> str:
    """The page with the tables of the last run of each chain; those of a chain that did not run to its end stay."""
    text = PAGE.read_text(encoding="utf-8")
    for chain in CHAINS:
        table = seen / f"{chain}.md"
        if table.exists() and not untold(chain, rows := table.read_text(encoding="utf-8")):
            before, _, rest = text.partition(begin(chain))
            text = f"{before}{begin(chain)}\n\n{rows}\n{end(chain)}{rest.partition(end(chain))[2]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

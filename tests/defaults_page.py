"""Write docs/defaults.md: the defaults of others that the program relies on (`python tests/defaults_page.py`)."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "defaults.md"


def _rows(rows):
    return "\n".join(
        "| " + " | ".join(" ".join(str(cell).replace("|", "\\|").split()) for cell in row) + " |" for row in rows
    )


def page():
    """Return the page with the current tables."""
    from components.kubernetes.defaults import DEFAULTS
    from config.balancer import SETTINGS
    from sizing.program_defaults import PROGRAM_DEFAULTS

    programs = _rows(
        (
            each.program,
            f"`{each.setting}`",
            f"`{each.value}`" if each.value else "unset",
            each.why,
            f"`{each.where}`",
            each.source,
        )
        for each in PROGRAM_DEFAULTS
    )
    objects = _rows(
        (each.kind, f"`{each.field}`", f"`{each.value}`", each.why or "every manifest sets it") for each in DEFAULTS
    )
    balancer = _rows(
        (f"`{each.name}`", f"`{each.default}`", f"`{each.value}`" if each.value else "left", each.why)
        for each in SETTINGS
    )
    return f"""# Defaults of others

What the program leaves to others, and relies on. Where another value would break a promise, the program sets the value itself.

## Programs

Settings that nothing here sets, with the file that relies on each. Tests hold flags, HAProxy, coturn and prosody against the real
programs, and notice a setting that is set meanwhile.

| program | setting | default | what relies on it | in | source |
| --- | --- | --- | --- | --- | --- |
{programs}

## Kubernetes objects

What the API server sets where a manifest says nothing (`components/kubernetes/defaults.py`).

| kind | field | default | why it is right |
| --- | --- | --- | --- |
{objects}

## Scaleway's load balancer

What the cloud controller sets where an annotation is missing, and what the program sets instead (`config/balancer.py`).

| annotation | default | here | why |
| --- | --- | --- | --- |
{balancer}
"""


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(page(), encoding="utf-8")

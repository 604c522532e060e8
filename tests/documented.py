"""The YAML blocks of the pages, each found by a key that it sets."""

import re
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parents[1] / "docs"


def block(page: str, path: str) -> dict[str, Any]:
    """Return the config of the page's only block that sets a key, given as `monitoring.monitorLabels`."""
    texts = re.findall(
        r"^```yaml\n(.*?)^```", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    found = [whole.get("config", whole) for text in texts if (whole := yaml.safe_load(text))]
    (one,) = [config for config in found if _sets(config, path.split("."))]
    return one


def together(*blocks: dict[str, Any]) -> dict[str, Any]:
    """Merge the sections of several blocks into one config."""
    merged: dict[str, Any] = {}
    for each in blocks:
        merged = _deep(merged, each)
    return merged


def _deep(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: _deep(left[key], right[key])
        for key in left.keys() & right.keys()
        if isinstance(left[key], dict) and isinstance(right[key], dict)
    }
    return {**left, **right, **both}


def _sets(config: Any, keys: list[str]) -> bool:
    first, *rest = keys
    if isinstance(config, list):
        return any(_sets(entry, keys) for entry in config)
    if not isinstance(config, dict):
        return False
    name = first if first in config else f"jitsi:{first}"
    return name in config and (not rest or _sets(config[name], rest))

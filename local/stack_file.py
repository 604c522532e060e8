"""The working copy of a stack file: what the repository says, plus the secrets that only this checkout has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from local import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SALT = "encryptionsalt"
SEED = "jitsi:secretSeed"


@dataclass(frozen=True, slots=True)
class StackFile:
    """A stack as the user wrote it down."""

    path: Path

    @property
    def name(self) -> str:
        """The stack's name: `dev` for Pulumi.dev.yaml, `school` for school.yaml."""
        return self.path.stem.removeprefix("Pulumi.")

    def read(self) -> dict[str, Any]:
        """The document.

        Raises:
            FileNotFoundError: there is none, with the way to name another.
            ValueError: it is no stack file.
        """
        try:
            document = yaml.safe_load(self.path.read_text())
        except FileNotFoundError:
            raise FileNotFoundError(
                f"{self.path}: no such stack file; --stack NAME means Pulumi.NAME.yaml, --file PATH any other"
            ) from None
        except yaml.YAMLError as error:
            raise ValueError(f"{self.path} is no YAML: {error}") from None
        if not isinstance(document, dict) or not isinstance(document.get("config", {}), dict):
            raise ValueError(  # noqa: TRY004 - it is the file's value that is wrong
                f"{self.path}: a stack file is a mapping with the key `config`; see Pulumi.local.yaml"
            )
        return document

    @property
    def region(self) -> str:
        """Scaleway region that the stack names; fr-par when it names none."""
        return str(self.read().get("config", {}).get("scaleway:region", "fr-par"))

    @property
    def uses_existing_cluster(self) -> bool:
        """Whether the stack expects a cluster that somebody else made."""
        cluster = self.read().get("config", {}).get("jitsi:cluster", {})
        return isinstance(cluster, dict) and cluster.get("kind") == "existing"


def merge(source: Mapping[str, Any], before: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The new working copy. Pure.

    Everything comes from `source`, then from `config`, except what only an earlier copy can hold: the salt of its
    encryption and the encrypted values of keys that neither of them names.
    """
    merged: dict[str, Any] = {**source, "config": {**source.get("config", {}), **config}}
    if SALT not in before:
        return merged
    merged[SALT] = before[SALT]
    for key, value in (before.get("config") or {}).items():
        if isinstance(value, dict) and set(value) == {"secure"}:
            merged["config"].setdefault(key, value)
    return merged


def refresh(source: StackFile, copy: Path, config: Mapping[str, Any], passphrase_is_new: bool) -> dict[str, Any]:
    """Bring the working copy up to date with its source and return it.

    With a new passphrase nothing encrypted before can be read, so none of it is kept.
    """
    try:
        before = yaml.safe_load(copy.read_text()) or {}
    except (OSError, yaml.YAMLError):
        before = {}
    merged = merge(source.read(), {} if passphrase_is_new else before, config)
    files.write(copy, yaml.safe_dump(merged, sort_keys=False, allow_unicode=True), mode=0o600)
    return merged

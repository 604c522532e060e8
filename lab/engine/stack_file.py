"""The working copy of a stack file: the file itself, plus the secrets of this checkout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from config.cluster import CLOUDS
from lab import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SALT = "encryptionsalt"
SEED = "jitsi:secretSeed"


@dataclass(frozen=True, slots=True)
class StackFile:
    """A stack file of the user."""

    path: Path

    @property
    def name(self) -> str:
        """The stack's name: `dev` for Pulumi.dev.yaml, `school` for school.yaml."""
        return self.path.stem.removeprefix("Pulumi.")

    def read(self) -> dict[str, Any]:
        """The document.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is not a stack file.
        """
        try:
            document = yaml.safe_load(self.path.read_text())
        except FileNotFoundError:
            raise FileNotFoundError(
                f"{self.path}: no such stack file; --stack NAME means Pulumi.NAME.yaml, --file PATH any other"
            ) from None
        except yaml.YAMLError as error:
            raise ValueError(f"{self.path} is not YAML: {error}") from None
        if not isinstance(document, dict) or not isinstance(document.get("config", {}), dict):
            raise ValueError(  # noqa: TRY004 - it is the file's value that is wrong
                f"{self.path}: a stack file is a mapping with the key `config`; see Pulumi.local.yaml"
            )
        return document

    @property
    def region(self) -> str:
        """The stack's Scaleway region, fr-par by default."""
        return str(self.read().get("config", {}).get("scaleway:region", "fr-par"))

    @property
    def uses_existing_cluster(self) -> bool:
        """Whether the stack runs on an existing cluster."""
        cluster = self.read().get("config", {}).get("jitsi:cluster", {})
        return isinstance(cluster, dict) and any(
            cluster.get("kind") == kind for kind, cloud in CLOUDS.items() if not cloud.creates_cluster
        )


def merge(source: Mapping[str, Any], before: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The new working copy: `source` overridden by `config`. Pure.

    The salt and the encrypted values of other keys are kept from `before`.
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
    """Update the working copy from its source and return it.

    A new passphrase cannot decrypt old values, so they are dropped.
    """
    try:
        before = yaml.safe_load(copy.read_text()) or {}
    except (OSError, yaml.YAMLError):
        before = {}
    merged = merge(source.read(), {} if passphrase_is_new else before, config)
    files.write(copy, yaml.safe_dump(merged, sort_keys=False, allow_unicode=True), mode=0o600)
    return merged

"""The engine's environment: offline, with exact plugins, a file backend and the emulated cloud. Pure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from scaleway_emulator.credentials import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.paths import Paths

WITHOUT_CHECKPOINTS = {"PULUMI_SKIP_CHECKPOINTS": "true", "PULUMI_EXPERIMENTAL": "true"}
"""The engine saves the state once, at the end of an operation, whether it failed or not."""


def settings(
    paths: Paths, pulumi: Path, scaleway_url: str | None, region: str, caller: Mapping[str, str]
) -> dict[str, str]:
    """The engine's variables that differ from its `caller`'s."""
    # An official engine runs uv for this project (Pulumi.yaml); make's own uv may not be on PATH.
    uv = [str(Path(caller["UV"]).parent)] if caller.get("UV") else []
    return {
        "PATH": os.pathsep.join([str(pulumi.parent), *uv, caller.get("PATH", os.defpath)]),
        "PULUMI_HOME": str(paths.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{paths.backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(paths.passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "PULUMI_DEBUG_COMMANDS": "true",  # enables --event-log
        **environment(scaleway_url, region),
        "SCW_CONFIG_PATH": str(paths.root / "no-scaleway-profile.yaml"),  # never the user's own account
    }


def inherited(caller: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without variables of other accounts, backends or clusters."""
    return {k: v for k, v in caller.items() if not k.startswith(("PULUMI_", "SCW_", "AWS_")) and k != "KUBECONFIG"}

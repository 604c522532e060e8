"""The environment in which the engine runs: offline, with exact plugins, our backend and the emulated cloud. Pure."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.places import Places

ACCESS_KEY = "SCWLOCALEMULATOR0000"  # the form that Scaleway's SDK checks: SCW and 17 capitals or digits
NAMESPACE = uuid.UUID("6e2b6a0e-3f0e-5a51-9c0a-0d7a7d3c1b55")  # for ids that stay the same from run to run


def settings(
    places: Places, pulumi: Path, scaleway_url: str | None, region: str, caller: Mapping[str, str]
) -> dict[str, str]:
    """What distinguishes the engine's environment from its `caller`'s."""
    # An official engine runs uv for this project (Pulumi.yaml); make may have put it elsewhere than PATH.
    uv = [str(Path(caller["UV"]).parent)] if caller.get("UV") else []
    project = str(uuid.uuid5(NAMESPACE, "project"))
    cloud = {"SCW_API_URL": scaleway_url} if scaleway_url else {}
    return {
        "PATH": os.pathsep.join([str(pulumi.parent), *uv, caller.get("PATH", os.defpath)]),
        "PULUMI_HOME": str(places.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{places.backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(places.passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "PULUMI_DEBUG_COMMANDS": "true",  # shows --event-log
        **cloud,
        "SCW_ACCESS_KEY": ACCESS_KEY,
        "SCW_SECRET_KEY": str(uuid.uuid5(NAMESPACE, "secret key")),
        "SCW_DEFAULT_PROJECT_ID": project,
        "SCW_DEFAULT_ORGANIZATION_ID": project,
        "SCW_DEFAULT_REGION": region,
        "SCW_DEFAULT_ZONE": f"{region}-1",
        "SCW_CONFIG_PATH": str(places.root / "no-scaleway-profile.yaml"),  # never the user's own account
    }


def inherited(caller: Mapping[str, str]) -> dict[str, str]:
    """The part of the caller's environment that may reach the engine: no other account, backend or cluster."""
    return {k: v for k, v in caller.items() if not k.startswith(("PULUMI_", "SCW_", "AWS_")) and k != "KUBECONFIG"}

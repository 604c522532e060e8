"""The emulated account: its owner, their key, and the environment that points a client at the emulator."""

from __future__ import annotations

import uuid

_NAMESPACE = uuid.UUID("6e2b6a0e-3f0e-5a51-9c0a-0d7a7d3c1b55")  # ids stay the same from run to run
ACCESS_KEY = "SCWLOCALEMULATOR0000"  # the form that Scaleway's SDK checks: SCW and 17 capitals or digits
SECRET_KEY = str(uuid.uuid5(_NAMESPACE, "secret key"))
PROJECT = str(uuid.uuid5(_NAMESPACE, "project"))
"""The only project; the organization has the same id."""
OWNER = str(uuid.uuid5(_NAMESPACE, "user"))
"""User id of the organization's owner, to whom the key belongs."""


def environment(url: str | None, region: str = "fr-par") -> dict[str, str]:
    """The variables by which Scaleway's SDK, providers and CLI reach the emulator at `url`, as its owner."""
    return {
        **({"SCW_API_URL": url} if url else {}),
        "SCW_ACCESS_KEY": ACCESS_KEY,
        "SCW_SECRET_KEY": SECRET_KEY,
        "SCW_DEFAULT_PROJECT_ID": PROJECT,
        "SCW_DEFAULT_ORGANIZATION_ID": PROJECT,
        "SCW_DEFAULT_REGION": region,
        "SCW_DEFAULT_ZONE": f"{region}-1",
    }

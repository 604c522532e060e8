"""The engine's environment: nothing of the caller's accounts gets in."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from lab.engine.settings import inherited, settings
from lab.paths import Paths


def made(**caller: str) -> dict[str, str]:
    return settings(Paths(Path("/s")), Path("/s/bin/pulumi"), "http://127.0.0.1:1", "nl-ams", caller)


def test_no_account_backend_or_cluster_of_the_caller_reaches_the_engine() -> None:
    caller = {
        "PULUMI_ACCESS_TOKEN": "x",
        "SCW_SECRET_KEY": "real",
        "AWS_CA_BUNDLE": "/real",
        "KUBECONFIG": "/real",
        "HOME": "/h",
    }
    assert inherited(caller) == {"HOME": "/h"}
    assert made(**caller)["SCW_SECRET_KEY"] != "real"
    assert made()["SCW_CONFIG_PATH"].startswith("/s/"), "the user's profile would be read otherwise"


def test_the_keys_have_the_form_that_scaleways_sdk_checks() -> None:
    env = made()
    assert re.fullmatch(r"SCW[A-Z0-9]{17}", env["SCW_ACCESS_KEY"])
    assert all(uuid.UUID(env[name]) for name in ("SCW_SECRET_KEY", "SCW_DEFAULT_PROJECT_ID"))
    assert (env["SCW_DEFAULT_REGION"], env["SCW_DEFAULT_ZONE"]) == ("nl-ams", "nl-ams-1")


def test_engine_and_uv_come_first_on_path() -> None:
    assert made(UV="/cache/uv/bin/uv", PATH="/usr/bin")["PATH"] == "/s/bin:/cache/uv/bin:/usr/bin"
    assert made(PATH="/usr/bin")["PATH"] == "/s/bin:/usr/bin"

"""What prosody's pod mounts for authentication: the accounts of type internal, and the authority of a directory."""

from pathlib import Path
from typing import Any

from components import pod
from components.labels import labels, manifest
from components.signalling.access import ACCOUNTS_DRIVER, LDAP_CA_PATH
from components.signalling.addresses import ShardNames
from config.access import Auth

Document = dict[str, Any]

FILE = "accounts.json"
FOLDER = "/accounts"
"""Where the Secret is mounted as a whole, so that the kubelet brings a changed one, within about a minute."""
PLUGIN = f"mod_storage_{ACCOUNTS_DRIVER}.lua"
PLUGIN_PATH = f"/prosody-plugins-custom/{PLUGIN}"
CA_FILE = LDAP_CA_PATH.rpartition("/")[2]
_PLUGIN_TEXT = (Path(__file__).parent / "plugins" / PLUGIN).read_text(encoding="utf-8")


def texts(auth: Auth) -> dict[str, str]:
    """Public files, by name."""
    if auth.type == "internal":
        return {PLUGIN: _PLUGIN_TEXT}
    return {CA_FILE: auth.ldap.ca} if auth.ldap and auth.ldap.ca else {}


def mounts(auth: Auth) -> dict[str, str]:
    """Path -> volume, as `components.pod.container` reads it."""
    if auth.type == "internal":
        return {FOLDER: "!accounts", PLUGIN_PATH: f"!access:{PLUGIN}"}
    return {LDAP_CA_PATH: f"!access:{CA_FILE}"} if texts(auth) else {}


def volumes(auth: Auth, names: ShardNames) -> list[Document]:
    """The volumes behind `mounts`."""
    found = []
    if auth.type == "internal":
        secret = {"secretName": names.of("accounts"), "defaultMode": pod.READ_ONLY_SECRET}
        found.append({"name": "accounts", "secret": secret})
    if texts(auth):
        found.append(pod.config_volume("access", names.of("prosody")))
    return found


def mark(auth: Auth) -> dict[str, str]:
    """Rolls prosody's pod when a public file changes; changed accounts need no new pod."""
    public = texts(auth)
    return {"jitsi.org/config": pod.text_hash(*public.values())} if public else {}


def objects(auth: Auth, names: ShardNames, accounts: Any) -> dict[str, Document]:
    """The Secret and the ConfigMap behind the volumes, by logical name; `accounts` is the text of the accounts' file."""
    labelled = labels("prosody", names.shard)
    made: dict[str, Document] = {}
    if auth.type == "internal":
        held = {FILE: accounts}
        made["prosody-accounts"] = manifest(
            "v1", "Secret", names.of("accounts"), names.namespace, labelled, type="Opaque", stringData=held
        )
    if public := texts(auth):
        made["prosody-config"] = manifest(
            "v1", "ConfigMap", names.of("prosody"), names.namespace, labelled, data=public
        )
    return made

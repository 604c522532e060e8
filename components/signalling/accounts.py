"""Files of prosody's pod: its modules, accounts of type internal, and the CA certificate of a directory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels
from components.signalling.access import ACCOUNTS_DRIVER, LDAP_CA_PATH
from config.access import Auth
from sizing.addresses import ShardNames
from sizing.bridge_crash import HIBERNATION_MODULE
from sizing.bridge_load import LEAVING_MODULE

FILE = "accounts.json"
FOLDER = "/accounts"
"""Mount path of the whole Secret, not of a single file, so the kubelet updates it within about a minute."""
PLUGIN = f"mod_storage_{ACCOUNTS_DRIVER}.lua"
ABOUT_BRIDGES = tuple(f"mod_{name}.lua" for name in (HIBERNATION_MODULE, LEAVING_MODULE))
PLUGIN_FOLDER = "/prosody-plugins-custom"
Plugins = Mapping[str, str]
NO_PLUGINS: Plugins = {}
CA_FILE = LDAP_CA_PATH.rpartition("/")[2]
_SOURCES = Path(__file__).parent / "plugins"


def modules(auth: Auth, plugins: Plugins = NO_PLUGINS) -> dict[str, str]:
    """Modules of the shard's prosody, name -> source: the program's, and the stack file's own."""
    names = [*ABOUT_BRIDGES, *([PLUGIN] if auth.type == "internal" else [])]
    return {name: (_SOURCES / name).read_text(encoding="utf-8") for name in names} | dict(plugins)


def texts(auth: Auth, plugins: Plugins = NO_PLUGINS) -> dict[str, str]:
    """Public files by name: modules, and the directory's certificate."""
    return modules(auth, plugins) | ({CA_FILE: auth.ldap.ca} if auth.ldap and auth.ldap.ca else {})


def mounts(auth: Auth, plugins: Plugins = NO_PLUGINS) -> dict[str, str]:
    """Path -> volume, as `components.kubernetes.pod.container` expects."""
    found = plugin_mounts(modules(auth, plugins))
    if auth.type == "internal":
        found[FOLDER] = "!accounts"
    if CA_FILE in texts(auth):
        found[LDAP_CA_PATH] = f"!access:{CA_FILE}"
    return found


def plugin_mounts(plugins: Plugins) -> dict[str, str]:
    """Path -> volume of modules."""
    return {f"{PLUGIN_FOLDER}/{name}": f"!access:{name}" for name in plugins}


def plugin_volumes(plugins: Plugins, names: ShardNames) -> list[Document]:
    """Volumes of `plugin_mounts`."""
    return [pod.config_volume("access", names.of("prosody"))] if plugins else []


def volumes(auth: Auth, names: ShardNames) -> list[Document]:
    """Volumes of `mounts`."""
    result = []
    if auth.type == "internal":
        secret = {"secretName": names.of("accounts"), "defaultMode": pod.READ_ONLY_SECRET}
        result.append({"name": "accounts", "secret": secret})
    return [*result, pod.config_volume("access", names.of("prosody"))]


def mark(auth: Auth, plugins: Plugins = NO_PLUGINS) -> dict[str, str]:
    """Annotation that rolls prosody's pod when a public file changes. Changed accounts need no new pod."""
    return {"jitsi.org/config": pod.text_hash(*texts(auth, plugins).values())}


def plugin_mark(plugins: Plugins) -> dict[str, str]:
    """Annotation that rolls a visitor prosody's pod when a module changes."""
    return {"jitsi.org/config": pod.text_hash(*plugins.values())} if plugins else {}


def objects(auth: Auth, names: ShardNames, accounts: Any, plugins: Plugins = NO_PLUGINS) -> dict[str, Document]:
    """Secret and ConfigMap of the volumes, by logical name. `accounts` is the text of the accounts file."""
    prosody_labels = labels("prosody", names.shard)
    documents: dict[str, Document] = {}
    if auth.type == "internal":
        data = {FILE: accounts}
        documents["prosody-accounts"] = manifest(
            "v1", "Secret", names.of("accounts"), names.namespace, prosody_labels, type="Opaque", stringData=data
        )
    documents["prosody-config"] = manifest(
        "v1", "ConfigMap", names.of("prosody"), names.namespace, prosody_labels, data=texts(auth, plugins)
    )
    return documents

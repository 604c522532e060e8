"""docs/config.md, the table of all keys: `python -m config.reference` writes it anew."""

import json
from pathlib import Path
from typing import Any

from config.model import format_duration
from config.stack import StackConfig

REFERENCE_FILE = Path(__file__).parents[1] / "docs" / "config.md"


def reference() -> str:
    """docs/config.md: one table per section, from the models' own descriptions."""
    schema = StackConfig.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    lines = [
        "# Config",
        "",
        "Keys of `Pulumi.<stack>.yaml`, under `jitsi:` unless another namespace is named. Durations are `90s`, `10m`, `4h`.",
        "Secrets, set with `pulumi config set --secret`: `secretSeed` (all internal passwords derive from it), `jwtSecret`",
        "(auth type jwt), `ldapPassword` (auth.ldap.bindDn), `users` (auth type internal; JSON, name to password), `sipPassword` and",
        "`googleCredentials` (jigasi), `kubeconfig` (cluster kind existing), `recordingAccessKey` and `recordingSecretKey`",
        "(recording.endpoint), `lokiPassword` (monitoring.logs.user). Nothing else may be encrypted: the plan reads it without keys.",
        "This page is written by `python -m config.reference`.",
        "",
        *_section("The stack", schema, definitions),
    ]
    for name in (
        "Cluster",
        "SystemPool",
        "AutoUpgrade",
        "Bridges",
        "Scaling",
        "Policy",
        "Drain",
        "Lesson",
        "ShardEntry",
    ):
        lines += _section(_TITLES[name], definitions[name], definitions)
    for name in (
        *("Ingress", "Tls", "Metrics", "Monitoring", "Logs", "Auth", "Jwt", "Ldap", "Signalling"),
        *("Web", "Languages", "Links", "Watermark", "Branding", "WebFile"),
        *("Meetings", "StartMuted", "Resolution", "LastN", "EndToEndEncryption", "Lobby", "FileSharing"),
        *("Jigasi", "Sip", "Transcription", "Documents", "Visitors", "Turn", "TurnUdp", "Env", "Images", "Enforcement"),
    ):
        lines += _section(_TITLES[name], definitions[name], definitions)
    return "\n".join(lines).rstrip() + "\n"


_TITLES = {
    "Cluster": "cluster",
    "SystemPool": "cluster.system",
    "AutoUpgrade": "cluster.autoUpgrade",
    "Bridges": "bridges",
    "Scaling": "bridges.scaling",
    "Policy": "bridges.scaling.scaleUp, scaleDown",
    "Drain": "bridges.drain",
    "Lesson": "bridges.schedule[]",
    "ShardEntry": "shards[]",
    "Ingress": "ingress",
    "Tls": "ingress.tls",
    "Metrics": "metrics",
    "Monitoring": "monitoring",
    "Logs": "monitoring.logs",
    "Auth": "auth",
    "Jwt": "auth.jwt",
    "Ldap": "auth.ldap",
    "Signalling": "signalling",
    "Web": "web",
    "Jigasi": "jigasi",
    "Sip": "jigasi.sip",
    "Transcription": "jigasi.transcription",
    "Documents": "documents",
    "Visitors": "visitors",
    "Turn": "turn",
    "TurnUdp": "turn.udp",
    "Languages": "web.languages",
    "Links": "web.links",
    "Watermark": "web.watermark",
    "Branding": "web.branding",
    "WebFile": "web.files.*",
    "Meetings": "meetings",
    "StartMuted": "meetings.startMuted",
    "Resolution": "meetings.resolution",
    "LastN": "meetings.lastN",
    "EndToEndEncryption": "meetings.endToEndEncryption",
    "Lobby": "meetings.lobby",
    "FileSharing": "meetings.fileSharing",
    "Env": "env",
    "Images": "images",
    "Enforcement": "policy",
}


def _section(title: str, model: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    required = set(model.get("required", ()))
    rows = [
        f"| `{'scaleway:region' if key == 'region' else key}` | {_type(field)} | {_default(key, field, required)} "
        f"| {_meaning(field, definitions)} |"
        for key, field in model["properties"].items()
    ]
    return [f"## {title}", "", "| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]


def _meaning(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    """The key's own description, or its model's, which the schema does not repeat."""
    model = definitions.get(field.get("$ref", "").rsplit("/", maxsplit=1)[-1], {})
    return " ".join((field.get("description") or model.get("description", "")).split())


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(part) for part in field["anyOf"] if part.get("type") != "null")
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "$ref" in field:
        return _TITLES.get(field["$ref"].rsplit("/", maxsplit=1)[-1], "overrides")
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    if field.get("pattern", "").startswith("^(?:"):
        return "duration"
    kind = str(field.get("type", ""))
    return {"integer": "whole number", "string": "text", "object": "map"}.get(kind, kind)


def _default(key: str, field: dict[str, Any], required: set[str]) -> str:
    if key in required:
        return "required"
    value = field.get("default")
    if _type(field) == "duration" and isinstance(value, int):
        value = format_duration(value)
    if value in (None, [], {}):
        return "none"
    return "see below" if isinstance(value, dict) else f"`{value if isinstance(value, str) else json.dumps(value)}`"


if __name__ == "__main__":
    REFERENCE_FILE.write_text(reference(), encoding="utf-8")

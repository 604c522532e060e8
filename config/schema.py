"""The JSON Schema of `Pulumi.<stack>.yaml` for editors; `python -m config.schema` writes it."""

import json
from pathlib import Path
from typing import Any

from config.messages import ENCRYPTED_KEY
from config.secret_keys import SECRETS, Secret
from config.stack import StackConfig

SCHEMA_FILE = Path(__file__).parent / "schema.json"


def stack_schema() -> dict[str, Any]:
    """Return the schema of a stack file: the keys under `config:`, prefixed with the project's namespace."""
    models = StackConfig.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    properties = dict(models["properties"])
    region = properties.pop("region")
    keys: dict[str, Any] = {
        "scaleway:region": region,
        **{f"jitsi:{name}": schema for name, schema in properties.items()},
        **{f"jitsi:{name}": _secret_schema(secret) for name, secret in SECRETS.items()},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stack of Jitsi on Scaleway",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [f"jitsi:{name}" for name in models["required"]],
                "properties": keys,
                "patternProperties": {"^(?!jitsi:).*:": {}},
                "additionalProperties": False,
            }
        },
        "$defs": models["$defs"],
    }


def _secret_schema(secret: Secret) -> dict[str, Any]:
    return {
        "description": f"{secret.about} Set it with: {secret.command}",
        "type": "object",
        "required": [ENCRYPTED_KEY],
        "properties": {ENCRYPTED_KEY: {"type": "string"}},
    }


if __name__ == "__main__":
    SCHEMA_FILE.write_text(json.dumps(stack_schema(), indent=2, sort_keys=True) + "\n", encoding="utf-8")

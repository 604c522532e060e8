"""The JSON Schema of `Pulumi.<stack>.yaml`, for editors: `python -m config.schema` writes it anew."""

import json
from pathlib import Path
from typing import Any

from config.secret_keys import SECRET_KEYS
from config.stack import StackConfig

SCHEMA_FILE = Path(__file__).parent / "schema.json"


def stack_schema() -> dict[str, Any]:
    """Schema of a whole stack file: the keys under `config:`, with the project's namespace in front."""
    models = StackConfig.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    properties = dict(models["properties"])
    region = properties.pop("region")
    secret = {
        "description": "A secret: pulumi config set --secret",
        "type": "object",
        "required": ["secure"],
        "properties": {"secure": {"type": "string"}},
    }
    keys: dict[str, Any] = {
        "scaleway:region": region,
        **{f"jitsi:{name}": schema for name, schema in properties.items()},
        **{f"jitsi:{name}": secret for name in SECRET_KEYS},
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


if __name__ == "__main__":
    SCHEMA_FILE.write_text(json.dumps(stack_schema(), indent=2, sort_keys=True) + "\n", encoding="utf-8")

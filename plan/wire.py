"""Convert the engine's wire format to plain documents without secrets."""

import hashlib
import json
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

SECRET = "[secret]"  # noqa: S105 - the mask of a secret
UNKNOWN = "[unknown]"

_SIGNATURE = rpc._special_sig_key  # noqa: SLF001 - the protocol's constants have no public name
_SECRET = rpc._special_secret_sig  # noqa: SLF001
_RESOURCE = rpc._special_resource_sig  # noqa: SLF001
_OUTPUT = rpc._special_output_value_sig  # noqa: SLF001


def plain(value: struct_pb2.Value) -> Any:
    """Return JSON types; whole numbers become integers, since the protocol only has floats."""
    match value.WhichOneof("kind"):
        case "struct_value":
            return _mapping(value.struct_value)
        case "list_value":
            return [plain(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _mapping(struct: struct_pb2.Struct) -> Any:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else ""
    if signature == _SECRET:
        return masked(plain(struct.fields["value"]))
    if signature == _RESOURCE:
        return struct.fields["urn"].string_value
    if signature == _OUTPUT:
        value = plain(struct.fields["value"])
        return masked(value) if struct.fields["secret"].bool_value else value
    return document(struct)


def masked(value: Any) -> Any:
    """Mask every value of a secret and keep its structure."""
    match value:
        case dict():
            return {key: masked(item) for key, item in value.items()}
        case list():
            return [masked(item) for item in value]
        case _:
            return SECRET


def document(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Return a resource's properties with sorted keys; null counts as absent."""
    return {
        key: plain(struct.fields[key])
        for key in sorted(struct.fields)
        if key != _SIGNATURE and struct.fields[key].WhichOneof("kind") != "null_value"
    }


def secret_fields(struct: struct_pb2.Struct) -> tuple[str, ...]:
    """Return the top-level properties that are secret as a whole."""
    return tuple(
        key
        for key, value in sorted(struct.fields.items())
        if value.HasField("struct_value")
        and _SIGNATURE in value.struct_value.fields
        and value.struct_value.fields[_SIGNATURE].string_value == _SECRET
    )


def secret_marks(struct: struct_pb2.Struct, whole: tuple[str, ...] = ()) -> dict[str, str]:
    """Return path -> digest of each secret value, to compare two evaluations.

    Only the recorder calls this, where secrets derive from placeholders, so a digest reveals no real secret. Top-level
    properties in `whole` always count as secret.
    """
    if not whole and _SIGNATURE.encode() not in struct.SerializeToString():
        return {}  # most resources, found without a walk through their values
    marks: dict[str, str] = {}
    for key, value in struct.fields.items():
        marks |= _marks(value, (key,), secret=key in whole)
    return marks


def _marks(value: struct_pb2.Value, path: tuple[str | int, ...], *, secret: bool) -> dict[str, str]:
    if value.HasField("list_value"):
        parts: dict[str | int, struct_pb2.Value] = dict(enumerate(value.list_value.values))
    elif value.HasField("struct_value"):
        fields = value.struct_value.fields
        signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
        if signature in (_SECRET, _OUTPUT):
            hidden = signature == _SECRET or ("secret" in fields and fields["secret"].bool_value)
            return _marks(fields["value"], path, secret=secret or hidden) if "value" in fields else {}
        parts = {} if signature else dict(fields.items())
    else:
        text = json.dumps(plain(value), sort_keys=True)
        return {property_path(path): hashlib.sha256(text.encode()).hexdigest()} if secret else {}
    marks: dict[str, str] = {}
    for key, item in parts.items():
        marks |= _marks(item, (*path, key), secret=secret)
    return marks


def property_path(path: tuple[str | int, ...]) -> str:
    """Format a property path as the engine does: `spec.ports[0].port`, `metadata.labels["a.b/c"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif any(character in part for character in '."[]'):
            quoted = part.replace('"', '\\"')
            text += f'["{quoted}"]'
        else:
            text += f".{part}" if text else part
    return text

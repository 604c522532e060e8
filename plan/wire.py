"""From the engine's wire form to plain documents in which no secret stands."""

from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

SECRET = "[secret]"  # noqa: S105 - what stands in a secret's place
UNKNOWN = "[unknown]"

_SIGNATURE = rpc._special_sig_key  # noqa: SLF001 - the protocol's constants have no public name
_SECRET = rpc._special_secret_sig  # noqa: SLF001
_RESOURCE = rpc._special_resource_sig  # noqa: SLF001
_OUTPUT = rpc._special_output_value_sig  # noqa: SLF001


def plain(value: struct_pb2.Value) -> Any:
    """JSON types only; whole numbers as integers, as the protocol knows floats alone."""
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
    """The shape of a secret without its values, so that the mapping of a Secret is still one."""
    match value:
        case dict():
            return {key: masked(item) for key, item in value.items()}
        case list():
            return [masked(item) for item in value]
        case _:
            return SECRET


def document(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A resource's properties, keys in alphabetical order; null is the same as absent."""
    return {
        key: plain(struct.fields[key])
        for key in sorted(struct.fields)
        if key != _SIGNATURE and struct.fields[key].WhichOneof("kind") != "null_value"
    }


def secret_fields(struct: struct_pb2.Struct) -> tuple[str, ...]:
    """Top-level properties that are secret as a whole."""
    return tuple(
        key
        for key, value in sorted(struct.fields.items())
        if value.HasField("struct_value")
        and _SIGNATURE in value.struct_value.fields
        and value.struct_value.fields[_SIGNATURE].string_value == _SECRET
    )

"""What travels in the payload of a message: JSON, text and bytes as well-known types, anything else as itself."""

from __future__ import annotations

import math
from typing import Any, TypeVar

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as ProtoMessage
from google.protobuf.struct_pb2 import ListValue, NullValue, Struct, Value
from google.protobuf.wrappers_pb2 import BytesValue, StringValue

from arqon.canonical import MAX_DEPTH
from arqon.errors import ArqonError

M = TypeVar("M", bound=ProtoMessage)
_MAX_INTEGER = 2**53


class Json:
    """Marks a value to be sent as JSON, needed only for a bare string: `Json("text")`."""

    def __init__(self, value: Any) -> None:
        self.value = value


def pack(payload: Any) -> AnyMessage:
    """A payload as it travels: protobuf messages as themselves, str as text, bytes as bytes, all else as JSON.

    Raises ArqonError `JSON_INVALID` for what JSON cannot hold.
    """
    packed = AnyMessage()
    packed.Pack(_as_proto(payload))
    return packed


def unpack(packed: AnyMessage) -> Any:
    """The Python value of a payload: None when absent, the Any itself for types other than JSON, text and bytes."""
    name = packed.TypeName()
    if not name:
        return None
    if name == "google.protobuf.Value":
        return _from_value(unpack_as(packed, Value))
    if name == "google.protobuf.StringValue":
        return unpack_as(packed, StringValue).value
    if name == "google.protobuf.BytesValue":
        return unpack_as(packed, BytesValue).value
    return packed


def unpack_as(packed: AnyMessage, kind: type[M]) -> M:
    """The payload as a message of type `kind`. Raises ArqonError `WIRE_MALFORMED` when it is something else."""
    wanted = kind.DESCRIPTOR.full_name
    if packed.TypeName() != wanted:
        raise ArqonError("WIRE_MALFORMED", f"payload is {packed.type_url or 'absent'}, expected {wanted}")
    message = kind()
    try:
        message.ParseFromString(packed.value)
    except DecodeError as cause:
        raise ArqonError("WIRE_MALFORMED", f"payload is not {wanted}: {cause}") from cause
    return message


def _as_proto(payload: Any) -> ProtoMessage:
    if isinstance(payload, ProtoMessage):
        return payload
    if isinstance(payload, (bytes, bytearray, memoryview)):
        return BytesValue(value=bytes(payload))
    try:
        if isinstance(payload, str):
            return StringValue(value=payload)
        return _to_value(payload.value if isinstance(payload, Json) else payload, "", 0)
    except UnicodeEncodeError as cause:
        raise ArqonError("JSON_INVALID", f"payload has a lone surrogate: {cause}") from cause


def _to_value(value: Any, path: str, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise ArqonError("JSON_INVALID", f"{path} is nested more than {MAX_DEPTH} deep")
    if value is None:
        return Value(null_value=NullValue.NULL_VALUE)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, (int, float)):
        if isinstance(value, int) and abs(value) > _MAX_INTEGER:
            raise ArqonError(
                "JSON_INVALID", f"{path or 'payload'} is {value}, beyond 2^53: put it into a string"
            )
        if not math.isfinite(value):
            raise ArqonError("JSON_INVALID", f"{path or 'payload'} is {value}, which JSON cannot hold")
        return Value(number_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    if isinstance(value, (list, tuple)):
        items = [_to_value(item, f"{path}/{i}", depth + 1) for i, item in enumerate(value)]
        return Value(list_value=ListValue(values=items))
    if isinstance(value, dict):
        struct = Struct()
        for key, item in value.items():
            if not isinstance(key, str):
                raise ArqonError(
                    "JSON_INVALID", f"{path or 'payload'} has a key of type {type(key).__name__}"
                )
            struct.fields[key].CopyFrom(_to_value(item, f"{path}/{key}", depth + 1))
        return Value(struct_value=struct)
    raise ArqonError("JSON_INVALID", f"{path or 'payload'} is {type(value).__name__}, which JSON cannot hold")


def _from_value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {key: _from_value(item) for key, item in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        # JSON has one kind of number; a whole one reads better as an int.
        return int(number) if number.is_integer() and abs(number) <= _MAX_INTEGER else number
    if kind in ("string_value", "bool_value"):
        return getattr(value, kind)
    return None

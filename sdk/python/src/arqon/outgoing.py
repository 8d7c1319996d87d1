"""Ephemeral publications, encoded without protobuf objects where the payload is bytes or text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from arqon.arguments import wrong
from arqon.errors import ArqonError
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, Durability, MessageType
from arqon.payloads import pack
from arqon.topics import require_topic

_EVENT = b"\x48\x01"
_EPHEMERAL = b"\x70\x01"


def encode_outgoing(message_id: str, topic: str, payload: Any, schema: str = "", reply_to: str = "") -> bytes:
    """The bytes of an ephemeral event. Raises ArqonError `TOPIC_INVALID`, `JSON_INVALID`, `USAGE`."""
    try:
        return _encoded(message_id, topic, payload, schema, reply_to)
    except (TypeError, ValueError, AttributeError) as cause:
        raise wrong("send", cause) from cause


def _encoded(message_id: str, topic: str, payload: Any, schema: str, reply_to: str) -> bytes:
    if isinstance(payload, bytes):
        url, content = _BYTES_URL, payload
    elif isinstance(payload, str):
        try:
            url, content = _TEXT_URL, payload.encode()
        except UnicodeEncodeError as cause:
            raise ArqonError("JSON_INVALID", f"payload has a lone surrogate: {cause}") from cause
    else:
        message = ArqonMessage(
            id=message_id,
            topic=require_topic(topic),
            type=MessageType.MESSAGE_TYPE_EVENT,
            durability=Durability.DURABILITY_EPHEMERAL,
            schema=schema,
            reply_to=require_topic(reply_to) if reply_to else "",
            payload=pack(payload),
        )
        return message.SerializeToString()
    if content:
        inner = b"\x0a" + _length(len(content))
        outer = b"\x12" + _length(len(inner) + len(content))
        around = url + outer + inner
    else:
        around = url
    head, tail = _fields(topic, schema, reply_to)
    size = _length(len(around) + len(content))
    return b"".join((b"\x0a\x24", message_id.encode("ascii"), head, size, around, content, tail))


def _length(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(tag: bytes, text: str) -> bytes:
    data = text.encode()
    return tag + _length(len(data)) + data


@lru_cache(1024)
def _fields(topic: str, schema: str, reply_to: str) -> tuple[bytes, bytes]:
    """What stands before the length of the payload, and after the payload."""
    head = _field(b"\x1a", require_topic(topic)) + b"\x42"
    tail = _EVENT + (_field(b"\x5a", schema) if schema else b"") + _EPHEMERAL
    return head, tail + (_field(b"\x82\x01", require_topic(reply_to)) if reply_to else b"")


_BYTES_URL = _field(b"\x0a", "type.googleapis.com/google.protobuf.BytesValue")
_TEXT_URL = _field(b"\x0a", "type.googleapis.com/google.protobuf.StringValue")

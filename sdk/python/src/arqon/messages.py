"""A message as the SDK hands it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as ProtoMessage

from arqon.credit import Ticket
from arqon.errors import ArqonError
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, Durability, MessageType
from arqon.payloads import unpack, unpack_as

M = TypeVar("M", bound=ProtoMessage)


class Message:
    """One received message. The stamped fields (sequence, producer, reality, timestamp_us) come from the bus."""

    __slots__ = ("raw", "ticket")

    def __init__(self, raw: ArqonMessage) -> None:
        self.raw = raw
        self.ticket: Ticket | None = None

    def taken(self) -> None:
        """The application has it, or nobody will: the server may send another."""
        if self.ticket:
            self.ticket.release()
            self.ticket = None

    def __repr__(self) -> str:
        return f"Message({self.topic!r}, sequence={self.sequence})"

    @property
    def id(self) -> str:
        return self.raw.id

    @property
    def topic(self) -> str:
        return self.raw.topic

    @property
    def sequence(self) -> int:
        """Strictly increasing within a Reality."""
        return self.raw.sequence

    @property
    def producer(self) -> str:
        """The authenticated principal that sent it."""
        return self.raw.producer_id

    @property
    def reality(self) -> str:
        return self.raw.reality_id

    @property
    def timestamp_us(self) -> int:
        """UTC, microseconds since 1970-01-01T00:00:00Z, by the bus's clock."""
        return self.raw.timestamp_unix_us

    @property
    def schema(self) -> str:
        return self.raw.schema

    @property
    def reply_to(self) -> str:
        return self.raw.reply_to

    @property
    def trace(self) -> dict[str, str]:
        """W3C Trace Context."""
        return dict(self.raw.trace_context)

    @property
    def durability(self) -> str:
        """E.g. "EPHEMERAL", "LOGGED", "SYNCED"."""
        return enum_name(Durability, self.raw.durability, "DURABILITY_")

    @property
    def payload(self) -> Any:
        """JSON, text or bytes as Python values; the protobuf Any for other types (see `payload_as`)."""
        return unpack(self.raw.payload)

    def payload_as(self, kind: type[M]) -> M:
        """The payload as a protobuf message. Raises ArqonError `WIRE_MALFORMED` when it is something else."""
        return unpack_as(self.raw.payload, kind)

    @property
    def type(self) -> str:
        """E.g. "EVENT", "JOB", "JOB_RESULT"."""
        return enum_name(MessageType, self.raw.type, "MESSAGE_TYPE_")


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a publication. Ephemeral ones are not acknowledged: `sequence` and `duplicate` are None."""

    id: str
    sequence: int | None = None
    duplicate: bool | None = None
    """The id had been seen before; `sequence` is the original one."""


def enum_name(enum: EnumTypeWrapper, value: int, prefix: str) -> str:
    """The name of an enum value without its prefix; the number for values this version does not know."""
    return enum.Name(value).removeprefix(prefix) if value in enum.values() else str(value)


def decode_message(data: bytes) -> ArqonMessage:
    """Raises ArqonError `WIRE_MALFORMED`."""
    try:
        return ArqonMessage.FromString(data)
    except DecodeError as cause:
        raise ArqonError("WIRE_MALFORMED", f"not an ArqonMessage: {cause}") from cause

"""Streams: one long thing in many messages, counted and hashed on both ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from arqon.arguments import made
from arqon.canonical import canonical_json
from arqon.circuit_options import mapping_of
from arqon.errors import ArqonError, error_from_info, info_from_error
from arqon.gen.arqon.v1.message_pb2 import MessageType
from arqon.gen.arqon.v1.stream_pb2 import StreamChunk, StreamEnd, StreamStart
from arqon.inflow import Subscription
from arqon.messages import Message

_BUS = "arqon-bus"
"""Producer of what the bus says itself: it ends the streams of a producer that was lost."""
Publish = Callable[[Any, int], Awaitable[Any]]
"""Publishes a payload as a message of a type."""


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """A stream that came whole."""

    stream_id: str
    chunks: int
    bytes: int
    sha256: str
    """64 hexadecimal digits."""


class StreamWriter:
    """Writes one stream; made by `client.open_stream`. End it, or abort it; `async with` does one or the other."""

    def __init__(self, stream_id: str, topic: str, publish: Publish) -> None:
        self.id, self.topic = stream_id, topic
        self._publish = publish
        self._hash = hashlib.sha256()
        self._chunks = self._bytes = 0
        self._ended = False

    async def begin(
        self,
        media_type: str,
        chunk_schema: str,
        expected_chunks: int,
        expected_bytes: int,
        job_id: str,
        parameters: Mapping[str, Any] | None,
    ) -> StreamWriter:
        start = made(
            "open_stream",
            StreamStart,
            stream_id=self.id,
            media_type=media_type,
            chunk_schema=chunk_schema,
            expected_chunks=expected_chunks,
            expected_bytes=expected_bytes,
            job_id=job_id,
            parameters_json=canonical_json(mapping_of("parameters", parameters or {})),
        )
        await self._publish(start, MessageType.MESSAGE_TYPE_STREAM_START)
        return self

    async def write(self, data: bytes | str) -> None:
        """Publishes one chunk; text as UTF-8."""
        self._require_open()
        raw = data.encode() if isinstance(data, str) else bytes(data)
        chunk = StreamChunk(stream_id=self.id, index=self._chunks, data=raw)
        self._chunks += 1
        self._bytes += len(raw)
        self._hash.update(raw)
        await self._publish(chunk, MessageType.MESSAGE_TYPE_STREAM_CHUNK)

    async def end(self) -> StreamSummary:
        """Publishes the end, with the counts and the hash."""
        await self._finish(None)
        return StreamSummary(self.id, self._chunks, self._bytes, self._hash.hexdigest())

    async def abort(self, error: BaseException) -> None:
        """Ends it as broken: readers get `error`."""
        await self._finish(error)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if self._ended:
            return
        if error is None:
            await self.end()
        else:
            await self.abort(error)

    async def _finish(self, error: BaseException | None) -> None:
        self._require_open()
        self._ended = True
        end = StreamEnd(stream_id=self.id, chunks=self._chunks, bytes=self._bytes, sha256=self._hash.digest())
        if error is not None:
            end.error.CopyFrom(info_from_error(error, fallback_code="CANCELLED"))
        await self._publish(end, MessageType.MESSAGE_TYPE_STREAM_END)

    def _require_open(self) -> None:
        if self._ended:
            raise ArqonError("USAGE", f"stream {self.id} has ended")


class StreamReader:
    """Reads one stream; made by `client.read_stream`. `async for data in reader` checks what comes, and the end too."""

    def __init__(self, start: StreamStart, producer: str, subscription: Subscription) -> None:
        self.start = start
        self.summary: StreamSummary | None = None
        """Set once the stream was read to its end and found whole."""
        self._producer, self._subscription = producer, subscription
        self._hash = hashlib.sha256()
        self._chunks = self._bytes = 0

    @property
    def id(self) -> str:
        return self.start.stream_id

    @property
    def media_type(self) -> str:
        return self.start.media_type

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(json.loads(self.start.parameters_json or "{}"))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The data of each chunk in order. Raises ArqonError `STREAM_BROKEN`, or the error the stream ended with."""
        try:
            async for message in self._subscription:
                if message.producer not in (self._producer, _BUS):
                    continue
                if message.type == "STREAM_CHUNK":
                    data = self._chunk(message)
                    if data is not None:
                        yield data
                elif message.type == "STREAM_END" and self._end(message):
                    return
            raise self._broken("the subscription ended before the stream")
        finally:
            await self._subscription.close()

    def _chunk(self, message: Message) -> bytes | None:
        chunk = message.payload_as(StreamChunk)
        if chunk.stream_id != self.id:
            return None
        if chunk.index != self._chunks:
            raise self._broken(f"chunk {chunk.index} came where {self._chunks} was due")
        self._chunks += 1
        self._bytes += len(chunk.data)
        self._hash.update(chunk.data)
        return chunk.data

    def _end(self, message: Message) -> bool:
        end = message.payload_as(StreamEnd)
        if end.stream_id != self.id:
            return False
        if end.HasField("error"):
            raise error_from_info(end.error)
        if (end.chunks, end.bytes) != (self._chunks, self._bytes):
            came = f"{self._chunks} of {self._bytes} came"
            raise self._broken(f"{end.chunks} chunks of {end.bytes} bytes were sent, {came}")
        if end.sha256 != self._hash.digest():
            raise self._broken("the hash of what came is another than that of what was sent")
        self.summary = StreamSummary(self.id, self._chunks, self._bytes, self._hash.hexdigest())
        return True

    def _broken(self, why: str) -> ArqonError:
        return ArqonError("STREAM_BROKEN", f"stream {self.id}: {why}")

    # Last: below it the word means this method to a type checker.
    async def bytes(self) -> bytes:
        """Everything, concatenated. Raises as iterating does."""
        return b"".join([data async for data in self])


async def first_stream(subscription: Subscription, stream_id: str | None) -> StreamReader:
    """Waits for the start of a stream."""
    try:
        async for message in subscription:
            if message.type == "STREAM_START":
                start = message.payload_as(StreamStart)
                if stream_id in (None, start.stream_id):
                    return StreamReader(start, message.producer, subscription)
    except BaseException:
        await subscription.close()
        raise
    raise ArqonError("CANCELLED", "the subscription ended before a stream started")

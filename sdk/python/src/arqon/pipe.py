"""Whole messages over a socket: `ws://`, `wss://` and `tcp://`. What is sent in one turn of the loop leaves in one write."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from arqon.errors import ArqonError
from arqon.tls import TlsFiles, handshake_error, require_loopback, secure_context
from arqon.version import __version__

SUBPROTOCOL = "arqonbus.v1.proto"
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""Largest message that is taken from a server."""
HIGH_WATER_BYTES = 1024 * 1024
"""Bytes on their way out above which `drained` waits."""
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MAX_HEAD_BYTES = 16 * 1024
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10

Take = Callable[[bytes], None]


class Framing(Protocol):
    """How messages lie in the stream of bytes."""

    opened: bool
    """Whether messages may be sent."""
    greeting: bytes
    farewell: bytes

    def read(self, data: bytes | bytearray, at: int, take: Take) -> int:
        """Takes the whole messages from `at` on and returns where it stopped. Raises ArqonError."""

    def write(self, messages: list[bytes]) -> bytes:
        """The bytes of these messages."""


class Pipe(asyncio.Protocol):
    """One connection that carries messages. Made by `open_pipe`; it ends once."""

    def __init__(self, url: SplitResult) -> None:
        self._framing: Framing = (
            TcpFraming() if url.scheme in ("tcp", "tls") else WsFraming(url, self._reply, self._bye)
        )
        self._address = url.geturl()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._rest = bytearray()
        self._loop = asyncio.get_running_loop()
        self._room: asyncio.Future[None] | None = None
        self._full = False
        self.opened: asyncio.Future[None] = self._loop.create_future()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection is gone; `code` and `reason` say why, `error` what was wrong with what came."""
        self.code, self.reason = 1006, ""
        self.error: ArqonError | None = None
        self.take: Take = lambda message: None
        """Told of each message."""

    @property
    def is_open(self) -> bool:
        return not self.ended.done() and self._transport is not None and not self._transport.is_closing()

    def send(self, message: bytes) -> None:
        """Hands a message over. After the end it goes nowhere."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(message)
        self._out_bytes += len(message)

    async def drained(self) -> None:
        """Waits while too much is on its way out."""
        if self._full and not self.ended.done():
            self._room = self._room or self._loop.create_future()
            await self._room

    @property
    def buffered_bytes(self) -> int:
        return self._out_bytes + (self._transport.get_write_buffer_size() if self._transport else 0)

    def pack(self) -> None:
        """From now on several messages share a frame."""
        if isinstance(self._framing, WsFraming):
            self._framing.packed = True

    async def close(self) -> None:
        """Says goodbye and hangs up."""
        if self.is_open and self._transport:
            self._flush()
            if self._framing.opened:
                self._transport.write(self._framing.farewell)
            self._transport.close()
            self._loop.call_later(1.0, self.abort)
        if self._transport:
            await asyncio.shield(self.ended)

    def abort(self) -> None:
        """Hangs up at once."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        if self._framing.greeting:
            transport.write(self._framing.greeting)
        if self._framing.opened:
            self.opened.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self.error or self.code != 1006:
            return
        try:
            if self._rest:
                self._rest += data
                at = self._framing.read(self._rest, 0, self.take)
                del self._rest[:at]
            else:
                at = self._framing.read(data, 0, self.take)
                if at < len(data):
                    self._rest += data[at:]
            if self._framing.opened and not self.opened.done():
                self.opened.set_result(None)
        except ArqonError as error:
            self.error = error
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc and not self.opened.done():
            self.error = self.error or handshake_error(exc, self._address)
        if not self.ended.done():
            self.ended.set_result(None)
        if not self.opened.done():
            self.opened.set_result(None)
        self.resume_writing()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        if self._room and not self._room.done():
            self._room.set_result(None)
        self._room = None

    def _flush(self) -> None:
        messages, self._out, self._out_bytes = self._out, [], 0
        if messages and self.is_open and self._transport:
            self._transport.write(self._framing.write(messages))

    def _reply(self, data: bytes) -> None:
        if self._transport:
            self._transport.write(data)

    def _bye(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason
        if self._transport:
            self._transport.write(self._framing.farewell)
            self._transport.close()


class TcpFraming:
    """The length of each message before it, and nothing else."""

    opened = True
    greeting = farewell = b""

    def read(self, data: bytes | bytearray, at: int, take: Take) -> int:
        return take_delimited(data, at, len(data), take)

    def write(self, messages: list[bytes]) -> bytes:
        return delimited(messages)


class WsFraming:
    """The client's side of RFC 6455: the upgrade, masked frames out, plain frames in."""

    def __init__(
        self, url: SplitResult, reply: Callable[[bytes], None], bye: Callable[[int, str], None]
    ) -> None:
        self.opened = self.packed = False
        self._reply, self._bye = reply, bye
        self._fragments: list[bytes] = []
        key = base64.b64encode(os.urandom(16)).decode()
        self._accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        self.greeting = (
            f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n"
            f"User-Agent: arqon-python/{__version__}\r\n\r\n"
        ).encode("ascii")
        self.farewell = _frame(_CLOSE, b"\x03\xe8")

    def read(self, data: bytes | bytearray, at: int, take: Take) -> int:
        if not self.opened:
            at = self._read_upgrade(data)
        end = len(data)
        while self.opened and at + 2 <= end:
            first, length = data[at], data[at + 1]
            if first & 0x70 or length & 0x80:
                raise ArqonError("WIRE_PROTOCOL", "the server sent a frame with a reserved bit or a mask")
            head = at + 2
            if length == 126:
                head, length = at + 4, int.from_bytes(data[at + 2 : at + 4], "big")
            elif length == 127:
                head, length = at + 10, int.from_bytes(data[at + 2 : at + 10], "big")
                if length > MAX_MESSAGE_BYTES:
                    raise ArqonError(
                        "WIRE_TOO_LARGE", f"a frame of {length} bytes, limit {MAX_MESSAGE_BYTES}"
                    )
            if head + length > end or head > end:
                break
            at = head + length
            if first == 0x80 | _BINARY and not self._fragments:
                self._deliver(bytes(data[head:at]), take)
            else:
                self._other(first, bytes(data[head:at]), take)
        return at

    def write(self, messages: list[bytes]) -> bytes:
        if self.packed:
            return _frame(_BINARY, delimited(messages))
        return b"".join([_frame(_BINARY, message) for message in messages])

    def _deliver(self, message: bytes, take: Take) -> None:
        if not self.packed:
            take(message)
        elif take_delimited(message, 0, len(message), take) < len(message):
            raise ArqonError("WIRE_MALFORMED", "a frame ends in the middle of a message")

    def _other(self, first: int, payload: bytes, take: Take) -> None:
        opcode = first & 0x0F
        if opcode == _PING:
            self._reply(_frame(_PONG, payload))
        elif opcode == _CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            self._bye(code, payload[2:].decode("utf-8", "replace"))
        elif opcode in (_CONTINUATION, _BINARY):
            if (opcode == _CONTINUATION) != bool(self._fragments):
                raise ArqonError("WIRE_PROTOCOL", "a fragment out of its order")
            self._fragments.append(payload)
            if sum(map(len, self._fragments)) > MAX_MESSAGE_BYTES:
                raise ArqonError("WIRE_TOO_LARGE", f"a message above {MAX_MESSAGE_BYTES} bytes")
            if first & 0x80:
                whole, self._fragments = b"".join(self._fragments), []
                self._deliver(whole, take)
        elif opcode == _TEXT:
            raise ArqonError("WIRE_PROTOCOL", "the server sent a text frame on a binary subprotocol")
        elif opcode != _PONG:
            raise ArqonError("WIRE_PROTOCOL", f"the server sent a frame of kind {opcode}")

    def _read_upgrade(self, data: bytes | bytearray) -> int:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            if len(data) > _MAX_HEAD_BYTES:
                raise ArqonError("WIRE_PROTOCOL", "the answer to the upgrade is too long")
            return 0
        status, *lines = bytes(data[:end]).decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        if not status.startswith("HTTP/1.1 101"):
            raise ArqonError("SERVER_UNREACHABLE", f"what answers is not a bus: {status[:80]}")
        if headers.get("sec-websocket-accept") != self._accept:
            raise ArqonError("WIRE_PROTOCOL", "the upgrade was answered for another key")
        if headers.get("sec-websocket-protocol") != SUBPROTOCOL:
            raise ArqonError("WIRE_PROTOCOL", f"the server does not speak {SUBPROTOCOL}")
        self.opened = True
        return end + 4


async def open_pipe(address: str, timeout_s: float, tls: TlsFiles) -> Pipe:
    """Connects. Raises ArqonError `USAGE`, `SERVER_UNREACHABLE`, and the `TLS_` codes."""
    try:
        url = urlsplit(address)
        port = url.port or (443 if url.scheme in ("wss", "tls") else 80)
    except ValueError as cause:
        raise ArqonError("USAGE", f"{address} is no address: {cause}") from cause
    if url.scheme not in ("ws", "wss", "tcp", "tls") or not url.hostname or url.username or url.password:
        raise ArqonError("USAGE", f"{address} is not ws://, wss://, tcp:// or tls:// with host:port")
    if url.scheme in ("ws", "tcp"):
        require_loopback(url.hostname, f"a connection by {url.scheme}://")
    context = secure_context(tls) if url.scheme in ("wss", "tls") else None
    loop = asyncio.get_running_loop()
    pipe: Pipe | None = None
    try:
        async with asyncio.timeout(timeout_s):
            _, pipe = await loop.create_connection(lambda: Pipe(url), url.hostname, port, ssl=context)
            await asyncio.shield(pipe.opened)
    except BaseException as cause:
        if pipe:
            pipe.abort()
        if not isinstance(cause, (OSError, TimeoutError)):
            raise
        raise handshake_error(cause, address) or ArqonError(
            "SERVER_UNREACHABLE", f"{address}: {str(cause) or type(cause).__name__}"
        ) from cause
    if not pipe.is_open:
        raise pipe.error or ArqonError("SERVER_UNREACHABLE", f"{address} hung up during the handshake")
    return pipe


def delimited(messages: list[bytes]) -> bytes:
    """Messages with their length before each."""
    parts: list[bytes] = []
    for message in messages:
        length = len(message)
        if 0x80 <= length < 0x4000:
            parts.append(bytes((length & 0x7F | 0x80, length >> 7)))
        else:
            parts.append(_varint(length))
        parts.append(message)
    return b"".join(parts)


def take_delimited(data: bytes | bytearray, at: int, end: int, take: Take) -> int:
    """Takes the whole messages of `data[at:end]`. Returns where it stopped. Raises ArqonError."""
    while at < end:
        head, length, shift = at, 0, 0
        while True:
            if head == end:
                return at
            byte = data[head]
            head += 1
            length |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 28:
                raise ArqonError("WIRE_MALFORMED", "the length of a message has more than five bytes")
        if length > MAX_MESSAGE_BYTES:
            raise ArqonError("WIRE_TOO_LARGE", f"a message of {length} bytes, limit {MAX_MESSAGE_BYTES}")
        if head + length > end:
            return at
        at = head + length
        take(bytes(data[head:at]))
    return at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _frame(opcode: int, payload: bytes) -> bytes:
    """A masked frame."""
    length = len(payload)
    if length < 126:
        head = bytes((0x80 | opcode, 0x80 | length))
    elif length < 65_536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + length.to_bytes(8, "big")
    key = os.urandom(4)
    mask = (key * (length // 4 + 1))[:length]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(length, "big")
    return b"".join((head, key, masked))

"""One connection: handshake, operations paired with their answers, heartbeats. It ends once and is not mended."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from arqon.credit import PublishWindow, ReceiveWindow, Ticket
from arqon.errors import ArqonError, error_from_info
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, MessageType
from arqon.gen.arqon.v1.op_pb2 import Credit, Hello, Op, Ping, Pong, Welcome
from arqon.gen.arqon.v1.sam_pb2 import Sam
from arqon.ids import NowUs
from arqon.messages import decode_message
from arqon.payloads import pack, unpack_as
from arqon.pipe import Pipe, open_pipe
from arqon.settings import Settings
from arqon.version import __version__

PROTOCOL_VERSION = 1
FEATURES = ("packing", "ack-ranges")
"""Optional behaviour of the wire that this client understands."""
OPEN_TIMEOUT_S = 10.0


class Receiver(Protocol):
    """What a link tells its owner."""

    def on_message(self, message: ArqonMessage) -> None: ...
    def on_op(self, op: Op) -> None:
        """An operation that answers nothing this link asked."""

    def on_unreadable(self, error: ArqonError) -> None:
        """A message that cannot be read; the next one can."""


class Link:
    """An open connection. Made by `open_link`."""

    def __init__(self, pipe: Pipe, receiver: Receiver, new_id: Callable[[], str], now_us: NowUs) -> None:
        self._pipe = pipe
        self._receiver = receiver
        self._new_id = new_id
        self._now_us = now_us
        self._corr = itertools.count(1)
        self._answers: dict[int, asyncio.Queue[Op | ArqonError]] = {}
        self._loop = asyncio.get_running_loop()
        self._last_heard = self._loop.time()
        self._heard = False
        self._limit = 0
        self._window = (0, 0)
        self._publishing: PublishWindow | None = None
        self._receiving: ReceiveWindow | None = None
        self.ticket: Ticket | None = None
        """Of the message that is being handed over."""
        self.leaving = False
        """The server said that it goes away: what is under way ends here, what is new waits for the next connection."""
        self.error: ArqonError | None = None
        self.welcome = Welcome()

    async def send(self, message: ArqonMessage) -> None:
        """Raises ArqonError `WIRE_TOO_LARGE` over the server's limit, `CONNECTION_LOST` when the connection is gone."""
        await self.send_bytes(message.SerializeToString())

    async def send_bytes(self, data: bytes) -> None:
        self.post_bytes(data)
        await self._pipe.drained()

    def _send_now(self, data: bytes) -> None:
        self._require(len(data))
        self._pipe.send(data)

    def _require(self, size: int) -> None:
        if self._limit and size > self._limit:
            raise ArqonError("WIRE_TOO_LARGE", f"message of {size} bytes, the server accepts {self._limit}")
        if self.error or not self._pipe.is_open:
            self.error = self.error or closed_error(self._pipe)
            raise self.error

    def post_bytes(self, data: bytes) -> None:
        """Hands bytes over without waiting for room. Raises as `send`."""
        self._require(len(data))
        if self._publishing:
            self._publishing.publish(data)
        else:
            self._pipe.send(data)

    @property
    def held_bytes(self) -> int:
        """Bytes of publications that wait for credit."""
        return self._publishing.held_bytes if self._publishing else 0

    @property
    def buffered_bytes(self) -> int:
        """Bytes handed over that are not yet on the network."""
        return self._pipe.buffered_bytes + self.held_bytes

    async def request(self, op: Op) -> Op:
        """Sends an operation and waits for its answer. Raises the ArqonError the server answers with."""
        stream = self.stream(op)
        try:
            return await anext(stream)
        finally:
            await stream.aclose()

    async def stream(self, op: Op) -> AsyncGenerator[Op, None]:
        """Sends an operation and yields every answer to it, until the caller stops."""
        corr = next(self._corr)
        op.corr = corr
        queue: asyncio.Queue[Op | ArqonError] = asyncio.Queue()
        self._answers[corr] = queue
        try:
            if self.error:
                raise self.error
            self._send_now(self._envelope(op).SerializeToString())
            await self._pipe.drained()
            while True:
                answer = await queue.get()
                if isinstance(answer, ArqonError):
                    raise answer
                yield answer
        finally:
            self._answers.pop(corr, None)

    async def hello(self, hello: Hello) -> None:
        """Says hello and waits for welcome; `run` is not needed yet."""
        first: asyncio.Future[bytes] = self._loop.create_future()

        def take(data: bytes) -> None:
            if first.done():
                return self._came(data)
            first.set_result(data)
            self._welcomed(data)

        self._pipe.take = take
        self._window = hello.receive_messages, hello.receive_bytes
        self._send_now(self._envelope(Op(corr=next(self._corr), hello=hello)).SerializeToString())
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await asyncio.wait((first, self._pipe.ended), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError as cause:
            raise ArqonError("SERVER_UNREACHABLE", f"no welcome within {OPEN_TIMEOUT_S:.0f} s") from cause
        if not first.done():
            raise closed_error(self._pipe)
        op = unpack_as(decode_message(first.result()).payload, Op)
        if op.WhichOneof("op") == "error":
            raise error_from_info(op.error)
        if op.WhichOneof("op") != "welcome":
            raise ArqonError("WIRE_PROTOCOL", f"expected welcome, got {op.WhichOneof('op')}")
        self._pipe.take = self._came

    def _welcomed(self, data: bytes) -> None:
        """What was agreed holds from the next message on, which may be here already."""
        self.welcome = unpack_as(decode_message(data).payload, Op).welcome
        self._limit = self.welcome.max_frame_bytes
        if "packing" in self.welcome.features:
            self._pipe.pack()
        if "credit" in self.welcome.features:
            welcome = self.welcome
            self._publishing = PublishWindow(welcome.publish_messages, welcome.publish_bytes, self._pipe.send)
            self._receiving = ReceiveWindow(*self._window, self._grant)

    def _grant(self, messages: int, size: int) -> None:
        self._post(Op(credit=Credit(messages=messages, bytes=size)))

    async def run(self) -> ArqonError:
        """Waits until the connection ends; every open request then fails with the error that is returned."""
        heart = asyncio.create_task(self._beat())
        try:
            await asyncio.shield(self._pipe.ended)
        finally:
            heart.cancel()
        error = self.error = self.error or closed_error(self._pipe)
        for queue in self._answers.values():
            queue.put_nowait(error)
        return error

    async def close(self) -> None:
        await self._pipe.close()

    def _came(self, data: bytes) -> None:
        self._heard = True
        try:
            message = decode_message(data)
        except ArqonError as error:
            if self._receiving:
                Ticket(self._receiving, len(data)).release()
            self._receiver.on_unreadable(error)
            return
        if message.type != MessageType.MESSAGE_TYPE_CONTROL or not message.payload.Is(Op.DESCRIPTOR):
            if self._receiving is None:
                self._receiver.on_message(message)
                return
            ticket = self.ticket = Ticket(self._receiving, len(data))
            self._receiver.on_message(message)
            self.ticket = None
            if ticket.holders == 0:
                ticket.release()
            return
        op = unpack_as(message.payload, Op)
        kind = op.WhichOneof("op")
        queue = self._answers.get(op.corr) if op.corr else None
        if queue and kind != "ping":
            queue.put_nowait(error_from_info(op.error) if kind == "error" else op)
        elif kind == "credit":
            if self._publishing:
                self._publishing.granted(op.credit.messages, op.credit.bytes)
        elif kind == "ping":
            self._post(Op(corr=op.corr, pong=Pong(sent_unix_us=op.ping.sent_unix_us)))
        elif op.corr == 0:
            self.leaving = self.leaving or kind == "go_away"
            self._receiver.on_op(op)

    def _post(self, op: Op) -> None:
        async def send() -> None:
            try:
                self._send_now(self._envelope(op).SerializeToString())
            except ArqonError:
                pass  # The reader learns of a lost connection by itself.

        task = asyncio.create_task(send())
        _BACKGROUND.add(task)
        task.add_done_callback(_BACKGROUND.discard)

    async def _beat(self) -> None:
        """Pings at the server's interval, and ends the connection after two and a half silent ones."""
        every = max(self.welcome.heartbeat_ms / 1000, 0.05)
        while True:
            await asyncio.sleep(every * random.uniform(0.8, 1.0))
            if self._heard:
                self._last_heard, self._heard = self._loop.time(), False
            silent = self._loop.time() - self._last_heard
            if silent > 2.5 * every:
                self.error = ArqonError("HEARTBEAT_LOST", f"nothing heard for {silent:.1f} s")
                self._pipe.abort()
                return
            self._post(Op(ping=Ping(sent_unix_us=self._now_us())))

    def _envelope(self, op: Op) -> ArqonMessage:
        return ArqonMessage(
            id=self._new_id(),
            topic=f"sys.session.{op.WhichOneof('op')}",
            type=MessageType.MESSAGE_TYPE_CONTROL,
            payload=pack(op),
        )


_BACKGROUND: set[asyncio.Task[None]] = set()


async def open_link(
    settings: Settings,
    reality: str,
    receiver: Receiver,
    new_id: Callable[[], str],
    now_us: NowUs,
    sam: Sam | None = None,
    window: tuple[int, int] | None = None,
) -> Link:
    """Connects and shakes hands.

    Raises ArqonError `SERVER_UNREACHABLE`, or the server's refusal, e.g. `AUTH_REQUIRED`.
    """
    pipe = await open_pipe(settings.url, OPEN_TIMEOUT_S, settings.tls)
    link = Link(pipe, receiver, new_id, now_us)
    try:
        await link.hello(
            Hello(
                version_min=PROTOCOL_VERSION,
                version_max=PROTOCOL_VERSION,
                client=f"arqon-python/{__version__}",
                api_key=settings.api_key,
                reality=reality,
                features=(*FEATURES, "credit") if window else FEATURES,
                receive_messages=window[0] if window else 0,
                receive_bytes=window[1] if window else 0,
                sam=sam,
            )
        )
    except BaseException:
        await link.close()
        raise
    return link


def closed_error(pipe: Pipe) -> ArqonError:
    """What a close code means. Codes from 4500, 1002, 1003, 1007 and 1008 are final."""
    if pipe.error:
        return pipe.error
    code, reason = pipe.code, pipe.reason
    what = f"connection closed with code {code}" + (f": {reason}" if reason else "")
    if 4500 <= code <= 4999 or code in (1002, 1003, 1007, 1008, 1009):
        name = {4502: "AUTH_REQUIRED", 1009: "WIRE_TOO_LARGE"}.get(code, "WIRE_PROTOCOL")
        return ArqonError(name, what, details={"close": code, "final": code != 1009})
    name = {4001: "SLOW_CONSUMER", 4002: "HEARTBEAT_LOST", 1001: "SHUTTING_DOWN"}.get(code, "CONNECTION_LOST")
    return ArqonError(name, what, retryable=True, details={"close": code})

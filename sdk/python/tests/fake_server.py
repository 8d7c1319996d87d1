"""A small bus in memory that can misbehave on purpose: what the client is held to where a real server never fails."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

import arqon
from arqon.gen.arqon.v1 import job_pb2 as job
from arqon.gen.arqon.v1 import op_pb2 as ops
from arqon.gen.arqon.v1.error_pb2 import ErrorInfo
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, MessageType
from arqon.payloads import pack, unpack_as
from arqon.topics import filter_matches

KEY = "key-of-alice"


class FakeServer:
    """Replace an entry of `answers` to change what an operation does: it gets the connection and the Op."""

    def __init__(self) -> None:
        self.url = ""
        self.epoch = "epoch-1"
        self.heartbeat_ms = 15_000
        self.max_frame_bytes = 1_048_576
        self.hellos: list[ops.Hello] = []
        self.ops: list[ops.Op] = []
        self.messages: list[ArqonMessage] = []
        self.log: list[ArqonMessage] = []
        self.connections: list[Connection] = []
        self.on_publish: Callable[[Connection, ArqonMessage], Any] | None = None
        self.answers: dict[str, Callable[[Connection, ops.Op], Any]] = {}
        self._sequence = itertools.count(1)
        self._numbers = itertools.count(1)
        self._ids: dict[str, int] = {}

    def seen(self, kind: str) -> list[ops.Op]:
        """Every operation of a kind so far."""
        return [op for op in self.ops if op.WhichOneof("op") == kind]

    def stamp(self, message: ArqonMessage) -> ArqonMessage:
        stamped = ArqonMessage()
        stamped.CopyFrom(message)
        stamped.sequence = next(self._sequence)
        stamped.producer_id, stamped.reality_id = "alice", "main"
        return stamped

    async def accept(self, message: ArqonMessage, to: Connection | None = None) -> None:
        """Stamps, logs, acknowledges and delivers a publication as the bus would."""
        duplicate = message.id in self._ids
        logged = message.durability >= 2 or message.type in (MessageType.MESSAGE_TYPE_JOB, 3)
        if not duplicate:
            stamped = self.stamp(message)
            self._ids[message.id] = stamped.sequence
            if logged:
                self.log.append(stamped)
        if logged and to:
            ack = ops.PublishAck(message_id=message.id, sequence=self._ids[message.id], duplicate=duplicate)
            await to.send(ops.Op(publish_ack=ack))
        if not duplicate:
            for connection in list(self.connections):
                await connection.deliver(stamped)

    async def run(self, socket: ServerConnection) -> None:
        connection = Connection(self, socket, f"c{next(self._numbers)}")
        self.connections.append(connection)
        try:
            async for data in socket:
                await self._take(
                    connection, ArqonMessage.FromString(data if isinstance(data, bytes) else b"")
                )
        except ConnectionClosed:
            pass
        finally:
            self.connections.remove(connection)

    async def _take(self, connection: Connection, message: ArqonMessage) -> None:
        if message.type != MessageType.MESSAGE_TYPE_CONTROL:
            self.messages.append(message)
            if self.on_publish:
                await self.on_publish(connection, message)
            else:
                await self.accept(message, connection)
            return
        op = unpack_as(message.payload, ops.Op)
        self.ops.append(op)
        kind = str(op.WhichOneof("op"))
        await (self.answers.get(kind) or getattr(self, f"do_{kind}"))(connection, op)

    async def do_hello(self, connection: Connection, op: ops.Op) -> None:
        self.hellos.append(op.hello)
        if op.hello.api_key != KEY:
            await connection.error(op.corr, "AUTH_REQUIRED", "no such key")
            await connection.socket.close(4502, "AUTH_REQUIRED")
            return
        welcome = ops.Welcome(
            version=1,
            connection_id=connection.id,
            principal="alice",
            reality=op.hello.reality,
            epoch=self.epoch,
            max_frame_bytes=self.max_frame_bytes,
            heartbeat_ms=self.heartbeat_ms,
        )
        await connection.send(ops.Op(corr=op.corr, welcome=welcome))

    async def do_subscribe(self, connection: Connection, op: ops.Op) -> None:
        connection.subscriptions[op.subscribe.subscription] = op.subscribe
        await connection.done(op)

    async def do_unsubscribe(self, connection: Connection, op: ops.Op) -> None:
        connection.subscriptions.pop(op.unsubscribe.subscription, None)
        await connection.done(op)

    async def do_ping(self, connection: Connection, op: ops.Op) -> None:
        await connection.send(ops.Op(corr=op.corr, pong=ops.Pong(sent_unix_us=op.ping.sent_unix_us)))

    async def do_pong(self, connection: Connection, op: ops.Op) -> None:
        pass

    async def do_history_get(self, connection: Connection, op: ops.Op) -> None:
        get = op.history_get
        found = [
            m for m in self.log if m.sequence >= get.from_sequence and filter_matches(get.filter, m.topic)
        ]
        limit = get.limit or 2
        page = ops.HistoryPage(messages=[m.SerializeToString() for m in found[:limit]])
        if len(found) > limit:
            page.next_sequence = found[limit].sequence
        await connection.send(ops.Op(corr=op.corr, history_page=page))

    async def do_job_extend(self, connection: Connection, op: ops.Op) -> None:
        await connection.done(op)

    do_job_release = do_job_cancel = do_job_extend

    async def do_job_get(self, connection: Connection, op: ops.Op) -> None:
        state = job.JobState(job_id=op.job_get.job_id, topic="x.jobs", status=job.JOB_STATUS_SUBMITTED)
        await connection.send(ops.Op(corr=op.corr, job_state=state))


class Connection:
    def __init__(self, server: FakeServer, socket: ServerConnection, identity: str) -> None:
        self.server, self.socket, self.id = server, socket, identity
        self.subscriptions: dict[int, ops.Subscribe] = {}

    async def send(self, op: ops.Op) -> None:
        envelope = ArqonMessage(
            topic="sys.session.x", type=MessageType.MESSAGE_TYPE_CONTROL, payload=pack(op)
        )
        await self.send_message(envelope)

    async def send_message(self, message: ArqonMessage) -> None:
        try:
            await self.socket.send(message.SerializeToString())
        except ConnectionClosed:
            pass

    async def done(self, op: ops.Op) -> None:
        await self.send(ops.Op(corr=op.corr, done=ops.Done()))

    async def error(
        self, corr: int, code: str, message: str, message_id: str = "", retryable: bool = False
    ) -> None:
        info = ErrorInfo(code=code, message=message, message_id=message_id, retryable=retryable)
        await self.send(ops.Op(corr=corr, error=info))

    async def drop(self) -> None:
        """As when a cable is pulled."""
        self.socket.transport.abort()

    async def deliver(self, message: ArqonMessage) -> None:
        matching = [s for s in self.subscriptions.values() if filter_matches(s.filter, message.topic)]
        if any(not s.queue_group for s in matching):
            await self.send_message(message)
        for subscription in matching:
            if subscription.queue_group:
                single = ArqonMessage()
                single.CopyFrom(message)
                single.subscription = subscription.subscription
                if message.type == MessageType.MESSAGE_TYPE_JOB:
                    single.attempt = 1
                await self.send_message(single)


@asynccontextmanager
async def fake_server() -> AsyncIterator[FakeServer]:
    server = FakeServer()
    async with serve(
        server.run, "127.0.0.1", 0, subprotocols=["arqonbus.v1.proto"], compression=None, ping_interval=None
    ) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        server.url = f"ws://127.0.0.1:{port}"
        yield server


@asynccontextmanager
async def fake_pair(**options: Any) -> AsyncIterator[tuple[FakeServer, arqon.AsyncClient]]:
    """A fake server and a client connected to it."""
    async with fake_server() as server, arqon.connect(server.url, KEY, **options) as client:
        yield server, client


async def until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    """Waits for something another task brings about."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)

"""The asyncio client: everything one can do on the bus."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Self, cast

from arqon.arguments import deadline_us, made, program_of
from arqon.canonical import canonical_json
from arqon.channel import FIRST_DELAY_S, MAX_DELAY_S, TIMEOUT_S, Channel
from arqon.circuit_options import mapping_of
from arqon.errors import ArqonError
from arqon.experiments import ExperimentsMixin
from arqon.gen.arqon.v1.job_pb2 import Capsule, Effect
from arqon.gen.arqon.v1.job_pb2 import Job as JobProto
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, Durability, MessageType
from arqon.gen.arqon.v1.op_pb2 import Op, Ping
from arqon.gen.arqon.v1.sam_pb2 import Sam
from arqon.history import read_history
from arqon.ids import Entropy, NowUs, Uuid7Generator, require_uuid7, system_now_us
from arqon.inflow import CAPACITY, Subscription
from arqon.jobs import JobHandle
from arqon.labels import labels_json
from arqon.messages import Message, Published
from arqon.operators import QUEUE_GROUP, Handler, Worker
from arqon.outgoing import encode_outgoing
from arqon.payloads import pack
from arqon.provenance import ProvenanceMixin
from arqon.quantum import QuantumMixin
from arqon.requests import Inbox, Responder, answer_all
from arqon.settings import DEFAULT_REALITY, resolve_settings
from arqon.streams import StreamReader, StreamWriter, first_stream
from arqon.subscriptions import Entry
from arqon.tls import TlsFiles
from arqon.topics import require_filter, require_jobs_topic, require_topic

log = logging.getLogger("arqon")
_DURABILITY = {
    "ephemeral": Durability.DURABILITY_EPHEMERAL,
    "logged": Durability.DURABILITY_LOGGED,
    "synced": Durability.DURABILITY_SYNCED,
}
_EFFECT = {
    "pure": Effect.EFFECT_PURE,
    "idempotent": Effect.EFFECT_IDEMPOTENT,
    "physical": Effect.EFFECT_PHYSICAL,
}


class AsyncClient(QuantumMixin, ExperimentsMixin, ProvenanceMixin):
    """A connection to the bus that mends itself. Made by `connect`, which has its options."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        reality: str = DEFAULT_REALITY,
        sam: Sam | None = None,
        reconnect_s: tuple[float, float] = (FIRST_DELAY_S, MAX_DELAY_S),
        receive_window: tuple[int, int] | None = None,
        on_error: Callable[[ArqonError], None] | None = None,
        tls: TlsFiles | None = None,
        now_us: NowUs = system_now_us,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._on_error = on_error or (lambda error: log.warning("%s", error))
        self._entropy = entropy
        settings = resolve_settings(url, api_key, tls=tls)
        self._url = settings.url
        self._channel = Channel(
            settings,
            reality,
            Uuid7Generator(now_us, entropy),
            now_us,
            sam,
            self._on_error,
            reconnect_s,
            receive_window,
        )
        self._inbox = Inbox(self._channel)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def principal(self) -> str:
        """Who the server says we are."""
        return self._channel.welcome.principal

    @property
    def url(self) -> str:
        """Where it is connected."""
        return self._url

    @property
    def connection_id(self) -> str:
        return self._channel.welcome.connection_id

    @property
    def reality(self) -> str:
        return self._channel.welcome.reality

    @property
    def epoch(self) -> str:
        """Sequences compare only within an epoch."""
        return self._channel.welcome.epoch

    @property
    def last_sequence(self) -> int:
        """Of the last message of the Reality when this connection was made."""
        return self._channel.welcome.last_sequence

    @property
    def state(self) -> str:
        """Whether messages flow: "open", "restoring" or "closed"."""
        return self._channel.state

    @property
    def buffered_bytes(self) -> int:
        """Bytes handed over that are not yet on the network."""
        link = self._channel.current
        return link.buffered_bytes if link and not link.error else 0

    async def open(self) -> AsyncClient:
        await self._channel.open()
        return self

    async def close(self) -> None:
        """Ends the connection; whatever still waits fails with `CONNECTION_LOST`."""
        await self._channel.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def flush(self, timeout_s: float = TIMEOUT_S) -> None:
        """Returns once the server answered a round trip, so that it has seen everything sent before."""
        # What waits for credit has not been sent yet.
        while (link := self._channel.current) and link.held_bytes and not link.error:
            await asyncio.sleep(0.005)
        await self._channel.request(Op(ping=Ping(sent_unix_us=self._channel.now_us())), timeout_s)

    async def publish(
        self,
        topic: str,
        payload: Any,
        *,
        durability: str = "ephemeral",
        schema: str = "",
        id: str | None = None,
        reply_to: str = "",
        trace: Mapping[str, str] | None = None,
        type: MessageType = MessageType.MESSAGE_TYPE_EVENT,
    ) -> Published:
        """Publishes text, bytes, a protobuf message, or anything JSON can hold.

        `durability` "ephemeral" is not acknowledged, and a refusal goes to `on_error`. "logged" and "synced" return once
        acknowledged, after resending with the same id where a connection was lost meanwhile. Raises ArqonError, e.g. `TOPIC_INVALID`, `PERMISSION_DENIED`.
        """
        require_topic(topic)
        if not isinstance(durability, str) or durability not in _DURABILITY:
            raise ArqonError(
                "USAGE", f'durability is "{durability}", one of {", ".join(_DURABILITY)} is meant'
            )
        message = made(
            "publish",
            ArqonMessage,
            id=require_uuid7(id, "message id") if id else self._channel.new_id(),
            topic=topic,
            type=type,
            durability=_DURABILITY[durability],
            schema=schema,
            reply_to=require_topic(reply_to) if reply_to else "",
            trace_context=mapping_of("trace", trace or {}),
            payload=pack(payload),
        )
        ack = await self._channel.publish(message, acknowledged=durability != "ephemeral")
        return Published(message.id, ack.sequence, ack.duplicate) if ack else Published(message.id)

    def send(self, topic: str, payload: Any, *, schema: str = "", reply_to: str = "") -> None:
        """Sends an ephemeral message and forgets it: nothing is waited for, not even room.

        What is sent in one turn of the loop leaves in one write. `flush` tells when all arrived. Raises ArqonError as
        `publish`, `CONNECTION_LOST` while there is none, `RATE_LIMITED` when 64 MiB wait to leave.
        """
        data = encode_outgoing(self._channel.new_id(), topic, payload, schema, reply_to)
        self._channel.post(data)

    async def open_stream(
        self,
        topic: str,
        *,
        media_type: str = "application/octet-stream",
        chunk_schema: str = "",
        expected_chunks: int = 0,
        expected_bytes: int = 0,
        job_id: str = "",
        parameters: Mapping[str, Any] | None = None,
        durability: str = "logged",
        id: str | None = None,
    ) -> StreamWriter:
        """Starts a stream, one long thing in many messages: `async with await client.open_stream(...) as stream`."""

        async def publish(payload: Any, kind: int) -> Published:
            return await self.publish(topic, payload, durability=durability, type=cast(MessageType, kind))

        stream_id = require_uuid7(id, "stream id") if id else self._channel.new_id()
        writer = StreamWriter(stream_id, topic, publish)
        return await writer.begin(
            media_type, chunk_schema, expected_chunks, expected_bytes, job_id, parameters
        )

    async def read_stream(
        self, pattern: str, *, stream_id: str | None = None, from_sequence: int | None = None
    ) -> StreamReader:
        """Waits for a stream to start, the one of `stream_id` or the first, and reads it.

        With `from_sequence` the log is read first, and nothing is missed over lost connections.
        """
        return await first_stream(await self.subscribe(pattern, from_sequence=from_sequence), stream_id)

    async def subscribe(
        self,
        pattern: str,
        *,
        queue_group: str = "",
        from_sequence: int | None = None,
        capacity: int = CAPACITY,
        drop_oldest: bool = False,
    ) -> Subscription:
        """Listens: `async for message in await client.subscribe("lab.sensor.*")`.

        With `from_sequence`, logged messages from there come first, then live ones, none missing and none twice, also
        over lost connections. Raises ArqonError `TOPIC_INVALID`, `PERMISSION_DENIED`.
        """
        require_filter(pattern)
        if from_sequence is not None and queue_group:
            raise ArqonError("USAGE", "from_sequence and queue_group exclude each other")
        subscription = Subscription(
            self._unsubscribe,
            lambda sequence: read_history(self._channel, pattern, sequence),
            from_sequence,
            capacity,
            drop_oldest,
            lambda: link.ticket if (link := self._channel.current) else None,
        )
        subscription.entry = self._channel.subscriptions.add(
            pattern, subscription.deliver, subscription.end, queue_group, on_renew=subscription.renewed
        )
        subscription.start(self.epoch)
        await self._confirm(subscription.entry)
        subscription.confirmed()
        return subscription

    async def request(
        self, topic: str, payload: Any = None, *, timeout_s: float = TIMEOUT_S, schema: str = ""
    ) -> Message:
        """Asks whoever serves `topic` and returns the reply; raises what the responder raised."""
        return await self._inbox.request(topic, payload, timeout_s, schema)

    async def respond(self, topic: str, responder: Responder, *, queue_group: str = "") -> Subscription:
        """Answers requests on `topic` with what `responder(message)` returns, until the subscription is closed.

        `message.producer` is the principal that the bus authenticated: whoever answers with rights of its own must
        decide by that, never by what the request says of itself. The reply goes to an inbox and nowhere else.
        """
        subscription = await self.subscribe(topic, queue_group=queue_group)
        task = asyncio.create_task(answer_all(self._channel, subscription, responder, self._on_error))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return subscription

    async def history(
        self,
        pattern: str = ">",
        *,
        from_sequence: int = 0,
        to_sequence: int = 0,
        from_us: int = 0,
        to_us: int = 0,
        page_size: int = 0,
        max_messages: int | None = None,
    ) -> AsyncIterator[Message]:
        """Logged messages that match, in order; 0 leaves a bound open.

        Sequences are inclusive; `from_us` (UTC microseconds) is inclusive, `to_us` is not.
        """
        async for message in read_history(
            self._channel, pattern, from_sequence, to_sequence, from_us, to_us, page_size, max_messages
        ):
            yield message

    async def submit(
        self,
        topic: str,
        program: str | bytes,
        *,
        schema: str,
        media_type: str = "",
        parameters: Mapping[str, Any] | None = None,
        constraints: Mapping[str, Any] | None = None,
        name: str = "",
        source: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        note: str = "",
        id: str | None = None,
        effect: str = "pure",
        max_attempts: int = 0,
        deadline_s: float | None = None,
        trace: Mapping[str, str] | None = None,
    ) -> JobHandle:
        """Submits a job on a topic that ends in ".jobs"; returns once it is safely stored.

        `source` is what the program's working copy was, from `capture_source`. At most 32 `tags` of 1 to 64 characters
        and a `note` of at most 4,096 say what to call the run. All three are record, not identity. `deadline_s` is from now.
        The same `id` and program again is not repeated (`handle.duplicate`); another program under the same id raises
        ArqonError `JOB_CONFLICT`, a tag or note that may not be `USAGE` or `LIMIT_EXCEEDED`.
        """
        require_jobs_topic(topic)
        if not isinstance(effect, str) or effect not in _EFFECT:
            raise ArqonError("USAGE", f'effect is "{effect}", one of {", ".join(_EFFECT)} is meant')
        capsule = made(
            "submit",
            Capsule,
            schema=schema,
            program=program_of(program),
            program_media_type=media_type,
            name=name,
            parameters_json=canonical_json(mapping_of("parameters", parameters or {})),
            constraints_json=canonical_json(mapping_of("constraints", constraints or {})),
            source_json=canonical_json(mapping_of("source", source)) if source else "",
            labels_json=labels_json(tags, note),
        )
        job = made("submit", JobProto, capsule=capsule, effect=_EFFECT[effect], max_attempts=max_attempts)
        job.deadline_unix_us = deadline_us(self._channel.now_us(), deadline_s)
        message = made(
            "submit",
            ArqonMessage,
            id=require_uuid7(id, "job id") if id else self._channel.new_id(),
            topic=topic,
            type=MessageType.MESSAGE_TYPE_JOB,
            durability=Durability.DURABILITY_SYNCED,
            schema=schema,
            trace_context=mapping_of("trace", trace or {}),
            payload=pack(job),
        )
        ack = await self._channel.publish(message, acknowledged=True)
        return JobHandle(self._channel, message.id, bool(ack and ack.duplicate), ack.sequence if ack else 0)

    def job(self, job_id: str) -> JobHandle:
        """A handle on a job that was submitted before."""
        return JobHandle(self._channel, require_uuid7(job_id, "job id"))

    async def operate(
        self,
        topic: str,
        handle: Handler,
        *,
        queue_group: str = QUEUE_GROUP,
        max_in_flight: int = 1,
        lease_s: float = 30.0,
        heartbeat: tuple[str, float] | None = None,
    ) -> Worker:
        """Serves jobs of `topic` (ends in ".jobs") until `drain()`.

        `handle(context)` returns the output; what it raises fails the job. A coroutine function is cancelled when the
        job is; a plain function runs in a thread, and then only its result is dropped. `lease_s` is the server's lease.
        `heartbeat`, a topic and a number of seconds, tells there by ephemeral JSON that the operator lives.
        """
        require_jobs_topic(topic, wildcards=True)
        worker = Worker(self._channel, topic, handle, self._on_error, lease_s, heartbeat)
        entry = self._channel.subscriptions.add(topic, worker.deliver, worker.end, queue_group, max_in_flight)
        worker.attach(entry)
        await self._confirm(entry)
        return worker

    async def _confirm(self, entry: Entry) -> None:
        try:
            await self._channel.request(Op(subscribe=entry.request()))
        except BaseException:
            self._channel.subscriptions.remove(entry)
            raise
        entry.confirmed = True

    async def _unsubscribe(self, subscription: Subscription) -> None:
        entry = subscription.entry
        if entry and entry in self._channel.subscriptions.all():
            await self._channel.unsubscribe(entry)

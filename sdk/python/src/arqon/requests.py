"""Request and reply: an inbox topic of one's own on each connection, and the answering side."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from arqon.arguments import made, seconds_of
from arqon.channel import TIMEOUT_S, Channel
from arqon.errors import ArqonError, error_from_info, info_from_error
from arqon.gen.arqon.v1.error_pb2 import ErrorInfo
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, Durability, MessageType
from arqon.gen.arqon.v1.op_pb2 import Op, Subscribe
from arqon.inflow import Subscription
from arqon.link import Link
from arqon.messages import Message
from arqon.payloads import pack
from arqon.topics import require_topic

_INBOX_SUBSCRIPTION = 0x7FFF_FFFF
"""Above the numbers of ordinary subscriptions, which count from 1."""
_MAX_ANSWERING = 64

Responder = Callable[[Message], Any | Awaitable[Any]]


class Inbox:
    """The requests of one client that wait for their reply."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._count = itertools.count(1)
        self._waiting: dict[str, tuple[str, asyncio.Future[Message]]] = {}
        self._opened: tuple[Link, asyncio.Task[Op]] | None = None
        channel.subscriptions.intercept = self._deliver
        channel.on_refused.append(self._refused)
        channel.on_lost.append(self._lost)

    async def request(
        self, topic: str, payload: Any, timeout_s: float = TIMEOUT_S, schema: str = ""
    ) -> Message:
        """Publishes a request and waits for the first reply.

        Raises ArqonError `NO_RESPONDER`, `DEADLINE_EXCEEDED`, `CONNECTION_LOST`, or what the responder answered.
        """
        require_topic(topic)
        try:
            async with asyncio.timeout(seconds_of("timeout_s", timeout_s)):
                link = await self._channel.ready()
                await self._open(link)
                return await self._ask(link, topic, payload, schema)
        except TimeoutError as cause:
            raise ArqonError("DEADLINE_EXCEEDED", f'no reply on "{topic}" within {timeout_s} s') from cause

    async def _ask(self, link: Link, topic: str, payload: Any, schema: str) -> Message:
        reply_to = f"inbox.{link.welcome.connection_id}.{next(self._count)}"
        message = made(
            "request",
            ArqonMessage,
            id=self._channel.new_id(),
            topic=topic,
            type=MessageType.MESSAGE_TYPE_EVENT,
            durability=Durability.DURABILITY_EPHEMERAL,
            schema=schema,
            reply_to=reply_to,
            payload=pack(payload),
        )
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[reply_to] = (message.id, reply)
        try:
            await link.send(message)
            return await reply
        finally:
            del self._waiting[reply_to]

    async def _open(self, link: Link) -> None:
        if self._opened is None or self._opened[0] is not link or _failed(self._opened[1]):
            subscribe = Subscribe(
                subscription=_INBOX_SUBSCRIPTION, filter=f"inbox.{link.welcome.connection_id}.>"
            )
            self._opened = (link, asyncio.create_task(link.request(Op(subscribe=subscribe))))
        await asyncio.shield(self._opened[1])

    def _deliver(self, message: ArqonMessage) -> bool:
        if not message.topic.startswith("inbox."):
            return False
        reply = self._waiting.get(message.topic, (None, None))[1]
        if reply is None:
            return message.topic.startswith(f"inbox.{self._channel.welcome.connection_id}.")
        if reply.done():
            return True
        if message.payload.Is(ErrorInfo.DESCRIPTOR):
            try:
                reply.set_exception(error_from_info(Message(message).payload_as(ErrorInfo)))
            except ArqonError as malformed:
                reply.set_exception(malformed)
        else:
            reply.set_result(Message(message))
        return True

    def _refused(self, message_id: str, error: ArqonError) -> bool:
        for waiting_id, reply in self._waiting.values():
            if waiting_id == message_id and not reply.done():
                reply.set_exception(error)
                return True
        return False

    def _lost(self, error: ArqonError) -> None:
        for _, reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(ArqonError("CONNECTION_LOST", f"before the reply came: {error.message}"))


async def answer_all(
    channel: Channel, subscription: Subscription, responder: Responder, on_error: Callable[[ArqonError], None]
) -> None:
    """Answers every request of a subscription, at most 64 at a time, until it ends."""
    room = asyncio.Semaphore(_MAX_ANSWERING)
    async with asyncio.TaskGroup() as tasks:
        try:
            async for request in subscription:
                if request.reply_to and not request.reply_to.startswith("inbox."):
                    # A responder must not be made to publish where whoever asks may not.
                    asked = (
                        f'"{request.producer}" asked for a reply on "{request.reply_to}", which is no inbox'
                    )
                    on_error(ArqonError("PERMISSION_DENIED", asked))
                elif request.reply_to:
                    await room.acquire()
                    task = tasks.create_task(_answer(channel, request, responder, on_error))
                    task.add_done_callback(lambda _: room.release())
        except ArqonError as error:
            if not channel.closed:
                on_error(error)


async def _answer(
    channel: Channel, request: Message, responder: Responder, on_error: Callable[[ArqonError], None]
) -> None:
    reply = ArqonMessage(
        id=channel.new_id(),
        topic=request.reply_to,
        type=MessageType.MESSAGE_TYPE_EVENT,
        durability=Durability.DURABILITY_EPHEMERAL,
        trace_context=request.trace,
    )
    try:
        answer = responder(request)
        reply.payload.CopyFrom(pack(await answer if inspect.isawaitable(answer) else answer))
    except Exception as error:  # Whatever a responder raises is its answer.
        reply.payload.CopyFrom(pack(info_from_error(error)))
    try:
        await channel.publish(reply, acknowledged=False)
    except ArqonError as error:
        on_error(error)


def _failed(task: asyncio.Task[Op]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)

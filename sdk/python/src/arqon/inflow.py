"""A subscription as an async iterator, live or from a sequence of the past without a gap."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Self

from arqon.credit import Ticket
from arqon.errors import ArqonError
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage
from arqon.gen.arqon.v1.op_pb2 import Welcome
from arqon.messages import Message
from arqon.subscriptions import Entry

CAPACITY = 8_192
"""Unread messages kept for a reader that is slow."""
_REMEMBERED = 65_536

History = Callable[[int], AsyncIterator[Message]]
"""Logged messages of the filter from a sequence up to now."""


class Subscription:
    """Messages of one filter: `async for message in subscription`. Ends with `close()`, or raises why it ended.

    A live subscription keeps at most `capacity` unread messages; then it ends with `SLOW_CONSUMER`, or drops the oldest
    if `drop_oldest`. `dropped` counts what was dropped here or by the server. One that started from a sequence reads what it could not keep, or missed while disconnected, from the log instead:
    logged messages arrive once each and in order.
    """

    def __init__(
        self,
        close: Callable[[Subscription], Awaitable[None]],
        history: History,
        from_sequence: int | None = None,
        capacity: int = CAPACITY,
        drop_oldest: bool = False,
        ticket: Callable[[], Ticket | None] = lambda: None,
    ) -> None:
        self.dropped = 0
        self.entry: Entry | None = None
        self._confirmed = asyncio.Event()
        self._close = close
        self._capacity, self._drop_oldest = capacity, drop_oldest
        self._history, self._ticket = history, ticket
        self._next = from_sequence or 0
        self._lossless = from_sequence is not None
        self._epoch = ""
        self._queue: deque[Message] = deque()
        self._held: list[Message] = []
        self._seen: deque[int] = deque(maxlen=_REMEMBERED)
        self._seen_set: set[int] = set()
        self._catching_up: asyncio.Task[None] | None = None
        self._again = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._error: ArqonError | None = None
        self._closed = False

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Message:
        while not self._queue:
            if self._error:
                raise self._error
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        message = self._queue.popleft()
        message.taken()
        if len(self._queue) * 2 <= self._capacity:
            self._room.set()
        return message

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stops listening; what already arrived can still be read."""
        if self._closed:
            return
        self._closed = True
        self._let_go()
        if self._catching_up:
            self._catching_up.cancel()
        self._wake.set()
        await self._close(self)

    def end(self, error: ArqonError) -> None:
        """The connection or the server ended it."""
        self._error = self._error or error
        self._let_go()
        if self._catching_up:
            self._catching_up.cancel()
        self._wake.set()

    def _let_go(self) -> None:
        """What waits can still be taken, but the server need not wait for that."""
        for message in self._queue:
            message.taken()

    def deliver(self, raw: ArqonMessage) -> None:
        self.dropped += raw.dropped
        message = Message(raw)
        if self._error or self._closed:
            return
        if self._catching_up:
            if len(self._held) < self._capacity:
                self._held.append(message)
            else:
                self._held.clear()
                self._again = True
        elif self._lossless and len(self._queue) >= self._capacity:
            self.catch_up()
        else:
            if not self._lossless and (ticket := self._ticket()):
                message.ticket = ticket
                ticket.holders += 1
            self._emit(message)

    def renewed(self, _: Entry, welcome: Welcome) -> None:
        """A new connection: what was logged meanwhile is read first."""
        if not self._lossless:
            return
        if welcome.epoch != self._epoch:
            self.end(ArqonError("HISTORY_TRIMMED", "the log was reset or forked, its sequences start anew"))
        else:
            self.catch_up()

    def confirmed(self) -> None:
        """The server took the subscription: whatever comes from now on is live or in the log."""
        self._confirmed.set()

    def start(self, epoch: str) -> None:
        """Called before the server is asked, so that nothing live is passed on before the past was read."""
        self._epoch = epoch
        if self._lossless:
            self.catch_up()

    def catch_up(self) -> None:
        if self._catching_up:
            self._again = True
        else:
            self._catching_up = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        await self._confirmed.wait()
        try:
            while True:
                self._again = False
                async for message in self._history(self._next):
                    self._emit(message, logged=True)
                    while len(self._queue) >= self._capacity:
                        self._room.clear()
                        await self._room.wait()
                if not self._again:
                    break
        except ArqonError as error:
            self._catching_up = None
            self.end(error)
            return
        self._catching_up = None
        held, self._held = self._held, []
        for message in held:
            self._emit(message)

    def _emit(self, message: Message, logged: bool = False) -> None:
        if self._lossless:
            if message.sequence in self._seen_set:
                return
            if len(self._seen) == self._seen.maxlen:
                self._seen_set.discard(self._seen[0])
            self._seen.append(message.sequence)
            self._seen_set.add(message.sequence)
            # An ephemeral message may overtake a logged one that is still on its way to the disk.
            if logged or message.durability in ("LOGGED", "SYNCED") or message.type in ("JOB", "JOB_RESULT"):
                self._next = max(self._next, message.sequence + 1)
        elif len(self._queue) >= self._capacity:
            if not self._drop_oldest:
                message.taken()
                return self.end(ArqonError("SLOW_CONSUMER", f"{len(self._queue)} messages wait to be taken"))
            self._queue.popleft().taken()
            self.dropped += 1
        self._queue.append(message)
        self._wake.set()

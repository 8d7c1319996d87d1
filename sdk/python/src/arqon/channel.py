"""Keeps a connection to the bus: reconnects with backoff, restores subscriptions, resends what was not acknowledged."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from arqon.arguments import seconds_of
from arqon.errors import ArqonError, error_from_info
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, MessageType
from arqon.gen.arqon.v1.op_pb2 import JobCancel, Op, PublishAck, Unsubscribe, Welcome
from arqon.gen.arqon.v1.sam_pb2 import Sam
from arqon.ids import NowUs
from arqon.link import Link, open_link
from arqon.publications import Pending, Publications
from arqon.settings import Settings
from arqon.subscriptions import Entry, Subscriptions

log = logging.getLogger("arqon")

FIRST_DELAY_S = 0.1
MAX_DELAY_S = 10.0
STEADY_S = 2.0
"""A connection that lasted this long begins its delays anew."""
AFTER_GO_AWAY = 3
"""A server that announced its end takes a while to be back: delays begin as after so many failures."""
TIMEOUT_S = 30.0
"""Bound of every request of the SDK itself."""
MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Most bytes of publications that wait for their acknowledgement."""


class Channel:
    """The one way a client reaches the bus. `ready` gives the live connection, waiting while it is being restored."""

    def __init__(
        self,
        settings: Settings,
        reality: str,
        new_id: Callable[[], str],
        now_us: NowUs,
        sam: Sam | None,
        on_error: Callable[[ArqonError], None],
        delays_s: tuple[float, float] = (FIRST_DELAY_S, MAX_DELAY_S),
        window: tuple[int, int] | None = None,
    ) -> None:
        self.new_id = new_id
        self.now_us = now_us
        self.subscriptions = Subscriptions()
        self.on_lost: list[Callable[[ArqonError], None]] = []
        self.on_refused: list[Callable[[str, ArqonError], bool]] = []
        self.on_job_cancel: list[Callable[[JobCancel], None]] = []
        self.welcome = Welcome()
        self.closed = False
        """By us, not by the server."""
        self._settings, self._reality, self._sam, self._on_error = settings, reality, sam, on_error
        self._delays_s, self._window = delays_s, window
        self._publications = Publications()
        self._link: Link | None = None
        self._arriving: Link | None = None
        self._failed: ArqonError | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connects. Raises the ArqonError of the first attempt; later losses are mended in the background."""
        link = await self._open_link()
        self._task = asyncio.create_task(self._keep(link), name="arqon-connection")
        self._task.add_done_callback(self._ended)
        await self.ready()

    async def close(self) -> None:
        """Ends the connection; whatever still waits fails with `CONNECTION_LOST`."""
        self.closed = True
        self._fail(ArqonError("CONNECTION_LOST", "the client was closed"))
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ready(self) -> Link:
        """The connection, once welcome was said and every subscription is back."""
        while True:
            if self._failed:
                raise self._failed
            if self._link and self._link.error:
                self._link = None
                self._changed.clear()
            if self._link:
                return self._link
            await self._changed.wait()

    @property
    def state(self) -> str:
        """Whether messages flow: "open", "restoring" or "closed"."""
        if self.closed or self._failed:
            return "closed"
        return "open" if self._link and not self._link.error else "restoring"

    @property
    def current(self) -> Link | None:
        """The connection messages are arriving on, also while it is still being restored."""
        return self._arriving

    async def unsubscribe(self, entry: Entry) -> None:
        """Ends a subscription; a lost connection has none, so there is then nothing to end."""
        self.subscriptions.remove(entry)
        link = self._link
        if link is None or link.error or self._failed:
            return
        try:
            await link.request(Op(unsubscribe=Unsubscribe(subscription=entry.number)))
        except ArqonError:
            if not link.error:
                raise

    async def request(self, op: Op, timeout_s: float = TIMEOUT_S) -> Op:
        """Asks something that may be asked twice: repeated on the next connection when this one is lost.

        Raises the ArqonError the server answers with, or `DEADLINE_EXCEEDED`.
        """
        try:
            async with asyncio.timeout(seconds_of("timeout_s", timeout_s)):
                while True:
                    link = await self.ready()
                    try:
                        return await link.request(op)
                    except ArqonError:
                        # The link's own end repeats; an answer of the server is the caller's to judge.
                        if self._failed or not link.error:
                            raise
        except TimeoutError as cause:
            what = f"{op.WhichOneof('op')} took longer than {timeout_s} s"
            raise ArqonError("DEADLINE_EXCEEDED", what) from cause

    async def publish(self, message: ArqonMessage, acknowledged: bool) -> PublishAck | None:
        """Sends a message; when it is to be acknowledged, again with the same id until it is.

        Raises the ArqonError with which the server refuses it.
        """
        data = message.SerializeToString()
        if not acknowledged:
            await (await self.ready()).send_bytes(data)
            return None
        ends_work = message.type == MessageType.MESSAGE_TYPE_JOB_RESULT
        return await self.keep(message.id, data, ends_work)

    async def keep(self, message_id: str, data: bytes, ends_work: bool = False) -> PublishAck:
        """Sends a message, again on every new connection, until it is acknowledged.

        To a server that goes away only what `ends_work` that it gave us. Raises as `publish`.
        """
        if self._failed:
            raise self._failed
        limit = self.welcome.max_frame_bytes
        if limit and len(data) > limit:
            raise ArqonError("WIRE_TOO_LARGE", f"message of {len(data)} bytes, the server accepts {limit}")
        waiting = self._publications.waiting_bytes
        if waiting + len(data) > MAX_WAITING_BYTES:
            raise ArqonError(
                "RATE_LIMITED",
                f"{waiting} bytes wait for acknowledgement, limit {MAX_WAITING_BYTES}",
                remedy="Wait for publications before more.",
                retryable=True,
            )
        pending = Pending(message_id, data, asyncio.get_running_loop().create_future())
        self._publications.add(pending)
        try:
            link = self._link
            if link and not link.error and (ends_work or not link.leaving):
                await self._send_pending(link, pending)
            return await pending.ack
        finally:
            pending.ack.cancel()
            self._publications.forget(pending)

    def post(self, data: bytes) -> None:
        """Hands bytes over at once. Raises ArqonError `CONNECTION_LOST`, `RATE_LIMITED`, `WIRE_TOO_LARGE`."""
        link = self._link
        if link is None:
            raise self._failed or ArqonError("CONNECTION_LOST", "the connection is being restored")
        if link.buffered_bytes > MAX_WAITING_BYTES:
            waiting = f"{link.buffered_bytes} bytes wait to leave, limit {MAX_WAITING_BYTES}"
            raise ArqonError("RATE_LIMITED", waiting, remedy="Await `flush` now and then.", retryable=True)
        link.post_bytes(data)

    def on_message(self, message: ArqonMessage) -> None:
        self.subscriptions.deliver(message)

    def on_op(self, op: Op) -> None:
        kind = op.WhichOneof("op")
        if kind == "publish_ack":
            self._publications.acknowledged(op.publish_ack)
        elif kind == "error":
            self._refused(op.error.message_id, error_from_info(op.error))
        elif kind == "job_cancel":
            for call in self.on_job_cancel:
                call(op.job_cancel)
        elif kind == "go_away":
            log.info("the server is going away: %s", op.go_away.reason)

    def on_unreadable(self, error: ArqonError) -> None:
        self._on_error(error)

    def _refused(self, message_id: str, error: ArqonError) -> None:
        if self._publications.refused(message_id, error):
            return
        if not any(call(message_id, error) for call in self.on_refused):
            self._on_error(error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Whatever ends the task that keeps the connection must not leave anybody waiting."""
        fault = None if task.cancelled() else task.exception()
        if fault:
            self._fail(ArqonError("INTERNAL", f"{type(fault).__name__}: {fault}"))

    async def _keep(self, link: Link) -> None:
        failures = 0
        now = asyncio.get_running_loop().time
        error = ArqonError("CONNECTION_LOST", "not connected")
        while True:
            self._arriving = link
            reader = asyncio.create_task(link.run())
            try:
                stood = await self._restore(link)
                since = now()
                error = await reader
                if stood and now() - since >= STEADY_S:
                    failures = 0
                if link.leaving:  # Everybody it sent away comes back: over a longer while.
                    failures = max(failures, AFTER_GO_AWAY)
            finally:
                reader.cancel()
                await link.close()
                self._link = self._arriving = None
                self._changed.clear()
                self._publications.lost()
            if self._failed or _is_final(error):
                return self._fail(error)
            log.info("connection lost (%s), reconnecting", error)
            for call in self.on_lost:
                call(error)
            while True:
                # Full jitter, so that many clients of one server do not return at once.
                first_s, max_s = self._delays_s
                await asyncio.sleep(random.uniform(0, min(max_s, first_s * 2**failures)))
                failures = min(failures + 1, 16)
                try:
                    link = await self._open_link()
                    break
                except ArqonError as refused:
                    if _is_final(refused):
                        return self._fail(refused)

    async def _restore(self, link: Link) -> bool:
        """Brings back subscriptions and open publications. Returns whether the connection outlived it."""
        for entry in self.subscriptions.all():
            if entry.confirmed and not await self._resubscribe(entry, link):
                return False
        while waiting := self._publications.unsent(link):
            for pending in waiting:
                await self._send_pending(link, pending)
        if link.error:
            return False
        self._link = link
        self._changed.set()
        return True

    async def _resubscribe(self, entry: Entry, link: Link) -> bool:
        """One that is refused ends alone. Returns whether the connection still stands."""
        entry.renew(link.welcome)
        try:
            await link.request(Op(subscribe=entry.request()))
        except ArqonError as error:
            if link.error:
                return False
            self.subscriptions.remove(entry)
            entry.end(error)
            self._on_error(error)
        return True

    async def _send_pending(self, link: Link, pending: Pending) -> None:
        self._publications.sent(pending, link)
        try:
            await link.send_bytes(pending.data)
        except ArqonError as error:
            if error.code == "WIRE_TOO_LARGE":
                self._publications.refused(pending.id, error)  # All else is resent on the next connection.

    async def _open_link(self) -> Link:
        link = await open_link(
            self._settings, self._reality, self, self.new_id, self.now_us, self._sam, self._window
        )
        self.welcome = link.welcome
        return link

    def _fail(self, error: ArqonError) -> None:
        if self._failed:
            return
        self._failed = error
        self._changed.set()
        for call in self.on_lost:
            call(error)
        for pending in self._publications.all():
            pending.ack.set_exception(error)
        for entry in self.subscriptions.all():
            entry.end(error)


def _is_final(error: ArqonError) -> bool:
    """Whether reconnecting cannot help: the server refused us, rather than went away."""
    return bool(error.details.get("final")) or (not error.retryable and error.code != "INTERNAL")

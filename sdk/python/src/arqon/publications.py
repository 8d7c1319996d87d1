"""What was published and not yet acknowledged, in the order it was sent on the connection."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from arqon.gen.arqon.v1.op_pb2 import PublishAck
from arqon.link import Link


@dataclass(slots=True, eq=False)
class Pending:
    """One publication until its answer."""

    id: str
    data: bytes
    ack: asyncio.Future[PublishAck]
    sent_on: Link | None = None
    """The connection it was last sent on."""
    position: int = -1
    """Its place among all that was sent on that connection."""


class Publications:
    """Publications between `publish` and their answer, by message id."""

    def __init__(self) -> None:
        self.waiting_bytes = 0
        self._by_id: dict[str, list[Pending]] = {}
        self._sent: list[Pending | None] = []
        self._base = self._head = 0

    def add(self, pending: Pending) -> None:
        self._by_id.setdefault(pending.id, []).append(pending)
        self.waiting_bytes += len(pending.data)

    def sent(self, pending: Pending, link: Link) -> None:
        """It left on `link`."""
        pending.sent_on, pending.position = link, self._base + len(self._sent)
        self._sent.append(pending)

    def unsent(self, link: Link) -> list[Pending]:
        """What has not left on `link` yet and is still wanted."""
        open_ = [p for same in self._by_id.values() for p in same if not p.ack.done()]
        return [p for p in open_ if p.sent_on is not link]

    def all(self) -> list[Pending]:
        return [p for same in self._by_id.values() for p in same if not p.ack.done()]

    def lost(self) -> None:
        """What was sent has no answer to come. What nobody waits for any more is let go."""
        self._sent, self._base, self._head = [], 0, 0
        for pending in [p for same in self._by_id.values() for p in same]:
            pending.sent_on, pending.position = None, -1
            if pending.ack.done():
                self._drop(pending)

    def forget(self, pending: Pending) -> None:
        """Nobody waits for it. Sent, it still has its answer to come, which may be one for several."""
        if pending.position < 0:
            self._drop(pending)

    def acknowledged(self, ack: PublishAck) -> None:
        """The server answers the publications of one id in order; one answer may be for several ids."""
        last = next(iter(self._by_id.get(ack.message_id, ())), None)
        if last is None:
            return
        left, sequence, at = ack.count - 1, ack.sequence, last.position - self._base - 1
        while left > 0 and at >= 0:
            pending = self._sent[at]
            at -= 1
            if pending is not None:
                left, sequence = left - 1, sequence - 1
                self._answer(
                    pending,
                    PublishAck(message_id=pending.id, sequence=sequence, durability=ack.durability),
                )
        self._answer(last, ack)

    def refused(self, message_id: str, error: Exception) -> bool:
        """Returns whether it was one of these."""
        pending = next(iter(self._by_id.get(message_id, ())), None)
        if pending is None:
            return False
        self._drop(pending)
        if not pending.ack.done():
            pending.ack.set_exception(error)
        return True

    def _answer(self, pending: Pending, ack: PublishAck) -> None:
        self._drop(pending)
        if not pending.ack.done():
            pending.ack.set_result(ack)

    def _drop(self, pending: Pending) -> None:
        same = self._by_id.get(pending.id, [])
        if pending not in same:
            return
        same.remove(pending)
        if not same:
            del self._by_id[pending.id]
        self.waiting_bytes -= len(pending.data)
        if pending.position < 0:
            return
        self._sent[pending.position - self._base] = None
        while self._head < len(self._sent) and self._sent[self._head] is None:
            self._head += 1
        if self._head > 64 and self._head * 2 > len(self._sent):
            del self._sent[: self._head]
            self._base, self._head = self._base + self._head, 0

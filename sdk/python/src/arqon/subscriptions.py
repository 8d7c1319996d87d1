"""Who listens for what on this client, and which delivery is for whom."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from arqon.arguments import made
from arqon.errors import ArqonError
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage
from arqon.gen.arqon.v1.op_pb2 import Subscribe, Welcome
from arqon.topics import filter_matches


@dataclass(slots=True, eq=False)
class Entry:
    """One subscription as the server knows it. It outlives connections."""

    number: int
    filter: str
    queue_group: str
    max_in_flight: int
    deliver: Callable[[ArqonMessage], None]
    end: Callable[[ArqonError], None]
    """Called once when it is over without having been asked to end."""
    on_renew: Callable[[Entry, Welcome], None] | None = None
    """Called before it is subscribed again on a new connection."""
    confirmed: bool = False
    """The server took it once; a new connection must be told of it."""

    def renew(self, welcome: Welcome) -> None:
        if self.on_renew:
            self.on_renew(self, welcome)

    def request(self) -> Subscribe:
        return made(
            "subscribe",
            Subscribe,
            subscription=self.number,
            filter=self.filter,
            queue_group=self.queue_group,
            max_in_flight=self.max_in_flight,
        )


class Subscriptions:
    """The table of subscriptions.

    A broadcast arrives once per connection without a number, however many plain filters match it; here it goes to each.
    One-to-one deliveries carry the number of their subscription.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._entries: dict[int, Entry] = {}
        self._by_topic: dict[str, list[Entry]] = {}
        self.intercept: Callable[[ArqonMessage], bool] = lambda _: False
        """Sees every delivery first; returns whether it was for it."""

    def add(
        self,
        pattern: str,
        deliver: Callable[[ArqonMessage], None],
        end: Callable[[ArqonError], None],
        queue_group: str = "",
        max_in_flight: int = 0,
        on_renew: Callable[[Entry, Welcome], None] | None = None,
    ) -> Entry:
        entry = Entry(next(self._numbers), pattern, queue_group, max_in_flight, deliver, end, on_renew)
        self._entries[entry.number] = entry
        self._by_topic.clear()
        return entry

    def remove(self, entry: Entry) -> bool:
        """Returns whether it was there."""
        self._by_topic.clear()
        return self._entries.pop(entry.number, None) is not None

    def all(self) -> list[Entry]:
        return list(self._entries.values())

    def deliver(self, message: ArqonMessage) -> None:
        if self.intercept(message):
            return
        if message.subscription:
            entry = self._entries.get(message.subscription)
            if entry:
                entry.deliver(message)
            return
        topic = message.topic
        matching = self._by_topic.get(topic)
        if matching is None:
            if len(self._by_topic) >= 1_024:
                self._by_topic.clear()
            plain = [entry for entry in self._entries.values() if not entry.queue_group]
            matching = self._by_topic[topic] = [e for e in plain if filter_matches(e.filter, topic)]
        for entry in matching:
            entry.deliver(message)

"""The two windows of a connection on which credit was agreed: neither side sends more than the other granted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

Grant = Callable[[int, int], None]


class PublishWindow:
    """What the server granted: publications beyond it wait here, in order."""

    def __init__(self, messages: int, size: int, send: Callable[[bytes], None]) -> None:
        self._messages, self._bytes, self._send = messages, size, send
        self._held: deque[bytes] = deque()
        self.held_bytes = 0

    def publish(self, data: bytes) -> None:
        """Sends a publication, now or when there is credit."""
        if not self._held and self._take(len(data)):
            self._send(data)
        else:
            self._held.append(data)
            self.held_bytes += len(data)

    def granted(self, messages: int, size: int) -> None:
        """The server takes so much more."""
        self._messages += messages
        self._bytes += size
        while self._held and self._take(len(self._held[0])):
            data = self._held.popleft()
            self.held_bytes -= len(data)
            self._send(data)

    def _take(self, size: int) -> bool:
        if self._messages < 1 or self._bytes < size:
            return False
        self._messages -= 1
        self._bytes -= size
        return True


class ReceiveWindow:
    """What this client granted: granted again at half, as the application takes what came."""

    def __init__(self, messages: int, size: int, grant: Grant) -> None:
        self._limits, self._grant = (messages, size), grant
        self._messages = self._bytes = 0

    def consumed(self, size: int) -> None:
        """A delivery of `size` bytes is no longer held."""
        self._messages += 1
        self._bytes += size
        if 2 * self._messages >= self._limits[0] or 2 * self._bytes >= self._limits[1]:
            messages, size = self._messages, self._bytes
            self._messages = self._bytes = 0
            self._grant(messages, size)


class Ticket:
    """One delivery: granted anew when nobody holds it any more."""

    __slots__ = ("_size", "_window", "holders")

    def __init__(self, window: ReceiveWindow, size: int) -> None:
        self._window, self._size = window, size
        self.holders = 0

    def release(self) -> None:
        """One of those who kept it needs it no more."""
        self.holders -= 1
        if self.holders <= 0:
            self._window.consumed(self._size)

"""UUID version 7 (RFC 9562) from a clock and entropy that are passed in; Python gained its own only in 3.14."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Callable

from arqon.errors import ArqonError

Entropy = Callable[[int], bytes]
"""A source of that many unpredictable bytes."""
NowUs = Callable[[], int]
"""UTC, microseconds since 1970-01-01T00:00:00Z."""

_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def system_now_us() -> int:
    """The machine's clock."""
    return time.time_ns() // 1000


def is_uuid7(text: str) -> bool:
    """Whether `text` is a lower-case UUID of version 7."""
    return _PATTERN.fullmatch(text) is not None


def require_uuid7(text: str, what: str) -> str:
    """Raises ArqonError `UUID_INVALID` unless `text` is a lower-case UUID of version 7."""
    if not isinstance(text, str) or not is_uuid7(text):
        raise ArqonError("UUID_INVALID", f'{what} is not a UUIDv7: "{str(text)[:64]}"')
    return text


def _format(raw: bytearray) -> str:
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Uuid7Generator:
    """Makes UUIDv7s that sort in the order they were made, also within one millisecond. May be shared by threads."""

    def __init__(self, now_us: NowUs = system_now_us, entropy: Entropy = os.urandom) -> None:
        self._now_us = now_us
        self._entropy = entropy
        self._last_ms = 0
        self._counter = 0
        self._pool, self._used = b"", 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            now_ms = self._now_us() // 1000
            if now_ms > self._last_ms:
                self._last_ms, self._counter = now_ms, 0
            else:
                self._counter += 1
                if self._counter > 0xFFF:
                    self._last_ms, self._counter = self._last_ms + 1, 0
            raw = bytearray(self._last_ms.to_bytes(6, "big"))
            raw += self._counter.to_bytes(2, "big")
            if len(self._pool) - self._used < 8:
                self._pool, self._used = self._entropy(2_048), 0
            raw += self._pool[self._used : self._used + 8]
            self._used += 8
        return _format(raw)


def derive_uuid(parent: str, label: str) -> str:
    """A UUIDv7 that follows from another one and a label, so that repeating a step names the same child.

    It keeps the parent's time.
    """
    require_uuid7(parent, "parent id")
    raw = bytearray(hashlib.sha256(f"arqon.uuid.v1\n{parent}\n{label}".encode()).digest()[:16])
    raw[:6] = bytes.fromhex(parent.replace("-", "")[:12])
    return _format(raw)

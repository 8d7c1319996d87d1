"""Arguments as notebooks give them, where nothing has checked their types before."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from arqon.errors import ArqonError

T = TypeVar("T")
_MAX_DEADLINE_S = 1e9
"""About 30 years."""


def made(what: str, make: Callable[..., T], **fields: Any) -> T:
    """What is made of a caller's values. Raises ArqonError `USAGE` where one is of a type that it cannot be."""
    try:
        return make(**fields)
    except (TypeError, ValueError, OverflowError, AttributeError) as cause:
        raise wrong(what, cause) from cause


def wrong(what: str, cause: Exception) -> ArqonError:
    """The error of a value that is of no use."""
    return ArqonError("USAGE", f"{what} takes no such argument: {str(cause)[:200]}")


def seconds_of(what: str, given: object) -> float | None:
    """A length of time; None is none. Raises ArqonError `USAGE`."""
    if given is None:
        return None
    try:
        seconds = math.nan if isinstance(given, str | bytes) else float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if math.isnan(seconds):
        raise ArqonError("USAGE", f"{what} is {str(given)[:60]!r}: a number of seconds is needed")
    return seconds


def deadline_us(now_us: int, deadline_s: object) -> int:
    """When the time is up; 0 where there is no end. Raises ArqonError `USAGE`."""
    left_s = seconds_of("deadline_s", deadline_s)
    if left_s is None:
        return 0
    if abs(left_s) > _MAX_DEADLINE_S:
        raise ArqonError("USAGE", f"deadline_s is {left_s:g}, at most {_MAX_DEADLINE_S:.0f} is meant")
    return max(1, now_us + round(left_s * 1e6))


def program_of(given: object) -> bytes:
    """The bytes of a program. Raises ArqonError `USAGE`."""
    if isinstance(given, str):
        return given.encode("utf-8", "surrogatepass")
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given)
    raise ArqonError("USAGE", f"a program is text or bytes, not {type(given).__name__}")

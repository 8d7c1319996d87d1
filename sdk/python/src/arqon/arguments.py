"""Arguments as notebooks give them, where nothing has checked their types before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from arqon.errors import ArqonError

T = TypeVar("T")


def made(what: str, make: Callable[..., T], **fields: Any) -> T:
    """What is made of a caller's values. Raises ArqonError `USAGE` where one is of a type that it cannot be."""
    try:
        return make(**fields)
    except (TypeError, ValueError, OverflowError, AttributeError) as cause:
        raise wrong(what, cause) from cause


def wrong(what: str, cause: Exception) -> ArqonError:
    """The error of a value that is of no use."""
    return ArqonError("USAGE", f"{what} takes no such argument: {str(cause)[:200]}")


def program_of(given: object) -> bytes:
    """The bytes of a program. Raises ArqonError `USAGE`."""
    if isinstance(given, str):
        return given.encode("utf-8", "surrogatepass")
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given)
    raise ArqonError("USAGE", f"a program is text or bytes, not {type(given).__name__}")

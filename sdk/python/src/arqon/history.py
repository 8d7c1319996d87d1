"""Reads the log of a Reality, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator

from arqon.arguments import made
from arqon.channel import Channel
from arqon.errors import ArqonError
from arqon.gen.arqon.v1.op_pb2 import HistoryGet, Op
from arqon.messages import Message, decode_message
from arqon.topics import require_filter


async def read_history(
    channel: Channel,
    pattern: str,
    from_sequence: int = 0,
    to_sequence: int = 0,
    from_us: int = 0,
    to_us: int = 0,
    page_size: int = 0,
    max_messages: int | None = None,
) -> AsyncIterator[Message]:
    """Logged messages that match, in sequence order; see `AsyncClient.history`."""
    require_filter(pattern)
    if max_messages is not None and not isinstance(max_messages, int):
        raise ArqonError("USAGE", f"max_messages is {str(max_messages)[:60]!r}: a whole number is needed")
    left = max_messages
    while left is None or left > 0:
        get = made(
            "history",
            HistoryGet,
            filter=pattern,
            from_sequence=from_sequence,
            to_sequence=to_sequence,
            from_unix_us=from_us,
            to_unix_us=to_us,
            limit=page_size,
        )
        page = (await channel.request(Op(history_get=get))).history_page
        for data in page.messages[:left]:
            yield Message(decode_message(data))
        if left is not None:
            left -= len(page.messages)
        if page.next_sequence <= from_sequence:
            return
        from_sequence = page.next_sequence

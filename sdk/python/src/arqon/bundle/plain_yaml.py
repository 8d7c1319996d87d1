"""JSON values as YAML for people: one form only, which any YAML reader takes and which is read back strictly."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from arqon.canonical import canonical_json
from arqon.errors import ArqonError

_MAX_DEPTH = 64
_BEYOND_ASCII = re.compile("[\x7f-\U0010ffff]")
_ESCAPE = re.compile(r"\\(?:U([0-9a-f]{8})|.)")
_KEY = re.compile(r'("(?:[^"\\]|\\.)*"):')


def to_yaml(value: Any) -> str:
    """The value in YAML 1.2: block maps and lists, texts in double quotes and ASCII, maps with sorted keys."""
    return "\n".join(_lines(value, 0)) + "\n"


def from_yaml(text: str, what: str) -> Any:
    """Reads what `to_yaml` writes and nothing else. Raises ArqonError `JSON_INVALID` naming `what`."""
    if not text.endswith("\n"):
        raise ArqonError("JSON_INVALID", f"{what} does not end in a line feed")
    reader = _Reader(text[:-1].split("\n"), what)
    value = reader.value(0)
    if to_yaml(value) != text:
        reader.refuse()
    return value


def _quoted(text: str) -> str:
    # As JSON escapes, and everything beyond ASCII as well; characters beyond U+FFFF whole, where JSON has two halves.
    halves = json.dumps(text, ensure_ascii=False)
    return _BEYOND_ASCII.sub(lambda c: f"\\{'U%08x' if c[0] > chr(0xFFFF) else 'u%04x'}" % ord(c[0]), halves)


def _unquoted(text: str) -> str:
    """What `_quoted` wrote, as JSON has it."""
    return _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else escape[0], text)


def _inline(value: Any) -> str | None:
    """A value that stands on one line; None for a map or list with something in it."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (list, tuple)):
        return None if value else "[]"
    if isinstance(value, dict):
        return None if value else "{}"
    return canonical_json(value)


def _lines(value: Any, depth: int) -> list[str]:
    if depth > _MAX_DEPTH:
        raise ArqonError("JSON_INVALID", f"the value is nested more than {_MAX_DEPTH} deep")
    pad = "  " * depth
    one = _inline(value)
    if one is not None:
        return [f"{pad}{one}"]
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        items = [(f"{_quoted(key)}:", value[key]) for key in keys]
    else:
        items = [("-", inner) for inner in value]
    lines = []
    for head, inner in items:
        short = _inline(inner)
        lines += [f"{pad}{head}", *_lines(inner, depth + 1)] if short is None else [f"{pad}{head} {short}"]
    return lines


class _Reader:
    def __init__(self, rows: list[str], what: str) -> None:
        self._rows = rows
        self._what = what
        self._at = 0

    def refuse(self) -> NoReturn:
        line = self._at + 1
        raise ArqonError(
            "JSON_INVALID", f"{self._what} line {line} is not YAML in the one form that is written here"
        )

    def value(self, depth: int) -> Any:
        pad = "  " * depth
        if depth > _MAX_DEPTH or not self._has(pad):
            self.refuse()
        text = self._rows[self._at][len(pad) :]
        if text == "-" or text.startswith("- "):
            return self._list(depth, pad)
        if _KEY.match(text):
            return self._map(depth, pad)
        self._at += 1
        return self._scalar(text)

    def _has(self, start: str) -> bool:
        return self._at < len(self._rows) and self._rows[self._at].startswith(start)

    def _scalar(self, text: str) -> Any:
        try:
            return json.loads(_unquoted(text))
        except (ValueError, OverflowError, RecursionError):
            self.refuse()

    def _inner(self, rest: str, depth: int) -> Any:
        self._at += 1
        return self._scalar(rest[1:]) if rest.startswith(" ") else self.value(depth + 1)

    def _list(self, depth: int, pad: str) -> list[Any]:
        items = []
        while self._has(f"{pad}-"):
            items.append(self._inner(self._rows[self._at][len(pad) + 1 :], depth))
        return items

    def _map(self, depth: int, pad: str) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while self._has(f'{pad}"'):
            row = self._rows[self._at]
            key = _KEY.match(row, len(pad))
            if not key:
                self.refuse()
            name = self._scalar(key[1])
            if name in entries:
                self.refuse()
            entries[name] = self._inner(row[key.end() :], depth)
        return entries

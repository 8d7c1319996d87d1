"""Canonical JSON (RFC 8785): one text, and so one digest, for one value."""

from __future__ import annotations

import json
import math
from typing import Any

from arqon.errors import ArqonError

MAX_DEPTH = 128
_MAX_INTEGER = 2**53
_MAX_BYTES = 500 * 2**20
_MAX_VALUES = 2**24


def canonical_json(value: Any) -> str:
    """The canonical text of a value: keys sorted, no spaces, numbers as ECMAScript writes them.

    Takes None, bool, int (at most 2^53 in magnitude), float, str, lists, tuples and dicts with string keys.
    Raises ArqonError `JSON_INVALID` for anything else.
    """
    parts: list[str] = []
    _write(value, "", 0, parts)
    return "".join(parts)


def canonical_json_file(value: Any) -> bytes:
    """The canonical text as UTF-8 followed by one line feed: the form of every JSON file in a bundle."""
    return f"{canonical_json(value)}\n".encode()


def parse_json(text: str, what: str) -> Any:
    """Parses JSON that anyone wrote.

    Raises ArqonError `JSON_INVALID`; `JSON_AMBIGUOUS` for an object with a key given twice.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, _NotANumber) as cause:
        raise ArqonError("JSON_INVALID", f"{what}: {cause}") from cause
    if _repeats_key(text):
        raise ArqonError("JSON_AMBIGUOUS", f"{what} has an object with a key given twice")
    return value


def parse_canonical_json(data: bytes, what: str) -> Any:
    """Parses UTF-8 bytes that must be canonical JSON, with or without the final line feed of a file.

    Duplicate keys and rounded integers are found because the bytes then differ from their canonical form.
    Raises ArqonError `LIMIT_EXCEEDED` beyond 500 MiB or 16,777,216 values, `JSON_AMBIGUOUS` for NaN, infinities and
    duplicate keys, else `JSON_INVALID`, naming `what`.
    """
    _require_parsable(data, what)
    try:
        text = data.decode("utf-8")
        body = text.removesuffix("\n")
        value = json.loads(body, parse_constant=_refuse_constant, parse_int=_whole)
    except (ValueError, RecursionError) as cause:
        raise ArqonError("JSON_INVALID", f"{what}: {cause}") from cause
    except _NotANumber as cause:
        raise ArqonError("JSON_AMBIGUOUS", f"{what} has a number that JSON cannot hold") from cause
    if canonical_json(value) != body:
        if _repeats_key(body):
            raise ArqonError("JSON_AMBIGUOUS", f"{what} has an object with a key given twice")
        raise ArqonError("JSON_INVALID", f"{what} is not canonical JSON (RFC 8785)")
    return value


def _require_parsable(data: bytes, what: str) -> None:
    """Refuses what would take more memory to parse than there may be."""
    if len(data) > _MAX_BYTES:
        raise ArqonError("LIMIT_EXCEEDED", f"{what} has {len(data)} bytes, limit {_MAX_BYTES}")
    # Before every value but the first stands one of these.
    if len(data) > _MAX_VALUES and sum(map(data.count, (b",", b"[", b"{"))) >= _MAX_VALUES:
        raise ArqonError("LIMIT_EXCEEDED", f"{what} has more than {_MAX_VALUES} values")


def _whole(text: str) -> int | float:
    """Beyond 2^53 a double, as in every other reader: 10000000000000000 is canonical, 9007199254740993 is not."""
    value = int(text)
    return value if abs(value) <= _MAX_INTEGER else float(text)


class _NotANumber(Exception):
    pass


def _refuse_constant(text: str) -> None:
    raise _NotANumber(text)


def _repeats_key(body: str) -> bool:
    repeated = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated = repeated or len({key for key, _ in pairs}) < len(pairs)

    json.loads(body, object_pairs_hook=look)
    return repeated


def _write(value: Any, path: str, depth: int, out: list[str]) -> None:
    if depth > MAX_DEPTH:
        raise ArqonError("JSON_INVALID", f"{path} is nested more than {MAX_DEPTH} deep")
    if value is None:
        out.append("null")
    elif isinstance(value, bool):
        out.append("true" if value else "false")
    elif isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise ArqonError(
                "JSON_INVALID", f"{path or 'value'} is {value}, beyond 2^53: put it into a string"
            )
        out.append(str(int(value)))
    elif isinstance(value, float):
        out.append(_number(float(value), path))
    elif isinstance(value, str):
        out.append(_string(value, path))
    elif isinstance(value, (list, tuple)):
        out.append("[")
        for i, item in enumerate(value):
            if i:
                out.append(",")
            _write(item, f"{path}/{i}", depth + 1, out)
        out.append("]")
    elif isinstance(value, dict):
        _write_object(value, path, depth, out)
    else:
        raise ArqonError(
            "JSON_INVALID", f"{path or 'value'} is {type(value).__name__}, which JSON cannot hold"
        )


def _write_object(value: dict[Any, Any], path: str, depth: int, out: list[str]) -> None:
    texts: dict[str, str] = {}
    for key in value:
        if not isinstance(key, str):
            raise ArqonError("JSON_INVALID", f"{path or 'value'} has a key of type {type(key).__name__}")
        texts[key] = _string(key, path)
    out.append("{")
    # RFC 8785 sorts by UTF-16 code units, which is not the order of code points.
    for i, key in enumerate(sorted(texts, key=lambda k: k.encode("utf-16-be"))):
        out.append(f",{texts[key]}:" if i else f"{texts[key]}:")
        _write(value[key], f"{path}/{key}", depth + 1, out)
    out.append("}")


def _string(text: str, path: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as cause:
        raise ArqonError("JSON_INVALID", f"{path or 'value'} has a lone surrogate") from cause
    return json.dumps(text, ensure_ascii=False)


def _number(value: float, path: str) -> str:
    """ECMAScript's Number::toString: the same shortest digits as Python's repr, laid out by other rules."""
    if not math.isfinite(value):
        raise ArqonError("JSON_INVALID", f"{path or 'value'} is {value}, which JSON cannot hold")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # value = 0.digits * 10^point
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return f"{sign}{digits}{'0' * (point - count)}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"

"""The one form a bundle's ZIP archive has, byte for byte. Spec: docs/spec/bundle.md."""

from __future__ import annotations

import struct
from typing import NamedTuple, NoReturn

from arqon.errors import ArqonError

LOCAL = struct.Struct("<IHHHHHIIIHH")
CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
END = struct.Struct("<IHHHHIIH")
END64 = struct.Struct("<IQHHIIQQQQ")
LOCATOR = struct.Struct("<IIQI")
LOCAL_SIGNATURE, CENTRAL_SIGNATURE, END_SIGNATURE = 0x04034B50, 0x02014B50, 0x06054B50
END64_SIGNATURE, LOCATOR_SIGNATURE = 0x06064B50, 0x07064B50
UTF8_NAMES = 0x0800
STORED = 0
_UNIX = 0x0300
_VERSION, _VERSION64 = 20, 45
_DOS_TIME, _DOS_DATE = 0, 0x0021  # 1980-01-01
_REGULAR_FILE = 0o100644 << 16
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
ZIP64_FROM = FULL32
"""Sizes and places from which on Zip64 fields are used: nowhere else, so that the form stays the only one."""


class Entry(NamedTuple):
    """A file in an archive."""

    name: bytes
    size: int
    crc: int
    at: int
    """Where its local header starts."""


def local_header(entry: Entry, zip64_from: int) -> bytes:
    """What stands before a file's bytes."""
    extra = _extra([entry.size, entry.size] if entry.size >= zip64_from else [])
    return LOCAL.pack(LOCAL_SIGNATURE, *_common(entry, extra, zip64_from)) + entry.name + extra


def central_record(entry: Entry, zip64_from: int) -> bytes:
    """A file's record in the directory."""
    is_far = entry.at >= zip64_from
    sizes = [entry.size, entry.size] if entry.size >= zip64_from else []
    extra = _extra([*sizes, *([entry.at] if is_far else [])])
    made_by = _UNIX | (_VERSION64 if extra else _VERSION)
    common = _common(entry, extra, zip64_from)
    at = FULL32 if is_far else entry.at
    return CENTRAL.pack(CENTRAL_SIGNATURE, made_by, *common, 0, 0, 0, _REGULAR_FILE, at) + entry.name + extra


def end_records(count: int, directory_at: int, directory_bytes: int, zip64_from: int) -> bytes:
    """What stands after the directory."""
    is_many = count >= min(FULL16, zip64_from)
    shown_bytes, shown_at = (
        FULL32 if value >= zip64_from else value for value in (directory_bytes, directory_at)
    )
    shown_count = FULL16 if is_many else count
    end = END.pack(END_SIGNATURE, 0, 0, shown_count, shown_count, shown_bytes, shown_at, 0)
    if not is_many and directory_at < zip64_from and directory_bytes < zip64_from:
        return end
    versions = (_UNIX | _VERSION64, _VERSION64)
    places = (count, count, directory_bytes, directory_at)
    end64 = END64.pack(END64_SIGNATURE, END64.size - 12, *versions, 0, 0, *places)
    return end64 + LOCATOR.pack(LOCATOR_SIGNATURE, 0, directory_at + directory_bytes, 1) + end


def _common(entry: Entry, extra: bytes, zip64_from: int) -> tuple[int, ...]:
    """Version, flags, method, time, date, checksum, both sizes, length of the name and of the extra field."""
    shown = FULL32 if entry.size >= zip64_from else entry.size
    version = _VERSION64 if extra else _VERSION
    start = (version, UTF8_NAMES, STORED, _DOS_TIME, _DOS_DATE)
    return (*start, entry.crc, shown, shown, len(entry.name), len(extra))


def _extra(values: list[int]) -> bytes:
    return struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values) if values else b""


def not_canonical(why: str) -> NoReturn:
    """Raises ArqonError `BUNDLE_MALFORMED` saying why."""
    raise ArqonError("BUNDLE_MALFORMED", f"the archive is not in canonical form: {why}")

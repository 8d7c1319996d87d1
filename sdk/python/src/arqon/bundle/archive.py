"""The canonical ZIP archive of a bundle: equal files give equal bytes, and only those bytes are read."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from arqon.bundle.paths import require_paths
from arqon.errors import ArqonError

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_LOCAL_SIGNATURE, _CENTRAL_SIGNATURE, _END_SIGNATURE = 0x04034B50, 0x02014B50, 0x06054B50
_MADE_BY = 0x0314  # Unix, ZIP 2.0
_VERSION_NEEDED = 20
_UTF8_NAMES = 0x0800
_STORED = 0
_DOS_TIME, _DOS_DATE = 0, 0x0021  # 1980-01-01
_REGULAR_FILE = 0o100644 << 16
MAX_ARCHIVE_BYTES = 0xFFFFFFFF
_MAX_ENTRIES = 0xFFFF


@dataclass(frozen=True)
class ZipLimits:
    """What an archive may hold at most, for bundles that are read into memory."""

    max_entries: int = 10_000
    max_file_bytes: int = 512 * 2**20
    max_total_bytes: int = 1024 * 2**20


class _Entry(NamedTuple):
    name: str
    size: int
    crc: int
    at: int


def write_zip(files: Mapping[str, bytes]) -> bytes:
    """The archive, byte for byte as every SDK writes it.

    Raises ArqonError `BUNDLE_MALFORMED` for a path that may not be, `LIMIT_EXCEEDED` beyond 65,535 files or 4 GiB.
    """
    require_paths(files)
    entries = sorted((path.encode(), bytes(data)) for path, data in files.items())
    total = sum(_LOCAL.size + _CENTRAL.size + 2 * len(name) + len(data) for name, data in entries) + _END.size
    if len(entries) > _MAX_ENTRIES or total > MAX_ARCHIVE_BYTES:
        raise ArqonError(
            "LIMIT_EXCEEDED",
            f"an archive of {len(entries)} files and {total} bytes is over the limit of {_MAX_ENTRIES} files "
            f"or {MAX_ARCHIVE_BYTES} bytes",
        )
    out = bytearray()
    central = bytearray()
    for name, data in entries:
        # Version, flags, method, time, date, checksum, both sizes, length of the name, no extra field.
        common = (
            *(_VERSION_NEEDED, _UTF8_NAMES, _STORED, _DOS_TIME, _DOS_DATE),
            *(zlib.crc32(data), len(data), len(data), len(name), 0),
        )
        central += (
            _CENTRAL.pack(_CENTRAL_SIGNATURE, _MADE_BY, *common, 0, 0, 0, _REGULAR_FILE, len(out)) + name
        )
        out += _LOCAL.pack(_LOCAL_SIGNATURE, *common) + name + data
    end = _END.pack(_END_SIGNATURE, 0, 0, len(entries), len(entries), len(central), len(out), 0)
    return bytes(out + central + end)


def read_zip(archive: bytes, limits: ZipLimits = ZipLimits()) -> dict[str, bytes]:
    """The files of an archive, in memory: nothing is written anywhere.

    After every entry is read and checked, the files are serialised again, and the archive must be those very bytes.
    Raises ArqonError `BUNDLE_MALFORMED` with the first thing that is not canonical, `LIMIT_EXCEEDED` over a limit.
    """
    files: dict[str, bytes] = {}
    expected = 0
    for name, size, crc, at in _directory(archive, limits):
        shown = json.dumps(name, ensure_ascii=False)
        if at != expected:
            _bad(
                f"{shown} starts at byte {at}, not at {expected}: entries overlap, leave gaps or are out of order"
            )
        if at + _LOCAL.size > len(archive) or struct.unpack_from("<I", archive, at)[0] != _LOCAL_SIGNATURE:
            _bad(f"{shown} has no local header at byte {at}")
        start = at + _LOCAL.size + struct.unpack_from("<H", archive, at + 26)[0]
        if start + size > len(archive):
            _bad(f"{shown} runs over the end of the archive")
        if _name(archive[at + _LOCAL.size : start], len(files)) != name:
            _bad(f"{shown} has another name in its local header")
        data = archive[start : start + size]
        if zlib.crc32(data) != crc:
            _bad(f"{shown} does not match its checksum: its bytes were changed")
        files[name] = data
        expected = start + size
    again = write_zip(files)
    if again != archive:
        _bad(_difference(archive, again))
    return files


def _directory(archive: bytes, limits: ZipLimits) -> list[_Entry]:
    """The records of the central directory, each checked on its own."""
    end_at = len(archive) - _END.size
    if end_at < 0 or struct.unpack_from("<I", archive, end_at)[0] != _END_SIGNATURE:
        _bad("it does not end in an end-of-directory record without comment")
    _, _, _, _, count, directory_bytes, directory_at, _ = _END.unpack_from(archive, end_at)
    if count == 0xFFFF or 0xFFFFFFFF in (directory_bytes, directory_at):
        _bad("it is a Zip64 archive, which is not supported")
    if count > limits.max_entries:
        raise ArqonError(
            "LIMIT_EXCEEDED", f"the archive has {count} files, at most {limits.max_entries} allowed"
        )
    if directory_at + directory_bytes != end_at:
        _bad("its directory does not end where the end record starts")
    entries: list[_Entry] = []
    at, total = directory_at, 0
    for i in range(count):
        if at + _CENTRAL.size > end_at:
            _bad(f"entry {i} runs over the end of the directory")
        record = _CENTRAL.unpack_from(archive, at)
        signature, made_by, _, flags, method, _, _, crc, stored, size, name_bytes, extra, comment = record[
            :13
        ]
        attributes, offset = record[15:]
        if signature != _CENTRAL_SIGNATURE:
            _bad(f"entry {i} has no directory record")
        at += _CENTRAL.size + name_bytes
        if at > end_at:
            _bad(f"entry {i} runs over the end of the directory")
        name = _name(archive[at - name_bytes : at], i)
        shown = json.dumps(name, ensure_ascii=False)
        if method != _STORED:
            _bad(f"{shown} uses compression method {method}; files must be stored")
        if flags != _UTF8_NAMES:
            _bad(f"{shown} has other flags than UTF-8 names")
        if made_by >> 8 == 3 and attributes >> 28 != 8:
            _bad(f"{shown} has the mode 0{attributes >> 16:o}, which is not a regular file")
        if size != stored:
            _bad(f"{shown} is stored in another size than its own")
        total += size
        if size > limits.max_file_bytes or total > limits.max_total_bytes:
            raise ArqonError(
                "LIMIT_EXCEEDED",
                f"{shown} has {size} bytes; at most {limits.max_file_bytes} a file and "
                f"{limits.max_total_bytes} in all are allowed",
            )
        if extra or comment:
            _bad(f"{shown} has an extra field or a comment")
        entries.append(_Entry(name, size, crc, offset))
    if at != end_at:
        _bad("its directory has bytes that belong to no entry")
    require_paths(entry.name for entry in entries)
    return entries


def _name(data: bytes, index: int) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        _bad(f"the name of entry {index} is not UTF-8")


def _difference(archive: bytes, canonical: bytes) -> str:
    at = next(
        (i for i, (a, b) in enumerate(zip(archive, canonical)) if a != b), min(len(archive), len(canonical))
    )
    return f"it differs from its re-serialisation at byte {at} ({len(archive)} bytes, canonical {len(canonical)})"


def _bad(why: str) -> NoReturn:
    raise ArqonError("BUNDLE_MALFORMED", f"the archive is not in canonical form: {why}")

"""The canonical ZIP archive of a bundle: equal files give equal bytes, and only those bytes are read."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from arqon.bundle import layout
from arqon.bundle.contents import LargeFile, is_held
from arqon.bundle.layout import Entry
from arqon.bundle.layout import not_canonical as bad
from arqon.bundle.paths import require_paths
from arqon.errors import ArqonError

MAX_ARCHIVE_BYTES = 0xFFFFFFFF
_PIECE_BYTES = 2**18
_TAIL_BYTES = layout.END.size + layout.LOCATOR.size + layout.END64.size
# More than any record has whose path may stand in a bundle: bounds what is read.
_MAX_RECORD_BYTES = 2048
_MAX_SIZE = 2**53 - 1


@dataclass(frozen=True)
class ZipLimits:
    """What an archive may hold at most, for bundles that are read into memory."""

    max_entries: int = 10_000
    max_file_bytes: int = 512 * 2**20
    max_total_bytes: int = 1024 * 2**20


STREAM_LIMITS = ZipLimits(max_entries=100_000, max_file_bytes=2**42, max_total_bytes=2**43)
"""Limits for archives on disk, whose large files are read piece by piece."""


class _Place(NamedTuple):
    """Where the directory is, as the end of an archive says."""

    entries: int
    at: int
    size: int


class _Source(NamedTuple):
    size: int
    read: Callable[[int, int], bytes]
    """Exactly so many bytes from a place, all within the source."""


def write_zip(files: Mapping[str, bytes], zip64_from: int = layout.ZIP64_FROM) -> bytes:
    """The archive, byte for byte as every SDK writes it.

    Raises ArqonError `BUNDLE_MALFORMED` for a path that may not be, `LIMIT_EXCEEDED` beyond 4 GiB.
    """
    require_paths(files)
    entries = sorted((path.encode(), bytes(data)) for path, data in files.items())
    total = sum(len(name) + len(data) for name, data in entries)
    if total > MAX_ARCHIVE_BYTES:
        raise ArqonError(
            "LIMIT_EXCEEDED",
            f"an archive of {len(entries)} files and over {total} bytes is over the limit of "
            f"{MAX_ARCHIVE_BYTES} bytes",
        )
    out = bytearray()
    central = bytearray()
    for name, data in entries:
        entry = Entry(name, len(data), zlib.crc32(data), len(out))
        central += layout.central_record(entry, zip64_from)
        out += layout.local_header(entry, zip64_from) + data
    return bytes(out + central + layout.end_records(len(entries), len(out), len(central), zip64_from))


def read_zip(
    archive: bytes, limits: ZipLimits = ZipLimits(), zip64_from: int = layout.ZIP64_FROM
) -> dict[str, bytes]:
    """The files of an archive, in memory: nothing is written anywhere.

    Every header must be the one that follows from the directory, and the directory the one that follows from the files.
    Raises ArqonError `BUNDLE_MALFORMED` with the first thing that is not canonical, `LIMIT_EXCEEDED` over a limit.
    """
    source = _Source(len(archive), lambda at, size: archive[at : at + size])
    return {
        path: b"".join(_pieces(source, path, start, entry))
        for path, start, entry in _open(source, limits, zip64_from)
    }


def read_zip_file(
    path: str | Path, limits: ZipLimits = STREAM_LIMITS, zip64_from: int = layout.ZIP64_FROM
) -> dict[str, bytes | LargeFile]:
    """The files of an archive on disk, of whatever size; of those too large to hold, digest and size.

    Raises as `read_zip`, and OSError.
    """
    held, files = 0, dict[str, "bytes | LargeFile"]()
    with open(path, "rb") as handle:

        def read(at: int, size: int) -> bytes:
            handle.seek(at)
            data = handle.read(size)
            if len(data) < size:
                raise ArqonError("FILE_UNREADABLE", f"{path} became shorter while it was read")
            return data

        source = _Source(os.fstat(handle.fileno()).st_size, read)
        for name, start, entry in _open(source, limits, zip64_from):
            pieces = _pieces(source, name, start, entry)
            if is_held(name, entry.size):
                held += entry.size
                if held > ZipLimits.max_total_bytes:
                    raise ArqonError(
                        "LIMIT_EXCEEDED",
                        f"files that must be held have over {ZipLimits.max_total_bytes} bytes",
                    )
                files[name] = b"".join(pieces)
            else:
                digest = hashlib.sha256()
                for piece in pieces:
                    digest.update(piece)
                files[name] = LargeFile(digest.hexdigest(), entry.size)
    return files


def _open(source: _Source, limits: ZipLimits, zip64_from: int) -> list[tuple[str, int, Entry]]:
    """Checks everything of an archive but the files' own bytes. Returns path, start of the bytes and entry of each."""
    tail_bytes = min(_TAIL_BYTES, source.size)
    place = _find_directory(source.read(source.size - tail_bytes, tail_bytes), source.size, limits)
    directory = source.read(place.at, source.size - place.at)
    files = []
    expected = 0
    entries = _directory(directory[: place.size], place.entries, limits)
    for path, entry in entries:
        shown = json.dumps(path, ensure_ascii=False)
        if entry.at != expected:
            bad(
                f"{shown} starts at byte {entry.at}, not at {expected}: entries overlap, leave gaps or are out of order"
            )
        header = layout.local_header(entry, zip64_from)
        start = expected + len(header)
        expected = start + entry.size
        if expected > place.at:
            bad(f"{shown} runs over the end of the archive")
        if source.read(entry.at, len(header)) != header:
            bad(f"{shown} has another local header than its directory record says")
        files.append((path, start, entry))
    if expected != place.at:
        bad("it has bytes that belong to no entry")
    names = [entry.name for _, entry in entries]
    if names != sorted(names):
        bad("its entries are not sorted")
    records = b"".join(layout.central_record(entry, zip64_from) for _, entry in entries)
    again = records + layout.end_records(len(entries), place.at, len(records), zip64_from)
    if directory != again:
        at = next(
            (i for i, (a, b) in enumerate(zip(directory, again)) if a != b), min(len(directory), len(again))
        )
        bad(f"its directory differs from its re-serialisation at byte {place.at + at}")
    return files


def _pieces(source: _Source, path: str, start: int, entry: Entry) -> Iterator[bytes]:
    crc = 0
    for at in range(start, start + entry.size, _PIECE_BYTES):
        piece = source.read(at, min(_PIECE_BYTES, start + entry.size - at))
        crc = zlib.crc32(piece, crc)
        yield piece
    if crc != entry.crc:
        bad(f"{json.dumps(path, ensure_ascii=False)} does not match its checksum: its bytes were changed")


def _find_directory(tail: bytes, size: int, limits: ZipLimits) -> _Place:
    end_at = len(tail) - layout.END.size
    if end_at < 0 or struct.unpack_from("<I", tail, end_at)[0] != layout.END_SIGNATURE:
        bad("it does not end in an end-of-directory record without comment")
    _, _, _, _, count, directory_bytes, directory_at, _ = layout.END.unpack_from(tail, end_at)
    end = size - layout.END.size
    locator_at = end_at - layout.LOCATOR.size
    end64_at = locator_at - layout.END64.size
    if end64_at >= 0 and struct.unpack_from("<I", tail, locator_at)[0] == layout.LOCATOR_SIGNATURE:
        signature, *_, count, directory_bytes, directory_at = layout.END64.unpack_from(tail, end64_at)
        if signature != layout.END64_SIGNATURE:
            bad("it has no Zip64 end record where its locator says")
        end = size - (len(tail) - end64_at)
    elif count == layout.FULL16 or layout.FULL32 in (directory_bytes, directory_at):
        bad("it says that it is a Zip64 archive, and has no Zip64 records")
    if count > limits.max_entries:
        raise ArqonError(
            "LIMIT_EXCEEDED", f"the archive has {count} files, at most {limits.max_entries} allowed"
        )
    if directory_at + directory_bytes != end:
        bad("its directory does not end where the end record starts")
    if directory_bytes > count * _MAX_RECORD_BYTES:
        bad("its directory has bytes that belong to no entry")
    return _Place(count, directory_at, directory_bytes)


def _directory(directory: bytes, count: int, limits: ZipLimits) -> list[tuple[str, Entry]]:
    """The records of the central directory, each checked on its own."""
    entries: list[tuple[str, Entry]] = []
    at, total = 0, 0
    for i in range(count):
        if at + layout.CENTRAL.size > len(directory):
            bad(f"entry {i} runs over the end of the directory")
        record = layout.CENTRAL.unpack_from(directory, at)
        signature, made_by, _, flags, method, _, _, crc, stored, size, name_bytes, extra_bytes, comment = (
            record[:13]
        )
        attributes, place = record[15:]
        if signature != layout.CENTRAL_SIGNATURE:
            bad(f"entry {i} has no directory record")
        name_at = at + layout.CENTRAL.size
        extra_at = name_at + name_bytes
        at = extra_at + extra_bytes
        if at > len(directory):
            bad(f"entry {i} runs over the end of the directory")
        name = directory[name_at:extra_at]
        path = _path(name, i)
        shown = json.dumps(path, ensure_ascii=False)
        if method != layout.STORED:
            bad(f"{shown} uses compression method {method}; files must be stored")
        if flags != layout.UTF8_NAMES:
            bad(f"{shown} has other flags than UTF-8 names")
        if made_by >> 8 == 3 and attributes >> 28 != 8:
            bad(f"{shown} has the mode 0{attributes >> 16:o}, which is not a regular file")
        if comment:
            bad(f"{shown} has an extra field or a comment")
        long = _long_fields(directory[extra_at:at], shown)
        size, stored, place = (
            long.pop(0) if value == layout.FULL32 and long else value for value in (size, stored, place)
        )
        if long:
            bad(f"{shown} has a Zip64 field that nothing refers to")
        if size != stored:
            bad(f"{shown} is stored in another size than its own")
        total += size
        if size > limits.max_file_bytes or total > limits.max_total_bytes:
            raise ArqonError(
                "LIMIT_EXCEEDED",
                f"{shown} has {size} bytes; at most {limits.max_file_bytes} a file and "
                f"{limits.max_total_bytes} in all are allowed",
            )
        entries.append((path, Entry(name, size, crc, place)))
    if at != len(directory):
        bad("its directory has bytes that belong to no entry")
    require_paths(path for path, _ in entries)
    return entries


def _long_fields(extra: bytes, shown: str) -> list[int]:
    """The values of the one extra field there may be."""
    if not extra:
        return []
    count = (len(extra) - 4) // 8
    if len(extra) not in (12, 20, 28) or struct.unpack_from("<HH", extra) != (1, 8 * count):
        bad(f"{shown} has an extra field or a comment")
    values = list(struct.unpack_from(f"<{count}Q", extra, 4))
    if max(values) > _MAX_SIZE:
        bad(f"{shown} states a size that no file has")
    return values


def _path(name: bytes, index: int) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        bad(f"the name of entry {index} is not UTF-8")

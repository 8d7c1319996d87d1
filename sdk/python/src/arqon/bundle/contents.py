"""The files of a bundle where some are too large to hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from arqon.bundle.documents import sha256_hex


@dataclass(frozen=True)
class LargeFile:
    """A file that was read once, for its digest, and is not held."""

    sha256: str
    size: int


Contents = Mapping[str, "bytes | LargeFile"]

HELD_BYTES = 2**20
"""Files up to this size are held, and larger ones whose content must be read to be judged."""
_DATA = re.compile(r"(?:^|/)(?:recipe|conditions|results|record)/")


def is_held(path: str, size: int) -> bool:
    """Whether a file of a bundle is one to hold: small, or JSON, or not of a section that keeps data."""
    return size <= HELD_BYTES or path.endswith(".json") or not _DATA.search(path)


def held_files(files: Contents) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if isinstance(data, bytes)}


def digest_of(file: bytes | LargeFile) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return file.sha256 if isinstance(file, LargeFile) else sha256_hex(file)


def size_of(file: bytes | LargeFile) -> int:
    return file.size if isinstance(file, LargeFile) else len(file)

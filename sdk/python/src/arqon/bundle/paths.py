"""Names of files in a bundle: what may be unpacked on any system without surprise."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable

from arqon.errors import ArqonError

MAX_PATH_BYTES = 512
# Control, format (bidirectional and zero-width), private, surrogate, line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_WINDOWS_DEVICE = re.compile(
    r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)", re.IGNORECASE
)


def fold_path(path: str) -> str:
    """The form under which two paths collide on some file system: composed, and in upper, lower, upper case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).upper().lower().upper())


def path_problem(path: str) -> str | None:
    """Why a path may not stand in a bundle, or None when it may."""
    if not path:
        return "it is empty"
    if any("\ud800" <= char <= "\udfff" for char in path):
        return "it is not well-formed Unicode"
    if len(path.encode()) > MAX_PATH_BYTES:
        return f"it is longer than {MAX_PATH_BYTES} bytes"
    if any(unicodedata.category(char) in _UNPRINTABLE for char in path):
        return "it has a control, bidirectional or other invisible character"
    if "\\" in path:
        return "it has a backslash"
    if any(char in '<>:"|?*' for char in path):
        return 'it has one of < > : " | ? *'
    if path.startswith("/"):
        return "it is absolute"
    if path != unicodedata.normalize("NFC", path):
        return "it is not in Unicode form NFC"
    for part in path.split("/"):
        if not part:
            return "it has an empty part or ends in /"
        if part in (".", ".."):
            return f'it has the part "{part}"'
        if part[-1] in ". ":
            return "a part of it ends in a dot or a space"
        if _WINDOWS_DEVICE.match(part):
            return f'"{part}" is a device name on Windows'
    return None


def require_paths(paths: Iterable[str]) -> None:
    """Checks all paths of a bundle, each and against one another.

    Raises ArqonError `BUNDLE_MALFORMED` naming the first path at fault and why.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for path in paths:
        problem = path_problem(path) or _collision(path, files, folders)
        if problem:
            raise ArqonError(
                "BUNDLE_MALFORMED",
                f"{json.dumps(path)} may not be in a bundle: {problem}",
                details={"path": path},
            )


def _collision(path: str, files: dict[str, str], folders: dict[str, str]) -> str | None:
    folded = fold_path(path)
    twin = files.get(folded)
    if twin == path:
        return "it is there twice"
    if twin is not None:
        return f"it differs from {json.dumps(twin)} only in case or composition"
    if folded in folders:
        return "it is also a folder"
    files[folded] = path
    parts = path.split("/")
    for i in range(1, len(parts)):
        folder = "/".join(parts[:i])
        folded_folder = fold_path(folder)
        if folded_folder in files:
            return f'"{folder}" is also a file'
        if folders.setdefault(folded_folder, folder) != folder:
            return f'its folder differs from "{folders[folded_folder]}" only in case'
    return None

"""Other ways to carry a bundle: one folder in an archive (`.eln`), or a BagIt bag. Spec: docs/spec/bundle.md."""

from __future__ import annotations

import re

from arqon.bundle.contents import Contents, LargeFile, digest_of
from arqon.bundle.documents import ARTIFACT_PATH
from arqon.errors import ArqonError

_DECLARATION, _PAYLOAD, _TAGS = "bagit.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
_LINE = re.compile(r"([0-9a-fA-F]{64})[ \t]+\*?(.+)")


def from_container(files: Contents) -> dict[str, bytes | LargeFile]:
    """The bundle in whatever container it came; files that are a bundle already stay as they are.

    Raises ArqonError `BUNDLE_TAMPERED` when a bag's manifests do not agree with its files, `BUNDLE_MALFORMED` for a file
    beside the one folder.
    """
    if ARTIFACT_PATH in files:
        return dict(files)
    if _DECLARATION in files and _PAYLOAD in files:
        return _unbag(files)
    root = next(iter(files), "").split("/")[0]
    if f"{root}/{ARTIFACT_PATH}" not in files:
        return dict(files)
    for path in files:
        if not path.startswith(f"{root}/"):
            raise ArqonError("BUNDLE_MALFORMED", f"{path} is not in the one folder {root}")
    return {path[len(root) + 1 :]: data for path, data in files.items()}


def _unbag(files: Contents) -> dict[str, bytes | LargeFile]:
    payload = {path: data for path, data in files.items() if path.startswith("data/")}
    tags = {path: data for path, data in files.items() if path not in payload and path != _TAGS}
    _agree(_PAYLOAD, files, payload)
    if _TAGS in files:
        _agree(_TAGS, files, tags)
    return {path.removeprefix("data/"): data for path, data in payload.items()}


def _agree(manifest: str, bag: Contents, files: Contents) -> None:
    told: dict[str, str] = {}
    listing = bag[manifest]
    if isinstance(listing, LargeFile):
        raise ArqonError("BUNDLE_MALFORMED", f"{manifest} has {listing.size} bytes, too many to be judged")
    for line in listing.decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if not match:
            raise ArqonError("BUNDLE_TAMPERED", f"{manifest} has a line that is no digest and path")
        path = re.sub(r"%(0A|0D|25)", lambda code: chr(int(code[1], 16)), match[2], flags=re.IGNORECASE)
        told[path] = match[1].lower()
    for path in {**told, **dict.fromkeys(files)}:
        if path not in files:
            raise ArqonError("BUNDLE_TAMPERED", f"{path} was removed: {manifest} lists it")
        if path not in told:
            raise ArqonError("BUNDLE_TAMPERED", f"{path} was added: {manifest} lacks it")
        if digest_of(files[path]) != told[path]:
            raise ArqonError("BUNDLE_TAMPERED", f"{path} was changed: {manifest} has another digest")

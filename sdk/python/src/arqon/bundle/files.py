"""Verification of a bundle's files against one another: no keys involved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from arqon.bundle.contents import Contents, digest_of, held_files, size_of
from arqon.bundle.documents import (
    ARTIFACT_PATH,
    MANIFEST_PATH,
    artifact_id_of,
    listed_files,
    logical_of,
    parse_artifact,
    parse_manifest,
    recipe_id_of,
    sha256_hex,
    sort_key,
)
from arqon.bundle.keys import decode_base64
from arqon.bundle.parents import provenance_test
from arqon.bundle.paths import require_paths
from arqon.bundle.report import ENVELOPE_PATH, PROOF_PATH, REQUIRED_VIEWS, SUMS_PATH, VIEW_PATHS, Findings
from arqon.bundle.signatures import parse_envelope
from arqon.bundle.statement import subjects_of
from arqon.canonical import parse_canonical_json
from arqon.errors import ArqonError

_KEY_FILE = re.compile(r"(attestations|ledger)/keys/(ed25519|ml-dsa-65)\.pub\.pem")
_SUM_LINE = re.compile(r"([0-9a-f]{64})  ([^\r\u2028\u2029]+)")


class ReadBundle(NamedTuple):
    """What later steps need."""

    artifact: dict[str, Any]
    manifest: dict[str, Any]


def verify_files(contents: Contents, found: Findings) -> ReadBundle | None:
    """Runs every check that needs the files alone. Returns None when the bundle cannot even be read."""
    files = held_files(contents)
    found.attempt("paths", "", lambda: require_paths(contents))
    found.ok("paths", f"{len(contents)} files")
    digests = {path: digest_of(data) for path, data in contents.items()}
    artifact = None
    if ARTIFACT_PATH in files:
        artifact = found.attempt("schema", ARTIFACT_PATH, lambda: parse_artifact(files[ARTIFACT_PATH]))
    else:
        found.fail("files", "it was removed", ARTIFACT_PATH)
    _check_sums(files, digests, artifact, found)
    if artifact is None:
        return None
    _check_listing(contents, digests, artifact, found)
    _check_canonical(files, found)
    _check_ids(artifact, found)
    _check_results(files, artifact, found)
    if MANIFEST_PATH not in files:
        return None
    manifest = found.attempt("schema", MANIFEST_PATH, lambda: parse_manifest(files[MANIFEST_PATH]))
    if manifest is None:
        return None
    own, theirs = ("recipe_id", "artifact_id", "artifact_hash"), ("recipe_id", "artifact_id", "artifact_id")
    if [manifest[key] for key in own] != [artifact[key] for key in theirs]:
        found.fail("ids", "it names other ids than artifact.json", MANIFEST_PATH)
    found.ok("schema", "artifact.v1, run_manifest.v1")
    found.ok("ids", f"artifact {artifact['artifact_id']}, recipe {artifact['recipe_id']}")
    return ReadBundle(artifact, manifest)


def render_sums(files: Mapping[str, bytes]) -> bytes:
    """The file `SHA256SUMS`, as coreutils reads it."""
    return _render_digests({path: sha256_hex(data) for path, data in files.items()})


def _render_digests(digests: Mapping[str, str]) -> bytes:
    paths = sorted((path for path in digests if path != SUMS_PATH), key=sort_key)
    return "".join(f"{digests[path]}  {path}\n" for path in paths).encode()


def parse_sums(data: bytes) -> dict[str, str]:
    """Digests by path. Raises ArqonError `BUNDLE_MALFORMED` naming the line."""
    try:
        *lines, rest = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as cause:
        raise ArqonError("BUNDLE_MALFORMED", f"{SUMS_PATH} is not UTF-8") from cause
    if rest:
        raise ArqonError("BUNDLE_MALFORMED", f"{SUMS_PATH} does not end in a line feed")
    sums: dict[str, str] = {}
    for i, line in enumerate(lines):
        match = _SUM_LINE.fullmatch(line)
        if not match or match[2] in sums:
            raise ArqonError("BUNDLE_MALFORMED", f"{SUMS_PATH} line {i + 1} is malformed or repeated")
        sums[match[2]] = match[1]
    return sums


def _check_sums(
    files: Mapping[str, bytes], digests: Mapping[str, str], artifact: dict[str, Any] | None, found: Findings
) -> None:
    """Every file is in SHA256SUMS with its digest, and nothing else is."""
    if SUMS_PATH not in files:
        return found.fail("files", "it was removed", SUMS_PATH)
    sums = found.attempt("digests", SUMS_PATH, lambda: parse_sums(files[SUMS_PATH]))
    if sums is None:
        return None
    witnesses = _witnesses(files, artifact)
    for path, digest in sums.items():
        actual = digests.get(path)
        if actual is None:
            found.fail("files", "it was removed", path)
        elif actual != digest and witnesses.get(path) == actual:
            found.fail("digests", f"its line for {path} was changed", SUMS_PATH)
        elif actual != digest:
            found.fail("digests", f"it was changed: SHA-256 is {actual}, not {digest}", path)
    for path in digests:
        if path == SUMS_PATH or path in sums:
            continue
        if path in witnesses:
            found.fail("files", f"it lacks a line for {path}", SUMS_PATH)
        else:
            found.fail("files", f"it was added: {SUMS_PATH} lacks it", path)
    if not found.failed("files", "digests") and _render_digests(digests) != files[SUMS_PATH]:
        found.fail("digests", "it is not in canonical form", SUMS_PATH)
    return None


def _witnesses(files: Mapping[str, bytes], artifact: dict[str, Any] | None) -> dict[str, str]:
    """What is said of digests, unproven: tells a changed file from a changed line about it."""
    told: dict[str, str] = {}
    try:
        envelope = parse_envelope(files.get(ENVELOPE_PATH, b""), ENVELOPE_PATH)
        told.update(subjects_of(decode_base64(envelope["payload"]) or b""))
    except ArqonError:
        pass  # A later step says what is wrong with the envelope.
    listed = listed_files(artifact) if artifact else {}
    return {**told, **{path: entry["sha256"] for path, entry in listed.items()}}


def _check_listing(
    files: Contents, digests: Mapping[str, str], artifact: dict[str, Any], found: Findings
) -> None:
    """Every file is either listed in artifact.json with its digest, or one of the few that cannot be."""
    listed = listed_files(artifact)
    is_provenance = provenance_test(artifact)
    own = (ARTIFACT_PATH, SUMS_PATH, ENVELOPE_PATH, PROOF_PATH)
    told = {check.path for check in found.checks if check.status == "FAILED"}
    for path, entry in listed.items():
        if path in told:
            continue
        if path not in files:
            found.fail("files", "it was removed: artifact.json lists it", path)
        elif digests[path] != entry["sha256"] or size_of(files[path]) != entry["size"]:
            found.fail("digests", "it was changed: artifact.json lists another digest or size", path)
    for path in (*own, *REQUIRED_VIEWS, MANIFEST_PATH):
        if path not in files and path not in told:
            found.fail("files", "it was removed", path)
    for path in files:
        unlisted = path in own or path in VIEW_PATHS or _KEY_FILE.fullmatch(path)
        belongs = path in listed or unlisted or is_provenance(path)
        if not belongs and path not in told:
            found.fail("files", "it was added: artifact.json does not list it", path)
    found.ok("files", f"{len(files)} files, none added, none removed")
    found.ok("digests", f"{len(digests)} digests")


def _check_canonical(files: Mapping[str, bytes], found: Findings) -> None:
    """JSON files are canonical and end in one line feed."""
    json_files = [path for path in files if path.endswith(".json")]
    for path in json_files:
        found.attempt("canonical", path, partial(parse_canonical_json, files[path], path))
        if not files[path].endswith(b"\n"):
            found.fail("canonical", "it does not end in a line feed", path)
    found.ok("canonical", f"{len(json_files)} JSON files")


def _check_ids(artifact: dict[str, Any], found: Findings) -> None:
    """The ids follow from what artifact.json lists."""
    for name, follows in (
        ("recipe_id", recipe_id_of(artifact["recipe"])),
        ("artifact_id", artifact_id_of(artifact["content"])),
    ):
        if follows != artifact[name]:
            found.fail("ids", f"{name} is {artifact[name]}, but follows as {follows}", ARTIFACT_PATH)


def _check_results(files: Mapping[str, bytes], artifact: dict[str, Any], found: Findings) -> None:
    """Logical digests follow from the bytes of results, where the kind of file is known."""
    known = 0
    entries = artifact["content"]["results"]
    for entry in entries:
        path = entry["path"]
        if path not in files:
            continue
        logical = found.attempt("results", path, partial(logical_of, path, files[path]))
        if logical is None:
            continue
        known += 1
        if logical != (entry["logical_sha256"], entry["rows"]):
            found.fail("results", "its logical digest or number of rows is not the one listed", path)
    rest = "" if known == len(entries) else f" of {len(entries)}; the others are covered by their bytes"
    found.ok("results", f"{known} logical digests recomputed{rest}")

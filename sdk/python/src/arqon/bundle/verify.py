"""Verification of a whole bundle, offline, from its files alone and the keys one trusts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from arqon.bundle.archive import STREAM_LIMITS, read_zip, read_zip_file
from arqon.bundle.containers import from_container
from arqon.bundle.contents import Contents, LargeFile, digest_of, held_files, is_held
from arqon.bundle.documents import ARTIFACT_PATH, MANIFEST_PATH, Ids, read_times, record_id_of
from arqon.bundle.files import ReadBundle, verify_files
from arqon.bundle.keys import SUITES, PublicKey, key_from_pem, read_distrust, read_trust
from arqon.bundle.ledger import parse_proof, verify_checkpoint
from arqon.bundle.parents import check_parents, provenance_test
from arqon.bundle.report import (
    ENVELOPE_PATH,
    FAILED,
    NOT_CHECKED,
    OK,
    PROOF_PATH,
    REQUIRED_VIEWS,
    VIEW_PATHS,
    Check,
    Findings,
    Report,
)
from arqon.bundle.signatures import IN_TOTO_TYPE, REQUIRED, parse_envelope, verify_envelope
from arqon.bundle.statement import build_statement, subjects_of
from arqon.errors import ArqonError

# Archives and files up to this size are read at once.
_WHOLE_BYTES = 64 * 2**20
_MAX_HELD_BYTES = 2**30

Trust = str | Path | Iterable[PublicKey | Mapping[str, Any]]


def verify(
    source: str | Path | bytes | Mapping[str, bytes],
    trust: Trust | None = None,
    refused: Iterable[str] | None = None,
    require: Sequence[str] = REQUIRED,
) -> Report:
    """Verifies a bundle: a ZIP or .eln file, its bytes, a folder, a BagIt bag, or files by path.

    `trust` is a trust file or keys; without it the bundle's own keys are used, and the report says that nobody vouched
    for them. `refused` are ids of keys whose signatures are refused whatever is trusted; left out with `trust`, they are
    those taken out of the trust file of this ARQON_HOME (its distrust.json). `require` names the suites that must have
    signed: "ed25519" and "ml-dsa-65", both, unless told otherwise.
    A bad bundle does not raise: everything wrong is a check that FAILED, with its path.
    Raises ArqonError `FILE_UNREADABLE`, `LIMIT_EXCEEDED`, or for a malformed trust file.
    """
    if isinstance(require, str) or not require or any(suite not in SUITES for suite in require):
        raise ArqonError("USAGE", f"require is {require!r:.60}: one or more of {', '.join(SUITES)} are meant")
    trusted_keys = None if trust is None else read_trust(trust)
    if refused is None:
        refused = read_distrust() if trust is None else ()
    found = Findings()
    try:
        contents = from_container(_files_at(source))
        files = held_files(contents)
    except ArqonError as error:
        if error.code not in ("BUNDLE_MALFORMED", "BUNDLE_TAMPERED"):
            raise
        found.fail("paths", error.message, code=error.code)
        return Report("FAILED", False, None, found.checks)
    read = verify_files(contents, found)
    attestation, ledger = (
        _keys_under("attestations/keys/", files, found),
        _keys_under("ledger/keys/", files, found),
    )
    signers: list[str] = []
    if read:
        signers += _check_envelope(contents, read, attestation, require, found)
        check_parents(files, read.artifact, trusted_keys, require, found)
        signers += _check_ledger(files, ledger or attestation, require, found)
    created_at = read.manifest["created_at"] if read else ""
    own = [*attestation, *ledger]
    trusted = _check_trust(own, dict.fromkeys(signers), trusted_keys, frozenset(refused), created_at, found)
    ids = None
    if read:
        artifact = read.artifact
        ids = Ids(
            recipe_id=artifact["recipe_id"],
            artifact_id=artifact["artifact_id"],
            record_id=record_id_of(files[ARTIFACT_PATH]),
        )
    return Report(_verdict(found.checks, trust is not None, trusted), trusted, ids, found.checks)


def read_files(source: str | Path | bytes | Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a bundle, wherever it is and in whatever container. Links in a folder are refused.

    Raises ArqonError `LIMIT_EXCEEDED` for one with a file that is too large to hold; `verify` takes those.
    """
    contents = from_container(_files_at(source))
    for path, file in contents.items():
        if isinstance(file, LargeFile):
            raise ArqonError("LIMIT_EXCEEDED", f"{path} has {file.size} bytes, too many to hold")
    return held_files(contents)


def _files_at(source: str | Path | bytes | Mapping[str, bytes]) -> Contents:
    if isinstance(source, Mapping):
        return dict(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return read_zip(bytes(source))
    if not isinstance(source, str | Path):
        raise ArqonError("USAGE", f"a bundle is a path, bytes or files by name, not {type(source).__name__}")
    root = Path(source)
    try:
        if not root.is_dir():
            return read_zip_file(root) if root.stat().st_size > _WHOLE_BYTES else read_zip(root.read_bytes())
        files: dict[str, bytes | LargeFile] = {}
        held = 0
        # Not listed to its end where it is no bundle.
        paths = list(islice(root.rglob("*"), 2 * STREAM_LIMITS.max_entries + 1))
        if len(paths) > 2 * STREAM_LIMITS.max_entries:
            raise ArqonError("LIMIT_EXCEEDED", f"{root} has too many files")
        for path in sorted(paths):
            name = path.relative_to(root).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise ArqonError("BUNDLE_MALFORMED", f"{name} is not a regular file")
            if path.is_dir() and next(path.iterdir(), None) is None:
                raise ArqonError("BUNDLE_MALFORMED", f"{name} is a folder with nothing in it")
            if path.is_file():
                size = path.stat().st_size
                large = size > _WHOLE_BYTES and not is_held(name, size)
                held += 0 if large else size
                if len(files) >= STREAM_LIMITS.max_entries or held > _MAX_HELD_BYTES:
                    raise ArqonError("LIMIT_EXCEEDED", f"{root} has too many files, or too large ones")
                files[name] = _digested(path) if large else path.read_bytes()
        return files
    except OSError as cause:
        raise ArqonError("FILE_UNREADABLE", f"{root}: {cause}") from cause


def _digested(path: Path) -> LargeFile:
    with path.open("rb") as handle:
        return LargeFile(hashlib.file_digest(handle, "sha256").hexdigest(), handle.tell())


def _verdict(checks: list[Check], has_trust: bool, trusted: bool) -> str:
    others = [check.status for check in checks if check.name != "trust"]
    if FAILED in others:
        return "FAILED"
    refused = any(check.name == "trust" and check.status == FAILED for check in checks)
    return "UNTRUSTED" if NOT_CHECKED in others or refused or (has_trust and not trusted) else "VERIFIED"


def _keys_under(folder: str, files: Mapping[str, bytes], found: Findings) -> list[PublicKey]:
    keys = []
    for path, data in files.items():
        name = path.removeprefix(folder).removesuffix(".pub.pem")
        if path != f"{folder}{name}.pub.pem" or name not in SUITES:
            continue
        key = found.attempt("signature", path, partial(_read_key, data, path))
        if key and key.algorithm != name:
            found.fail("signature", f"it holds an {key.algorithm} key", path)
        elif key:
            keys.append(key)
    return keys


def _read_key(data: bytes, path: str) -> PublicKey:
    return key_from_pem(data.decode("utf-8"), path)


def _check_envelope(
    contents: Contents,
    read: ReadBundle,
    keys: list[PublicKey],
    require: Sequence[str],
    found: Findings,
) -> list[str]:
    data = held_files(contents).get(ENVELOPE_PATH)
    if data is None:
        return []
    envelope = found.attempt("signature", ENVELOPE_PATH, lambda: parse_envelope(data, ENVELOPE_PATH))
    if not envelope:
        return []
    if envelope["payloadType"] != IN_TOTO_TYPE:
        found.fail("signature", f'its payload type is "{envelope["payloadType"]}"', ENVELOPE_PATH)
    verdict = verify_envelope(envelope, keys, require)
    found.add("signature", verdict.status, verdict.detail, ENVELOPE_PATH, verdict.code)
    used = [signature["keyid"] for signature in envelope["signatures"]]
    known = [key.key_id for key in keys]
    for key in keys:
        if key.key_id not in used:
            detail = f"the {key.algorithm} key of the bundle signed nothing"
            found.fail("signature", detail, code="SIGNATURE_MISSING")
    for key_id in dict.fromkeys(used):
        if key_id not in known:
            detail = f"it has a signature by {key_id}, whose key is not in the bundle"
            found.fail("signature", detail, ENVELOPE_PATH, "KEY_UNKNOWN")
    # The manifest is signed: who takes a signature away cannot change what it says.
    carried = sorted(key.algorithm for key in keys if key.key_id in used)
    stated = read.manifest["pqc_suite"]
    if sorted(stated.split("+")) != carried:
        detail = f"the manifest says {stated} signed it, not {'+'.join(carried)}"
        found.fail("signature", detail, MANIFEST_PATH, "SIGNATURE_MISSING")
    if verdict.payload is not None:
        _check_statement(contents, read, verdict.payload, found)
    return verdict.valid_key_ids


def _check_statement(files: Contents, read: ReadBundle, statement: bytes, found: Findings) -> None:
    """The statement is exactly the one that follows from the files: every subject's digest, and every word of it."""
    subjects = found.attempt("statement", ENVELOPE_PATH, lambda: subjects_of(statement))
    if subjects is None:
        return
    signed = [
        ARTIFACT_PATH,
        MANIFEST_PATH,
        *(entry["path"] for entry in read.artifact["results"]),
        *REQUIRED_VIEWS,
    ]
    is_provenance = provenance_test(read.artifact)
    # What may be missing must be signed where it is, and be there where it is signed.
    for path in dict.fromkeys([*files, *subjects]):
        optional = path in VIEW_PATHS and path not in REQUIRED_VIEWS
        if optional or is_provenance(path):
            signed.append(path)
    for path in signed:
        if path not in subjects:
            found.fail("statement", "the signed statement does not cover it", path)
        elif path not in files:
            found.fail("statement", "it was removed: the signed statement covers it", path)
        elif subjects[path] != digest_of(files[path]):
            found.fail("statement", "it was changed: the signed statement has another digest", path)
    for path in subjects:
        if path not in signed:
            found.fail("statement", "the signed statement covers it, and it may not be here", path)
    present = {path: files[path] for path in signed if path in files}
    expected = build_statement(read.artifact, read.manifest, present, read_times(held_files(files)))
    if not found.failed("statement") and expected != statement:
        found.fail("statement", "the signed statement says other things than the files", ENVELOPE_PATH)
    found.ok(
        "statement", f"{len(subjects)} files signed directly, all others by their digests in artifact.json"
    )


def _check_ledger(
    files: Mapping[str, bytes], keys: list[PublicKey], require: Sequence[str], found: Findings
) -> list[str]:
    data, entry = files.get(PROOF_PATH), files.get(ENVELOPE_PATH)
    if data is None or entry is None:
        return []
    proof = found.attempt("ledger", PROOF_PATH, lambda: parse_proof(data.decode("utf-8")))
    if not proof:
        return []
    if proof.text().encode() != data:
        found.fail("ledger", "it is not in canonical form", PROOF_PATH, "LEDGER_INVALID")
    if not proof.includes(entry):
        detail = "the proof does not lead from the envelope to the checkpoint's root"
        found.fail("ledger", detail, PROOF_PATH, "PROOF_INVALID")
    found.ok("ledger", f"entry {proof.index} of {proof.origin}")
    verdict = verify_checkpoint(proof, keys, require)
    found.add("checkpoint", verdict.status, verdict.detail, PROOF_PATH, verdict.code)
    return verdict.valid_key_ids


def _check_trust(
    own: list[PublicKey],
    signers: Iterable[str],
    trust: list[PublicKey] | None,
    refused: frozenset[str],
    created_at: str,
    found: Findings,
) -> bool:
    """Whether every key that signed is one the caller trusts."""
    signers = list(signers)
    removed = [key_id for key_id in dict.fromkeys(key.key_id for key in own) if key_id in refused]
    for key_id in removed:
        found.fail("trust", f"key {key_id} was removed from your trust file", code="KEY_UNKNOWN")
    if removed:
        return False
    if trust is None:
        ids = ", ".join(dict.fromkeys(key.key_id for key in own)) or "missing"
        found.add("trust", NOT_CHECKED, f"no trust was given; the bundle's own keys are {ids}")
        return False
    known = {key.key_id: key for key in trust}
    problems = []
    for key_id in signers:
        key = known.get(key_id)
        if key is None:
            problems.append(("KEY_UNKNOWN", f"the key {key_id} is not in your trust"))
        elif key.not_before and _instant(created_at) < _instant(key.not_before):
            problems.append(("KEY_EXPIRED", f"the key {key_id} is valid only from {key.not_before}"))
        elif key.not_after and _instant(created_at) > _instant(key.not_after):
            problems.append(("KEY_EXPIRED", f"the key {key_id} is valid only up to {key.not_after}"))
    if not signers:
        problems.append(("KEY_UNKNOWN", "no valid signature by any key"))
    for code, problem in problems:
        found.fail("trust", problem, code=code)
    if not problems:
        found.add("trust", OK, f"{len(signers)} signing keys, all in your trust")
    return not problems


def _instant(time: str) -> str:
    """A UTC time to the millisecond, as text that sorts."""
    return time[:19] + time[20:].removesuffix("Z").ljust(3, "0")[:3]

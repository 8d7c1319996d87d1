"""A run manifest that can be believed by itself: with the statement that was signed over it, and its place in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arqon.bundle.documents import MANIFEST_PATH, parse_manifest, sha256_hex
from arqon.bundle.keys import PublicKey, read_trust
from arqon.bundle.ledger import parse_proof, verify_checkpoint
from arqon.bundle.plain_yaml import from_yaml, to_yaml
from arqon.bundle.report import ENVELOPE_PATH, NOT_CHECKED, PROOF_PATH, Findings, Report
from arqon.bundle.signatures import IN_TOTO_TYPE, parse_envelope, verify_envelope
from arqon.bundle.statement import subjects_of
from arqon.bundle.verify import Trust, read_files
from arqon.canonical import canonical_json_file, parse_canonical_json
from arqon.errors import ArqonError

SIGNED_MANIFEST_SCHEMA = "urn:arqon:signed_manifest:v1"
_MODES = {
    "classical": ("ed25519",),
    "hybrid": ("ed25519", "ml-dsa-65"),
    "pqc-required": ("ml-dsa-65",),
}


def signed_manifest(source: str | Path | bytes | Mapping[str, bytes], form: str = "yaml") -> bytes:
    """The signed manifest of a bundle as a file: `form` is "json" or "yaml"; both say the same."""
    files = read_files(source)
    for path in (MANIFEST_PATH, ENVELOPE_PATH, PROOF_PATH):
        if path not in files:
            raise ArqonError("BUNDLE_MALFORMED", f"the bundle has no {path}")
    value = {
        "schema": SIGNED_MANIFEST_SCHEMA,
        "manifest": parse_manifest(files[MANIFEST_PATH]),
        "envelope": parse_envelope(files[ENVELOPE_PATH], ENVELOPE_PATH),
        "proof": files[PROOF_PATH].decode(),
    }
    if form not in ("json", "yaml"):
        raise ValueError(f'form is "json" or "yaml", not "{form}"')
    return canonical_json_file(value) if form == "json" else to_yaml(value).encode()


def verify_manifest(source: str | Path | bytes, trust: Trust, mode: str = "hybrid") -> Report:
    """Judges a signed manifest offline, by the keys of `trust` alone; `mode` says which suites must have signed.

    A bad manifest does not raise: everything wrong is a check that FAILED. Raises ArqonError `JSON_INVALID` or
    `BUNDLE_MALFORMED` for a file that is none, and as `read_trust` does.
    """
    required = _MODES[mode]
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    value = _parse(data)
    manifest = value["manifest"]
    keys = read_trust(trust)
    found = Findings()
    envelope = value["envelope"]
    if envelope["payloadType"] != IN_TOTO_TYPE:
        found.fail("signature", f'its payload type is "{envelope["payloadType"]}"')
    verdict = verify_envelope(
        envelope, [key for key in keys if _valid_at(key, manifest["created_at"])], required
    )
    valid = {key.key_id for key in keys if _valid_at(key, manifest["created_at"])}
    named = {entry["keyid"] for entry in envelope["signatures"]}
    is_expired = verdict.code == "KEY_UNKNOWN" and any(key.key_id in named - valid for key in keys)
    code = "KEY_EXPIRED" if is_expired else verdict.code
    found.add("signature", verdict.status, verdict.detail, code=code)
    subjects = verdict.payload and found.attempt("statement", "", lambda: subjects_of(verdict.payload or b""))
    if subjects and subjects.get(MANIFEST_PATH) == sha256_hex(canonical_json_file(manifest)):
        found.ok("statement", "the signed statement has the digest of this manifest")
    else:
        found.fail("statement", "the signed statement has another digest: the manifest was changed")
    proof = found.attempt("ledger", "", lambda: parse_proof(value["proof"]))
    if proof:
        if proof.includes(canonical_json_file(envelope)):
            found.ok("ledger", f"entry {proof.index} of {proof.origin}")
        else:
            detail = "the proof does not lead from the envelope to the checkpoint's root"
            found.fail("ledger", detail, code="PROOF_INVALID")
        # A later checkpoint is signed by whoever signs then: its keys must be trusted, not be valid at the run's time.
        checkpoint = verify_checkpoint(proof, keys, required)
        found.add("checkpoint", checkpoint.status, checkpoint.detail, code=checkpoint.code)
    statuses = [check.status for check in found.checks]
    result = "FAILED" if "FAILED" in statuses else "UNTRUSTED" if NOT_CHECKED in statuses else "VERIFIED"
    return Report(result, result == "VERIFIED", None, found.checks)


def _parse(data: bytes) -> dict[str, Any]:
    if data.startswith(b"{"):
        value = parse_canonical_json(data, "manifest")
    else:
        try:
            value = from_yaml(data.decode("utf-8"), "manifest")
        except UnicodeDecodeError as cause:
            raise ArqonError("JSON_INVALID", "manifest is not UTF-8") from cause
    keys = {"schema", "manifest", "envelope", "proof"}
    if (
        not isinstance(value, dict)
        or value.keys() != keys
        or value["schema"] != SIGNED_MANIFEST_SCHEMA
        or not isinstance(value["proof"], str)
    ):
        raise ArqonError("BUNDLE_MALFORMED", "it does not have the form of signed_manifest.v1")
    return {
        "manifest": parse_manifest(canonical_json_file(value["manifest"])),
        "envelope": parse_envelope(canonical_json_file(value["envelope"]), "envelope"),
        "proof": value["proof"],
    }


def _valid_at(key: PublicKey, time: str) -> bool:
    early = key.not_before and time[:19] < key.not_before[:19]
    late = key.not_after and time[:19] > key.not_after[:19]
    return not early and not late

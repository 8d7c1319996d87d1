"""DSSE envelopes, and the rule by which one is believed: every required suite must have signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from arqon.bundle.keys import PublicKey, decode_base64
from arqon.bundle.report import FAILED, NOT_CHECKED, OK
from arqon.canonical import canonical_json, parse_canonical_json
from arqon.errors import ArqonError

IN_TOTO_TYPE = "application/vnd.in-toto+json"
MAX_SIGNATURES = 8
REQUIRED = ("ed25519", "ml-dsa-65")


@dataclass
class Verdict:
    """How an envelope or checkpoint fared. Believe `payload` only when `status` is OK."""

    status: str
    detail: str
    valid_key_ids: list[str] = field(default_factory=list)
    payload: bytes | None = None
    code: str = ""
    """Where it FAILED: what of, as an error of the catalogue."""


@dataclass
class Tally:
    """Which suites have signed so far."""

    signed: list[str] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)
    valid_key_ids: list[str] = field(default_factory=list)

    def count(self, key: PublicKey, message: bytes, signature: bytes) -> bool:
        """Judges one signature. Returns False when it is invalid, which refuses the whole."""
        verdict = key.verify(message, signature)
        if verdict is None:
            self.unavailable.append(key.algorithm)
        elif verdict:
            self.signed.append(key.algorithm)
            self.valid_key_ids.append(key.key_id)
        return verdict is not False

    def missing(self, required: Sequence[str]) -> str | None:
        """A suite without a valid signature that this installation could have checked."""
        return next(
            (name for name in required if name not in self.signed and name not in self.unavailable), None
        )

    def verdict(self, required: Sequence[str], detail: str) -> Verdict:
        """NOT_CHECKED when a required suite could not be checked, else OK with `detail`."""
        if any(name not in self.signed for name in required):
            suites = ", ".join(dict.fromkeys(self.unavailable))
            return Verdict(
                NOT_CHECKED, f"this installation cannot check {suites} signatures", self.valid_key_ids
            )
        return Verdict(OK, detail, self.valid_key_ids)


def parse_envelope(data: bytes, what: str) -> dict[str, Any]:
    """Reads an envelope from canonical JSON; nothing is verified yet. Raises ArqonError `JSON_INVALID`."""
    envelope = parse_canonical_json(data, what)
    right = (
        isinstance(envelope, dict)
        and envelope.keys() == {"payload", "payloadType", "signatures"}
        and isinstance(envelope["payload"], str)
        and isinstance(envelope["payloadType"], str)
        and isinstance(envelope["signatures"], list)
        and all(
            isinstance(s, dict)
            and s.keys() == {"keyid", "sig"}
            and all(isinstance(v, str) for v in s.values())
            for s in envelope["signatures"]
        )
    )
    if not right:
        raise ArqonError(
            "JSON_INVALID", f"{what} must have exactly payload, payloadType and signatures of keyid and sig"
        )
    return envelope


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: what every signature of an envelope covers."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def verify_envelope(
    envelope: dict[str, Any], keys: Iterable[PublicKey], required: Sequence[str] = REQUIRED
) -> Verdict:
    """Judges an envelope: number of signatures; canonical base64; every signature by a known key, each key at most once,
    an invalid one refusing the whole; every required suite; a canonical payload.
    """
    signatures = envelope["signatures"]
    if len(signatures) > MAX_SIGNATURES:
        detail = f"{len(signatures)} signatures, at most {MAX_SIGNATURES} allowed"
        return Verdict(FAILED, detail, code="SIGNATURE_INVALID")
    payload = decode_base64(envelope["payload"])
    if payload is None:
        return Verdict(FAILED, "the payload is not canonical base64", code="SIGNATURE_INVALID")
    message = pae(envelope["payloadType"], payload)
    by_id = {key.key_id: key for key in keys}
    seen: set[str] = set()
    tally = Tally()

    def failed(detail: str, code: str = "SIGNATURE_INVALID") -> Verdict:
        return Verdict(FAILED, detail, tally.valid_key_ids, payload, code)

    for entry in signatures:
        key_id = entry["keyid"]
        if key_id in seen:
            return failed(f"two signatures name the key {key_id}")
        seen.add(key_id)
        signature = decode_base64(entry["sig"])
        if signature is None:
            return failed(f"the signature of {key_id} is not canonical base64")
        key = by_id.get(key_id)
        if key and not tally.count(key, message, signature):
            return failed(f"the {key.algorithm} signature of {key_id} is invalid")
    missing = tally.missing(required)
    if missing:
        code = "KEY_UNKNOWN" if seen - by_id.keys() else "SIGNATURE_MISSING"
        return failed(f"no valid {missing} signature by a known key", code)
    if not _is_canonical(payload):
        return failed("the payload is not canonical JSON")
    verdict = tally.verdict(required, f"signed with {' and '.join(tally.signed)}")
    verdict.payload = payload
    return verdict


def _is_canonical(payload: bytes) -> bool:
    try:
        value = parse_canonical_json(payload, "payload")
    except ArqonError:
        return False
    return canonical_json(value).encode() == payload

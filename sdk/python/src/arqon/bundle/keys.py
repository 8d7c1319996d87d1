"""Public keys: their suites, their ids, and the check of a single signature."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from arqon.bundle.documents import is_utc_time, sha256_hex
from arqon.canonical import parse_json
from arqon.errors import ArqonError
from arqon.settings import home_path

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key
except ImportError:  # The extra "verify" is not installed: every signature is then NOT_CHECKED.
    load_der_public_key = None  # type: ignore[assignment]


class Suite(NamedTuple):
    spki_prefix: bytes
    key_bytes: int
    signature_bytes: int


SUITES = {
    "ed25519": Suite(bytes.fromhex("302a300506032b6570032100"), 32, 64),
    "ml-dsa-65": Suite(bytes.fromhex("308207b2300b0609608648016503040312038207a100"), 1952, 3309),
}
_FIELDS = frozenset({"keyId", "algorithm", "publicKeyPem", "notBefore", "notAfter", "comment"})
_KEY_ID = re.compile(r"sha256:[0-9a-f]{64}")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END PUBLIC KEY-----\n")


@dataclass(frozen=True)
class PublicKey:
    """A key and what it may be trusted for. `not_before` and `not_after` are RFC 3339, empty where open."""

    algorithm: str
    spki: bytes
    """DER of the SubjectPublicKeyInfo."""
    not_before: str = ""
    not_after: str = ""

    @property
    def key_id(self) -> str:
        """ "sha256:" and the digest of the DER."""
        return f"sha256:{sha256_hex(self.spki)}"

    @property
    def raw(self) -> bytes:
        return self.spki[len(SUITES[self.algorithm].spki_prefix) :]

    def verify(self, message: bytes, signature: bytes) -> bool | None:
        """Whether the signature is valid; None when this installation cannot check the algorithm."""
        if len(signature) != SUITES[self.algorithm].signature_bytes:
            return False
        if load_der_public_key is None:
            return None
        try:
            key: Any = load_der_public_key(self.spki)
        except (UnsupportedAlgorithm, ValueError):
            return None  # The DER was checked before, so it is the algorithm that is missing.
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        except UnsupportedAlgorithm:
            return None
        return True


def pem_of(spki: bytes) -> str:
    """Base64 in lines of 64, with a final line feed."""
    text = base64.b64encode(spki).decode()
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"


def key_from_pem(pem: str, what: str) -> PublicKey:
    """Reads exactly the form that `pem_of` writes. Raises ArqonError `SIGNATURE_INVALID` naming `what`."""
    match = _PEM.fullmatch(pem)
    spki = decode_base64(match[1].replace("\n", "")) if match else None
    if spki is None or pem_of(spki) != pem:
        raise ArqonError("SIGNATURE_INVALID", f"{what} is not a PEM public key in canonical form")
    for algorithm, suite in SUITES.items():
        if spki.startswith(suite.spki_prefix) and len(spki) == len(suite.spki_prefix) + suite.key_bytes:
            return PublicKey(algorithm, spki)
    raise ArqonError("SIGNATURE_INVALID", f"{what} is a public key of an algorithm that is not known")


def read_trust(trust: str | Path | Iterable[PublicKey | Mapping[str, Any]]) -> list[PublicKey]:
    """Keys from a trust file (ARQON_HOME's trust.json) or from a list of keys or of its entries.

    Raises ArqonError `FILE_UNREADABLE`, `JSON_INVALID`, `JSON_AMBIGUOUS`, `SIGNATURE_INVALID`.
    """
    if isinstance(trust, (str, Path)):
        try:
            entries = parse_json(Path(trust).read_text("utf-8"), str(trust))
        except OSError as cause:
            raise ArqonError("FILE_UNREADABLE", f"{trust}: {cause}") from cause
        except UnicodeDecodeError as cause:
            raise ArqonError("JSON_INVALID", f"{trust}: {cause}") from cause
        if not isinstance(entries, list):
            raise ArqonError("JSON_INVALID", f"{trust} must be a JSON array of keys")
    else:
        entries = list(trust)
    return [entry if isinstance(entry, PublicKey) else _trusted(entry, i) for i, entry in enumerate(entries)]


def read_distrust() -> list[str]:
    """Ids of the keys that were taken out of the trust file of this ARQON_HOME: its distrust.json.

    Raises ArqonError `FILE_UNREADABLE`, `JSON_INVALID`, `JSON_AMBIGUOUS`: a list
    that cannot be read is not taken for an empty one.
    """
    path = home_path() / "distrust.json"
    try:
        entries = parse_json(path.read_text("utf-8"), str(path))
    except FileNotFoundError:
        return []
    except OSError as cause:
        raise ArqonError("FILE_UNREADABLE", f"{path}: {cause}") from cause
    except UnicodeDecodeError as cause:
        raise ArqonError("JSON_INVALID", f"{path}: {cause}") from cause
    if not isinstance(entries, list) or not all(
        isinstance(id, str) and _KEY_ID.fullmatch(id) for id in entries
    ):
        raise ArqonError("JSON_INVALID", f"{path} must be a JSON array of key ids")
    return entries


def _trusted(entry: Any, index: int) -> PublicKey:
    what = f"trust entry {index}"
    if not isinstance(entry, Mapping) or not isinstance(entry.get("publicKeyPem"), str):
        raise ArqonError("JSON_INVALID", f'{what}: "publicKeyPem" is not a text')
    # A misspelt limit must not be a limit that is missing.
    unknown = next((name for name in entry if name not in _FIELDS), None)
    if unknown is not None:
        raise ArqonError("JSON_INVALID", f'{what} has the field "{str(unknown)[:40]}", which is not known')
    for field in ("notBefore", "notAfter"):
        if field in entry and not is_utc_time(entry[field]):
            raise ArqonError("JSON_INVALID", f'{what}: "{field}" is not a UTC time (RFC 3339)')
    key = key_from_pem(entry["publicKeyPem"], what)
    if entry.get("keyId") != key.key_id or entry.get("algorithm") != key.algorithm:
        raise ArqonError("JSON_INVALID", f"{what}: keyId or algorithm is not that of its public key")
    return PublicKey(key.algorithm, key.spki, str(entry.get("notBefore", "")), str(entry.get("notAfter", "")))


def decode_base64(text: str) -> bytes | None:
    """Bytes of canonical base64, padded; None for anything else."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None

"""The run ledger's word: C2SP proof files and signed checkpoints, over Merkle trees of RFC 9162."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from arqon.bundle.keys import PublicKey, decode_base64
from arqon.bundle.report import FAILED
from arqon.bundle.signatures import REQUIRED, Tally, Verdict
from arqon.errors import ArqonError

_HEADER = "c2sp.org/tlog-proof@v1"
_MAX_HASHES = 63
_MAX_SIGNATURES = 16
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_MAX_COUNT = 2**53 - 1
_NOTE_TYPES = {"ed25519": b"\x01", "ml-dsa-65": b"\xffurn:arqon:note:ml-dsa-65:v1"}


@dataclass(frozen=True)
class Proof:
    """A leaf's place in a log, the way to the log's root, and the signed checkpoint with that root."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    origin: str
    size: int
    root: bytes
    body: str
    """What the checkpoint's signatures cover."""
    signatures: tuple[tuple[str, bytes], ...]
    """Name, and key hash followed by signature."""

    def text(self) -> str:
        """The file in its canonical form."""
        hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in self.hashes)
        return f"{_HEADER}\nindex {self.index}\n{hashes}\n{self.note}"

    def includes(self, entry: bytes) -> bool:
        """Whether the proof leads from an entry's bytes to the checkpoint's root."""
        leaf = hashlib.sha256(b"\x00" + entry).digest()
        return verify_inclusion(self.index, self.size, leaf, self.hashes, self.root)


def parse_proof(text: str) -> Proof:
    """Reads a proof file; nothing is verified yet. Raises ArqonError `LEDGER_INVALID`."""
    head, gap, note = text.partition("\n\n")
    if not gap:
        _bad("the ledger proof has no checkpoint")
    lines = head.split("\n")
    if lines.pop(0) != _HEADER:
        _bad(f'the ledger proof does not start with "{_HEADER}"')
    if lines and re.fullmatch(r"extra [A-Za-z0-9+/]+={0,2}", lines[0]):
        lines.pop(0)
    index = _count(lines.pop(0).removeprefix("index ") if lines and lines[0].startswith("index ") else "")
    if index is None:
        _bad("the ledger proof has no index")
    if len(lines) > _MAX_HASHES:
        _bad(f"the ledger proof has {len(lines)} hashes")
    hashes = tuple(_hash(line, f"the ledger proof has a malformed hash {i}") for i, line in enumerate(lines))
    return Proof(index, hashes, note, *_parse_checkpoint(note))


def _parse_checkpoint(note: str) -> tuple[str, int, bytes, str, tuple[tuple[str, bytes], ...]]:
    body, gap, rest = note.partition("\n\n")
    if not gap or not note.endswith("\n"):
        _bad("the checkpoint is not a signed note")
    lines = body.split("\n")
    if not _is_name(lines[0]):
        _bad("the checkpoint's origin is malformed")
    size = _count(lines[1]) if len(lines) > 1 else None
    if size is None:
        _bad("the checkpoint's size is malformed")
    if len(lines) != 3:
        _bad("the checkpoint has other than three lines")
    root = _hash(lines[2], "the checkpoint's root is not 32 bytes in base64")
    signature_lines = rest[:-1].split("\n")
    if len(signature_lines) > _MAX_SIGNATURES:
        _bad(f"the checkpoint has {len(signature_lines)} signature lines")
    signatures = []
    for line in signature_lines:
        dash, _, named = line.partition(" ")
        name, _, data = named.partition(" ")
        signature = decode_base64(data) if dash == "\u2014" and _is_name(name) else None
        if signature is None or len(signature) < 5:
            _bad("a signature line of the checkpoint is malformed")
        signatures.append((name, signature))
    return lines[0], size, root, f"{body}\n", tuple(signatures)


def verify_checkpoint(proof: Proof, keys: Iterable[PublicKey], required: Sequence[str] = REQUIRED) -> Verdict:
    """Judges the checkpoint's signatures: one invalid refuses the whole, lines of unknown keys are ignored, and every
    required suite must have signed.
    """
    message = proof.body.encode()
    tally = Tally()

    def failed(detail: str, code: str = "LEDGER_INVALID") -> Verdict:
        return Verdict(FAILED, detail, tally.valid_key_ids, code=code)

    strangers = [data for name, data in proof.signatures if name == proof.origin]
    for key in keys:
        mark = note_key_hash(proof.origin, key)
        lines = [data for name, data in proof.signatures if name == proof.origin and data[:4] == mark]
        if len(lines) > 1:
            return failed(f"two checkpoint signatures by {key.key_id}")
        strangers = [data for data in strangers if data[:4] != mark]
        if lines and not tally.count(key, message, lines[0][4:]):
            return failed(f"the {key.algorithm} signature of the checkpoint is invalid")
    missing = tally.missing(required)
    if missing:
        code = "KEY_UNKNOWN" if strangers else "SIGNATURE_MISSING"
        return failed(f"no valid {missing} signature on the checkpoint by a known key", code)
    signed = " and ".join(tally.signed)
    return tally.verdict(required, f"{proof.origin}, {proof.size} entries, signed with {signed}")


def note_key_hash(origin: str, key: PublicKey) -> bytes:
    """How a note names the key that signed it: 4 bytes."""
    return hashlib.sha256(f"{origin}\n".encode() + _NOTE_TYPES[key.algorithm] + key.raw).digest()[:4]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf with this hash stands at `index` in the tree of `size` leaves under `root`."""
    if not 0 <= index < size or any(len(one) != 32 for one in (leaf, root, *proof)):
        return False
    at, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at % 2 or at == last:
            current = _node(sibling, current)
            while at % 2 == 0 and at > 0:
                at, last = at // 2, last // 2
        else:
            current = _node(current, sibling)
        at, last = at // 2, last // 2
    return last == 0 and current == root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _hash(text: str, problem: str) -> bytes:
    data = decode_base64(text)
    if data is None or len(data) != 32:
        _bad(problem)
    return data


def _count(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) and int(text) <= _MAX_COUNT else None


def _is_name(text: str) -> bool:
    plain = all(not char.isspace() and char != "+" and unicodedata.category(char)[0] != "C" for char in text)
    return plain and 1 <= len(text) <= 255


def _bad(what: str) -> NoReturn:
    raise ArqonError("LEDGER_INVALID", what)

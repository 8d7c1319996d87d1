"""Damaged bundles, each with its own code, and archives with Zip64."""

from __future__ import annotations

import base64
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import arqon
from arqon import bundle
from arqon.bundle import contents as contents_module
from arqon.bundle.archive import read_zip_file
from arqon.bundle.contents import LargeFile, is_held
from arqon.bundle.documents import is_utc_time
from arqon.bundle.files import render_sums
from arqon.bundle.report import ENVELOPE_PATH, PROOF_PATH, SUMS_PATH
from arqon.canonical import canonical_json_file

verify_module = sys.modules["arqon.bundle.verify"]  # The package has a function of that name.
CORE = Path(__file__).resolve().parents[3] / "core" / "bundle"
GOLDEN_ZIP = CORE / "golden.zip"
ED25519, ML_DSA = (f"attestations/keys/{suite}.pub.pem" for suite in ("ed25519", "ml-dsa-65"))


def test_zip64_archives_are_those_of_the_shared_vectors(tmp_path: Path) -> None:
    vectors = json.loads((CORE / "golden-zip64.json").read_text("utf-8"))
    files = {path: text.encode() for path, text in vectors["files"].items()}
    for vector in vectors["archives"]:
        data, start = bytes.fromhex(vector["hex"]), vector["from"]
        assert bundle.write_zip(files, start) == data
        assert bundle.read_zip(data, zip64_from=start) == files
        (tmp_path / "a.zip").write_bytes(data)
        assert read_zip_file(tmp_path / "a.zip", zip64_from=start) == files
        with pytest.raises(arqon.ArqonError, match="canonical"):
            bundle.read_zip(data)  # It has Zip64 where none is needed.


def test_every_byte_of_a_zip64_archive_flipped_is_found() -> None:
    for start in (0xFFFFFFFF, 3):
        archive = bytearray(bundle.write_zip({"a": b"12345", "b/c": b"1"}, start))
        assert len(bundle.read_zip(bytes(archive), zip64_from=start)) == 2
        for at in range(len(archive)):
            for bit in (1, 0x80):
                archive[at] ^= bit
                with pytest.raises(arqon.ArqonError) as refused:
                    bundle.read_zip(bytes(archive), zip64_from=start)
                assert refused.value.code in ("BUNDLE_MALFORMED", "LIMIT_EXCEEDED"), at
                archive[at] ^= bit
        for length in range(len(archive)):
            with pytest.raises(arqon.ArqonError):
                bundle.read_zip(bytes(archive[:length]), zip64_from=start)


def test_lies_in_zip64_fields_are_refused_before_anything_is_read() -> None:
    files = {"a": b"12345"}
    archive = bundle.write_zip(files, 1)
    end64 = len(archive) - 22 - 20 - 56
    central = archive.index(b"PK\1\2")
    for what, at in (
        ("count", end64 + 32),
        ("directory bytes", end64 + 40),
        ("directory place", end64 + 48),
        ("size", central + 46 + 1 + 4),
        ("stored size", central + 46 + 1 + 12),
    ):
        for value in (0, 4, 6, 2**31, 2**53, 2**63, 2**64 - 1):
            lie = archive[:at] + struct.pack("<Q", value) + archive[at + 8 :]
            with pytest.raises(arqon.ArqonError) as refused:
                bundle.read_zip(lie, zip64_from=1)
            assert refused.value.code in ("BUNDLE_MALFORMED", "LIMIT_EXCEEDED"), (what, value)


def test_a_bundle_with_a_file_too_large_to_hold_is_verified_from_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = bundle.read_zip(GOLDEN_ZIP.read_bytes())
    monkeypatch.setattr(contents_module, "HELD_BYTES", 10)
    monkeypatch.setattr(verify_module, "_WHOLE_BYTES", 100)
    read = read_zip_file(GOLDEN_ZIP)
    assert {path for path, file in read.items() if isinstance(file, LargeFile)} == {
        path for path in files if is_held(path, 0) and not is_held(path, 11) and len(files[path]) > 10
    }
    assert any(isinstance(file, LargeFile) for file in read.values())
    assert bundle.verify(GOLDEN_ZIP).ok
    with pytest.raises(arqon.ArqonError, match="too many to hold"):
        bundle.read_files(GOLDEN_ZIP)
    folder = tmp_path / "bundle"
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    assert bundle.verify(folder).ok
    (folder / "recipe" / "circuit.qasm").write_bytes(b"x" * 200)
    assert bundle.verify(folder).code == "BUNDLE_TAMPERED"
    (folder / "link").symlink_to(folder / "VERIFY.md")
    assert bundle.verify(folder).code == "BUNDLE_MALFORMED"


def _summed(files: dict[str, bytes]) -> dict[str, bytes]:
    """As somebody who changes files would leave them."""
    return {**files, "SHA256SUMS": render_sums(files)}


def _strip(files: dict[str, bytes]) -> dict[str, bytes]:
    envelope = json.loads(files[ENVELOPE_PATH])
    del envelope["signatures"][1:]
    return {**files, ENVELOPE_PATH: canonical_json_file(envelope)}


def _foreign(path: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    other = bundle.read_zip((CORE / "golden-replay.zip").read_bytes())
    return lambda files: {**files, path: other[path]}


DAMAGES: list[tuple[str, str, Callable[[dict[str, bytes]], dict[str, bytes]]]] = [
    ("a result", "BUNDLE_TAMPERED", lambda f: {**f, "results/counts.json": b'{"00":1}\n'}),
    ("a page", "VIEW_TAMPERED", lambda f: {**f, "VERIFY.md": b"trust me\n"}),
    ("a page, with sums that agree", "VIEW_TAMPERED", lambda f: _summed({**f, "CITATION.cff": b"x: 1\n"})),
    ("a line of the sums", "BUNDLE_TAMPERED", lambda f: {**f, SUMS_PATH: b"0" * 64 + f[SUMS_PATH][64:]}),
    (
        "a line of the sums that is gone",
        "BUNDLE_TAMPERED",
        lambda f: {**f, SUMS_PATH: f[SUMS_PATH].partition(b"\n")[2]},
    ),
    ("a key under the name of another", "SIGNATURE_INVALID", lambda f: _summed({**f, ED25519: f[ML_DSA]})),
    ("a proof that is no text", "LEDGER_INVALID", lambda f: _summed({**f, PROOF_PATH: b"\xff\xfe"})),
    ("a stripped signature", "SIGNATURE_MISSING", _strip),
    ("a stripped signature, with sums that agree", "SIGNATURE_MISSING", lambda f: _summed(_strip(f))),
    ("a proof of another entry", "PROOF_INVALID", _foreign(PROOF_PATH)),
    ("an envelope of another run", "BUNDLE_TAMPERED", _foreign(ENVELOPE_PATH)),
    (
        "counts with a number that is none, with sums that agree",
        "JSON_AMBIGUOUS",
        lambda f: _summed({**f, "results/counts.json": b'{"00":NaN}\n'}),
    ),
    (
        "a key twice",
        "JSON_AMBIGUOUS",
        lambda f: _summed({**f, "artifact.json": f["artifact.json"].replace(b"{", b'{"artifact_id":"",', 1)}),
    ),
    (
        "a number that is none",
        "JSON_AMBIGUOUS",
        lambda f: {**f, ENVELOPE_PATH: f[ENVELOPE_PATH].replace(b'{"payload":', b'{"a":NaN,"payload":', 1)},
    ),
]


@pytest.mark.parametrize(("what", "code", "damage"), DAMAGES, ids=[what for what, _, _ in DAMAGES])
def test_what_was_damaged_has_its_own_code(
    what: str, code: str, damage: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:
    report = bundle.verify(damage(bundle.read_zip(GOLDEN_ZIP.read_bytes())))
    assert (report.verdict, report.code) == ("FAILED", code), repr(report)
    assert f"FAILED [{code}]" in repr(report)
    assert all(check.code for check in report.checks if check.status == "FAILED")


@pytest.mark.parametrize("name", [None, 1, True, [], {}])
@pytest.mark.parametrize("odd", ["name", "sha256"])
def test_a_statement_about_what_is_no_text_is_found_and_does_not_crash(odd: str, name: Any) -> None:
    files = bundle.read_zip(GOLDEN_ZIP.read_bytes())
    subject = (
        {"name": "x", "digest": {"sha256": name}}
        if odd == "sha256"
        else {"name": name, "digest": {"sha256": "x"}}
    )
    payload = base64.b64encode(canonical_json_file({"subject": [subject]})[:-1]).decode()
    envelope = {**json.loads(files[ENVELOPE_PATH]), "payload": payload}
    report = bundle.verify({**files, ENVELOPE_PATH: canonical_json_file(envelope)})
    assert report.verdict == "FAILED"
    assert any(check.name == "statement" and check.code == "JSON_INVALID" for check in report.checks)


def test_a_manifest_that_names_other_suites_than_signed_is_found() -> None:
    files = bundle.read_zip(GOLDEN_ZIP.read_bytes())
    path = "record/run_manifest.json"
    other = {**json.loads(files[path]), "pqc_suite": "ed25519"}
    report = bundle.verify({**files, path: canonical_json_file(other)})
    assert "the manifest says ed25519 signed it, not ed25519+ml-dsa-65" in "".join(report.problems)


@pytest.mark.parametrize(
    ("time", "right"),
    [
        ("2028-02-29T23:59:59.999999999Z", True),
        ("2026-02-29T00:00:00Z", False),
        ("2026-04-31T00:00:00Z", False),
        ("2026-01-01T24:00:00Z", False),
        ("2026-12-31T23:59:60Z", False),
    ],
)
def test_a_time_is_one_that_there_is(time: str, right: bool) -> None:
    assert is_utc_time(time) is right


def test_a_folder_with_nothing_in_it_is_no_part_of_a_bundle(tmp_path: Path) -> None:
    for name, content in bundle.read_zip(GOLDEN_ZIP.read_bytes()).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert bundle.verify(tmp_path).verdict != "FAILED"
    (tmp_path / "record" / "empty").mkdir()
    report = bundle.verify(tmp_path)
    assert (report.verdict, report.code) == ("FAILED", "BUNDLE_MALFORMED")

"""Bundles, held to the golden vectors that every SDK shares."""

from __future__ import annotations

import json
import os
import random
import struct
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

import arqon
from arqon import bundle
from arqon.bundle import keys as keys_module
from arqon.bundle.files import render_sums
from arqon.bundle.ledger import verify_inclusion

CORE = Path(__file__).resolve().parents[3] / "core" / "bundle"
GOLDEN_ZIP = CORE / "golden.zip"


@pytest.fixture(scope="module")
def golden() -> Any:
    return json.loads((CORE / "golden.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def archive() -> bytes:
    return GOLDEN_ZIP.read_bytes()


def encoded(texts: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in texts.items()}


def snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def draft_of(golden: Any, **changes: Any) -> bundle.Draft:
    draft = golden["draft"]
    fields: dict[str, Any] = {
        "artifact_type": draft["artifact_type"],
        "engine_name": draft["engine"]["name"],
        "engine_semantics": draft["engine"]["semantics"],
        "manifest": {snake(key): value for key, value in draft["manifest"].items()},
        "recipe": encoded(draft["recipe"]),
        "conditions": encoded(draft["conditions"]),
        "results": encoded(draft["results"]),
        "record": encoded(draft["record"]),
        "parents": [(parent["artifactId"], parent["role"]) for parent in draft["parents"]],
        "reported": draft["reported"],
    }
    return bundle.Draft(**{**fields, **changes})


def trusted(archive: bytes) -> list[bundle.PublicKey]:
    files = bundle.read_zip(archive)
    names = [f"attestations/keys/{name}.pub.pem" for name in ("ed25519", "ml-dsa-65")]
    return [keys_module.key_from_pem(files[name].decode(), name) for name in names]


def resummed(files: dict[str, bytes]) -> dict[str, bytes]:
    """As somebody would who changes a file and mends SHA256SUMS after it."""
    return {**files, "SHA256SUMS": render_sums(files)}


def test_ids_and_files_are_those_of_the_published_vectors(golden: Any) -> None:
    prepared = bundle.prepare(draft_of(golden))
    assert {snake(name): value for name, value in golden["ids"].items()} == prepared.ids
    for path, data in prepared.files.items():
        assert keys_module.sha256_hex(data) == golden["files"][path], path


def test_archives_are_those_of_the_published_vectors(golden: Any, archive: bytes) -> None:
    assert bundle.write_zip(encoded(golden["archive"]["files"])).hex() == golden["archive"]["hex"]
    assert bundle.write_zip(bundle.read_zip(archive)) == archive


def test_time_and_tenant_are_not_identity(golden: Any) -> None:
    manifest = {snake(key): value for key, value in golden["draft"]["manifest"].items()}
    other = bundle.prepare(
        draft_of(golden, manifest={**manifest, "tenant": "x", "created_at": "2027-01-01T00:00:00Z"})
    )
    same = bundle.prepare(draft_of(golden))
    assert other.ids["artifact_id"] == same.ids["artifact_id"]
    assert other.ids["record_id"] != same.ids["record_id"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipe": {"../x": b""}}, "BUNDLE_MALFORMED"),
        ({"recipe": {"a.json": b'{"b":1, "a":2}\n'}}, "JSON_INVALID"),
        ({"recipe": {"a.json": b"{}"}}, "JSON_INVALID"),
        ({"results": {"counts.json": b'{"00":-1}\n'}}, "JSON_INVALID"),
        ({"results": {"table.parquet": b"x"}}, "USAGE"),
        ({"parents": [("sha256:no", "x")]}, "BUNDLE_MALFORMED"),
        ({"logical": {"counts.json": ("0" * 64, 2)}}, "BUNDLE_TAMPERED"),
        ({"artifact_type": "party"}, "BUNDLE_MALFORMED"),
    ],
)
def test_a_draft_that_may_not_be_is_refused(golden: Any, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        bundle.prepare(draft_of(golden, **changes))
    assert refused.value.code == code


def test_the_published_archive_verifies_with_both_signatures(archive: bytes, golden: Any) -> None:
    report = bundle.verify(archive, trusted(archive))
    assert (report.verdict, report.trusted, report.problems) == ("VERIFIED", True, [])
    assert report.ids == {snake(name): value for name, value in golden["ids"].items()}
    assert bundle.verify(GOLDEN_ZIP).verdict == "VERIFIED"


def test_without_trust_it_says_that_nobody_vouched(archive: bytes) -> None:
    report = bundle.verify(archive)
    assert (report.verdict, report.trusted) == ("VERIFIED", False)
    assert [line.split(":")[0] for line in report.problems] == ["trust NOT_CHECKED"]


def test_who_asks_for_one_suite_is_still_told_of_a_signature_that_is_wrong(archive: bytes) -> None:
    files = bundle.read_zip(archive)
    path = "attestations/provenance.dsse.json"
    envelope = json.loads(files[path])
    for asked in (["ed25519"], ("ml-dsa-65",)):
        assert bundle.verify(archive, require=asked).verdict == bundle.verify(archive).verdict
        for dropped in range(2):
            kept = [each for k, each in enumerate(envelope["signatures"]) if k != dropped]
            fewer = bundle.json_file({**envelope, "signatures": kept})
            changed = bundle.verify({**files, path: fewer}, require=asked)
            assert (changed.verdict, changed.code) == ("FAILED", "SIGNATURE_MISSING")
    for wrong in ("ed25519", (), ["rsa"]):
        with pytest.raises(arqon.ArqonError) as refused:
            bundle.verify(archive, require=wrong)
        assert refused.value.code == "USAGE"


def test_an_unknown_signer_is_untrusted(archive: bytes) -> None:
    report = bundle.verify(archive, trusted(archive)[:1])
    assert (report.verdict, report.trusted) == ("UNTRUSTED", False)


def test_a_trust_file_is_read_and_checked(archive: bytes, tmp_path: Path) -> None:
    entries = [
        {"keyId": key.key_id, "algorithm": key.algorithm, "publicKeyPem": keys_module.pem_of(key.spki)}
        for key in trusted(archive)
    ]
    (tmp_path / "trust.json").write_text(json.dumps(entries))
    assert bundle.verify(archive, tmp_path / "trust.json").trusted
    for wrong, code in (
        (json.dumps([{**entry, "notAfterr": "2001-01-01T00:00:00Z"} for entry in entries]), "JSON_INVALID"),
        (json.dumps([{**entry, "notAfter": "tomorrow"} for entry in entries]), "JSON_INVALID"),
        (json.dumps(entries).replace("{", '{"keyId": "",'), "JSON_AMBIGUOUS"),
    ):
        (tmp_path / "trust.json").write_text(wrong)
        with pytest.raises(arqon.ArqonError) as caught:
            bundle.verify(archive, tmp_path / "trust.json")
        assert caught.value.code == code
    created = json.loads(bundle.read_zip(archive)["record/run_manifest.json"])["created_at"]
    assert created.endswith(".300Z")
    for limits, code in (
        ({"notBefore": created, "notAfter": created.replace(".300", ".3")}, ""),
        ({"notBefore": created.replace(".300", ".301")}, "KEY_EXPIRED"),
        ({"notAfter": created.replace(".300", "")}, "KEY_EXPIRED"),
    ):
        assert bundle.verify(archive, [{**entry, **limits} for entry in entries]).code == code
    entries[0]["keyId"] = entries[1]["keyId"]
    (tmp_path / "trust.json").write_text(json.dumps(entries))
    with pytest.raises(arqon.ArqonError) as refused:
        bundle.verify(archive, tmp_path / "trust.json")
    assert refused.value.code == "JSON_INVALID"


def test_a_key_that_was_removed_is_refused_whether_it_is_trusted_or_not(
    archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = trusted(archive)[0].key_id
    for report in (
        bundle.verify(archive, refused=[removed]),
        bundle.verify(archive, trusted(archive), refused=[removed]),
    ):
        assert (report.verdict, report.trusted, report.code) == ("UNTRUSTED", False, "KEY_UNKNOWN")
        assert any(removed in problem for problem in report.problems)
    monkeypatch.setenv("ARQON_HOME", str(tmp_path))
    assert bundle.verify(archive).verdict == "VERIFIED"
    (tmp_path / "distrust.json").write_text(json.dumps([removed]))
    assert bundle.verify(archive).code == "KEY_UNKNOWN"
    assert bundle.verify(archive, trusted(archive)).trusted  # Trust that is given is all there is.
    for wrong in ("{}", '["sha256:00"]', "["):
        (tmp_path / "distrust.json").write_text(wrong)
        with pytest.raises(arqon.ArqonError) as refused:
            bundle.verify(archive)
        assert refused.value.code == "JSON_INVALID"


def test_without_cryptography_signatures_are_not_checked_and_never_ok(
    archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys_module, "load_der_public_key", None)
    report = bundle.verify(archive)
    assert report.verdict == "UNTRUSTED"
    assert {c.status for c in report.checks if c.name in ("signature", "checkpoint")} == {"NOT_CHECKED"}
    assert bundle.verify(archive, trusted(archive)).verdict == "UNTRUSTED"


def test_a_folder_verifies_as_its_archive_does_and_links_are_refused(archive: bytes, tmp_path: Path) -> None:
    for path, data in bundle.read_zip(archive).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    assert bundle.verify(tmp_path).verdict == "VERIFIED"
    os.symlink("/etc/hostname", tmp_path / "record" / "link")
    assert bundle.verify(tmp_path).verdict == "FAILED"


def test_any_changed_byte_of_any_file_is_found_and_named(archive: bytes) -> None:
    files = bundle.read_zip(archive)
    for path, data in files.items():
        for at in {0, len(data) // 2, len(data) - 1}:
            changed = {**files, path: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]}
            report = bundle.verify(changed)
            assert report.verdict == "FAILED", (path, at)
            # A changed line of SHA256SUMS for a file that only it lists reads as a change of that file.
            assert path == "SHA256SUMS" or any(path in line for line in report.problems), (path, at, report)


def test_a_change_with_mended_sums_is_found(archive: bytes) -> None:
    files = bundle.read_zip(archive)
    for path, data in files.items():
        if path != "SHA256SUMS":
            changed = {**files, path: data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]}
            assert bundle.verify(resummed(changed)).verdict == "FAILED", path


def test_every_removed_or_added_file_is_found_and_named(archive: bytes) -> None:
    files = bundle.read_zip(archive)
    for path in files:
        without = {name: data for name, data in files.items() if name != path}
        for candidate in (without, resummed(without) if path != "SHA256SUMS" else without):
            report = bundle.verify(candidate)
            assert report.verdict == "FAILED", path
    added = resummed({**files, "record/extra.txt": b"x"})
    assert any("record/extra.txt" in line for line in bundle.verify(added).problems)


def test_any_changed_byte_of_the_archive_fails(archive: bytes) -> None:
    for at in range(0, len(archive), 37):
        changed = archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :]
        assert bundle.verify(changed).verdict == "FAILED", at


def foreign_zips() -> Iterator[tuple[str, bytes]]:
    """What other tools write, or attackers."""

    def made(
        name: str, mode: int = 0o100644, compression: int = zipfile.ZIP_STORED, data: bytes = b"x" * 99
    ) -> bytes:
        out = BytesIO()
        with zipfile.ZipFile(out, "w", compression) as target:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, compression
            target.writestr(info, data)
        return out.getvalue()

    good = bundle.write_zip({"a": b"1", "b": b"2"})
    yield "another tool's", made("a.txt")
    yield "compressed", made("a.txt", compression=zipfile.ZIP_DEFLATED, data=b"\0" * 10_000)
    yield "a link", made("a.txt", mode=0o120777)
    yield "leaves the folder", made("../a.txt")
    yield "absolute", made("/a.txt")
    yield "trailing byte", good + b"\0"
    yield "leading byte", b"\0" + good
    yield "truncated", good[:-1]
    yield "empty", b""
    yield "names twice", good.replace(b"b", b"a")
    yield "case collision", good.replace(b"b", b"A")
    yield "out of order", good.replace(b"a", b"c")
    yield "comment", good[:-2] + b"\1\0x"
    yield "huge size", good[: good.index(b"PK\1\2") + 20] + struct.pack("<II", 2**31, 2**31) + good[-40:]


@pytest.mark.parametrize(
    ("what", "data"), list(foreign_zips()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_only_canonical_archives_are_read(what: str, data: bytes) -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        bundle.read_zip(data)
    assert refused.value.code in ("BUNDLE_MALFORMED", "LIMIT_EXCEEDED"), what


def test_limits_hold_before_anything_is_read() -> None:
    archive = bundle.write_zip({"a": b"1" * 50, "b": b"2" * 50})
    for limits in (
        bundle.ZipLimits(max_entries=1),
        bundle.ZipLimits(max_file_bytes=9),
        bundle.ZipLimits(10, 50, 99),
    ):
        with pytest.raises(arqon.ArqonError) as refused:
            bundle.read_zip(archive, limits)
        assert refused.value.code == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "./a",
        "a/..",
        "a\\b",
        "a:b",
        "con",
        "NUL.txt",
        "a.",
        "a ",
        "a\u202eb",
        "a\n",
        "e\u0301",
    ]
    + ["\ud800", "x" * 513, "a\u200bb", "com1.x", "lpt¹"],
)
def test_paths_that_surprise_somewhere_are_refused(path: str) -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        bundle.write_zip({path: b""})
    assert refused.value.code == "BUNDLE_MALFORMED"


@pytest.mark.parametrize(
    "paths", [("a", "A"), ("a", "a/b"), ("a/b", "A/c"), ("ß", "SS"), ("\u1e9e", "ß"), ("a/b", "a")]
)
def test_paths_that_collide_somewhere_are_refused(paths: tuple[str, str]) -> None:
    with pytest.raises(arqon.ArqonError):
        bundle.write_zip(dict.fromkeys(paths, b""))


def test_inclusion_proofs_hold_for_every_leaf_of_small_trees_and_no_other() -> None:
    from hashlib import sha256

    def root(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        split = 1 << ((len(leaves) - 1).bit_length() - 1)
        return sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()

    def path(index: int, leaves: list[bytes]) -> list[bytes]:
        if len(leaves) == 1:
            return []
        split = 1 << ((len(leaves) - 1).bit_length() - 1)
        if index < split:
            return [*path(index, leaves[:split]), root(leaves[split:])]
        return [*path(index - split, leaves[split:]), root(leaves[:split])]

    for size in range(1, 20):
        leaves = [sha256(bytes([0, i])).digest() for i in range(size)]
        for index in range(size):
            proof, top = path(index, leaves), root(leaves)
            assert verify_inclusion(index, size, leaves[index], proof, top)
            assert not verify_inclusion(index, size, leaves[index - 1], proof, top) or size == 1
            assert not verify_inclusion(index, size, leaves[index], [*proof, top], top)
            assert not verify_inclusion(size, size, leaves[index], proof, top)


def test_a_report_is_escaped_in_a_notebook(archive: bytes) -> None:
    files = bundle.read_zip(archive)
    shown = bundle.verify({**files, "<script>alert(1)</script>": b""})._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_no_mutation_of_a_bundle_verifies_or_crashes(archive: bytes) -> None:
    chance = random.Random(20)
    files = bundle.read_zip(archive)

    def mutated(data: bytes) -> bytes:
        out = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(out) + 1)
            if chance.random() < 0.4 and out:
                out[min(at, len(out) - 1)] = chance.randrange(256)
            elif chance.random() < 0.5:
                out[at:at] = chance.randbytes(chance.randrange(1, 9))
            else:
                del out[at : at + chance.randrange(1, 30)]
        return bytes(out)

    for _ in range(150):
        other = mutated(archive)
        assert other == archive or bundle.verify(other).verdict == "FAILED"
        path = chance.choice(list(files))
        changed = {**files, path: mutated(files[path])}
        for candidate in (changed, resummed(changed)):
            assert candidate == files or bundle.verify(candidate).verdict == "FAILED", path

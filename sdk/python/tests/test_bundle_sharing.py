"""What travels with a bundle: parents and views inside it, containers around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from arqon import bundle
from arqon.bundle import keys as keys_module
from arqon.bundle.files import render_sums

CORE = Path(__file__).resolve().parents[3] / "core" / "bundle"
GOLDEN_ZIP = CORE / "golden.zip"


@pytest.fixture(scope="module")
def archive() -> bytes:
    return GOLDEN_ZIP.read_bytes()


def trusted(archive: bytes) -> list[bundle.PublicKey]:
    files = bundle.read_zip(archive)
    names = [f"attestations/keys/{name}.pub.pem" for name in ("ed25519", "ml-dsa-65")]
    return [keys_module.key_from_pem(files[name].decode(), name) for name in names]


def resummed(files: dict[str, bytes]) -> dict[str, bytes]:
    """As somebody would who changes a file and mends SHA256SUMS after it."""
    return {**files, "SHA256SUMS": render_sums(files)}


def test_the_published_replay_carries_its_parent_which_verifies_from_there() -> None:
    archive = (CORE / "golden-replay.zip").read_bytes()
    report = bundle.verify(archive, trusted(archive))
    assert (report.verdict, report.trusted, report.problems) == ("VERIFIED", True, [])
    assert [check.detail for check in report.checks if check.name == "parents"] == [
        "1 of 1 parents verified from here"
    ]


def test_any_change_to_a_parent_or_a_view_is_found_and_named() -> None:
    files = bundle.read_zip((CORE / "golden-replay.zip").read_bytes())
    views = ("CITATION.md", "citation.bib", "datacite.json", "ro-crate-preview.html")
    for path in [path for path in files if path.startswith("provenance/") or path in views]:
        changed = {**files, path: files[path][:9] + bytes([files[path][9] ^ 1]) + files[path][10:]}
        removed = {name: data for name, data in files.items() if name != path}
        for damaged in (changed, removed):
            report = bundle.verify(resummed(damaged))
            assert report.verdict == "FAILED", path
            assert path in {check.path for check in report.checks if check.status == "FAILED"}, path


def test_a_stub_of_no_parent_is_refused() -> None:
    files = bundle.read_zip(GOLDEN_ZIP.read_bytes())
    path = f"provenance/parents/{'d' * 64}.artifact.json"
    report = bundle.verify(resummed({**files, path: b"{}\n"}))
    assert report.verdict == "FAILED"
    assert path in {check.path for check in report.checks if check.status == "FAILED"}


def bag_of(files: dict[str, bytes]) -> dict[str, bytes]:
    payload = {f"data/{path}": data for path, data in files.items()}
    lines = "".join(f"{keys_module.sha256_hex(data)}  {path}\n" for path, data in payload.items())
    return {**payload, "bagit.txt": b"BagIt-Version: 1.0\n", "manifest-sha256.txt": lines.encode()}


def test_a_bundle_verifies_in_an_eln_archive_and_in_a_bag(archive: bytes, tmp_path: Path) -> None:
    files = bundle.read_zip(archive)
    eln = bundle.write_zip({f"arqon-x/{path}": data for path, data in files.items()})
    assert bundle.verify(eln, trusted(archive)).trusted
    for path, data in bag_of(files).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    assert bundle.verify(tmp_path, trusted(archive)).trusted
    (tmp_path / "data/VERIFY.md").write_bytes(b"x")
    report = bundle.verify(tmp_path)
    assert (report.verdict, "data/VERIFY.md was changed" in report.problems[0]) == ("FAILED", True)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"data/more.txt": b"x"}, "data/more.txt was added"),
        ({"manifest-sha256.txt": b"nonsense\n"}, "no digest and path"),
        ({"manifest-sha256.txt": b"0" * 64 + b"  data/gone\n"}, "data/gone was removed"),
    ],
)
def test_a_bag_whose_manifest_does_not_agree_is_refused(
    archive: bytes, change: dict[str, bytes], what: str
) -> None:
    report = bundle.verify({**bag_of(bundle.read_zip(archive)), **change})
    assert report.verdict == "FAILED"
    assert what in report.problems[0]
    stray = {**{f"x/{path}": data for path, data in bundle.read_zip(archive).items()}, "stray": b""}
    assert "not in the one folder" in bundle.verify(stray).problems[0]

"""Signed manifests: the same bytes as the other SDK writes, verified from the file and a trust file alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import arqon
from arqon import bundle
from arqon.bundle.keys import key_from_pem
from arqon.bundle.plain_yaml import from_yaml, to_yaml

GOLDEN = Path(__file__).resolve().parents[3] / "core" / "bundle" / "golden.zip"


@pytest.fixture(scope="module")
def trust() -> list[bundle.PublicKey]:
    files = bundle.read_files(GOLDEN)
    names = [f"attestations/keys/{suite}.pub.pem" for suite in ("ed25519", "ml-dsa-65")]
    return [key_from_pem(files[name].decode(), name) for name in names]


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_it_verifies_with_the_makers_keys_and_with_no_others(
    form: str, trust: list[bundle.PublicKey]
) -> None:
    data = bundle.signed_manifest(GOLDEN, form)
    assert bundle.verify_manifest(data, trust, "classical").verdict == "VERIFIED"
    assert bundle.verify_manifest(data, trust).verdict in ("VERIFIED", "UNTRUSTED")
    assert bundle.verify_manifest(data, []).verdict == "FAILED"
    old = [bundle.PublicKey(key.algorithm, key.spki, "", "2001-01-01T00:00:00Z") for key in trust]
    assert bundle.verify_manifest(data, old, "classical").verdict == "FAILED"


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_any_altered_byte_is_found(form: str, trust: list[bundle.PublicKey]) -> None:
    data = bundle.signed_manifest(GOLDEN, form)
    for at in range(0, len(data), 151):
        altered = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            assert bundle.verify_manifest(altered, trust).verdict == "FAILED", at
        except arqon.ArqonError as error:
            assert error.code in ("JSON_INVALID", "BUNDLE_MALFORMED")


def test_both_sdks_write_the_same_bytes() -> None:
    digests = [hashlib.sha256(bundle.signed_manifest(GOLDEN, form)).hexdigest() for form in ("json", "yaml")]
    expected = (GOLDEN.parent / "golden.signed_manifest.sha256").read_text().split()
    assert digests == expected


def test_yaml_is_read_in_one_form_only() -> None:
    value = {
        "b": [1, {"é\x7f": None}, 1e-7, 10**21 * 1.0],
        "a": {},
        "2": True,
        "10": "\u2028",
        "😀": "\\U0001f600 😀",
    }
    assert from_yaml(to_yaml(value), "x") == value
    assert to_yaml("\x7f\uffff😀") == '"\\u007f\\uffff\\U0001f600"\n'
    for text in ('"\\ud83d\\ude00"\n', '"\\U0001F600"\n', '"\\U00110000"\n', '"\\U00000022"\n'):
        with pytest.raises(arqon.ArqonError):
            from_yaml(text, "x")
    for text in ('"a": 1\n"a": 1\n', "a: 1\n", '"a": &x 1\n', '"a": 1', '"a":  1\n', '"a": NaN\n', "\n", ""):
        with pytest.raises(arqon.ArqonError):
            from_yaml(text, "x")

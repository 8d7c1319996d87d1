"""Parents inside their child: of each one at hand its artifact.json, signed statement and keys, verified from here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from arqon.bundle.documents import (
    ARTIFACT_PATH,
    artifact_id_of,
    parse_artifact,
    recipe_id_of,
    record_id_of,
    sha256_hex,
)
from arqon.bundle.keys import SUITES, PublicKey, key_from_pem
from arqon.bundle.report import OK, Findings
from arqon.bundle.signatures import IN_TOTO_TYPE, parse_envelope, verify_envelope
from arqon.bundle.statement import subjects_of
from arqon.canonical import canonical_json_file

PARENTS_PATH = "provenance/parents.json"
_STUB = re.compile(
    rf"provenance/parents/([0-9a-f]{{64}})\.(artifact\.json|dsse\.json|(?:{'|'.join(SUITES)})\.pub\.pem)"
)


def provenance_test(artifact: Mapping[str, Any]) -> Callable[[str], bool]:
    """A test of paths: whether an artifact with these parents may have that file."""
    ids = {parent["artifact_id"] for parent in artifact["recipe"]["parents"]}

    def belongs(path: str) -> bool:
        if path == PARENTS_PATH:
            return bool(ids)
        stub = _STUB.fullmatch(path)
        return stub is not None and f"sha256:{stub[1]}" in ids

    return belongs


def check_parents(
    files: Mapping[str, bytes],
    artifact: Mapping[str, Any],
    trust: list[PublicKey] | None,
    require: Sequence[str],
    found: Findings,
) -> None:
    """Checks `provenance/`. A parent without stub is allowed: its maker did not have it.

    Whose keys signed a parent does not decide whether the child is trusted; the finding says how many are by others.
    """
    ids = list(dict.fromkeys(parent["artifact_id"] for parent in artifact["recipe"]["parents"]))
    if not ids:
        return
    stubbed = {f"sha256:{stub[1]}" for stub in map(_STUB.fullmatch, files) if stub}
    stubs = [identity for identity in ids if identity in stubbed]
    listing = files.get(PARENTS_PATH)
    if listing is None and stubs:
        found.fail("parents", "it was removed: there are stubs", PARENTS_PATH)
    if listing is not None and listing != _render(artifact, files):
        found.fail("parents", "it says other things than artifact.json and the stubs", PARENTS_PATH)
    strangers = 0
    for identity in stubs:
        signers = _check_stub(identity, files, require, found)
        if trust is not None and not {key.key_id for key in trust}.issuperset(signers):
            strangers += 1
    by = f"; {strangers} signed by keys that are not in your trust" if strangers else ""
    found.ok("parents", f"{len(stubs)} of {len(ids)} parents verified from here{by}")


def _stub(identity: str, kind: str) -> str:
    return f"provenance/parents/{identity.removeprefix('sha256:')}.{kind}"


def _render(artifact: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    entries = []
    for parent in artifact["recipe"]["parents"]:
        stub = files.get(_stub(parent["artifact_id"], "artifact.json"))
        entries.append({**parent, "record_id": record_id_of(stub) if stub is not None else None})
    return canonical_json_file(entries)


def _check_stub(
    identity: str, files: Mapping[str, bytes], require: Sequence[str], found: Findings
) -> list[str]:
    """Returns the key ids that signed."""
    artifact_path, envelope_path = _stub(identity, "artifact.json"), _stub(identity, "dsse.json")
    for path in (artifact_path, envelope_path):
        if path not in files:
            found.fail("parents", "it was removed: the parent has other files here", path)
            return []
    document = found.attempt("parents", artifact_path, lambda: parse_artifact(files[artifact_path]))
    envelope = found.attempt(
        "parents", envelope_path, lambda: parse_envelope(files[envelope_path], envelope_path)
    )
    if document is None or envelope is None:
        return []
    ids = (recipe_id_of(document["recipe"]), artifact_id_of(document["content"]), document["artifact_id"])
    if ids != (document["recipe_id"], identity, identity):
        found.fail("parents", "its ids are not those that follow from it, or not the parent's", artifact_path)
    keys: list[PublicKey] = []
    for suite in SUITES:
        path = _stub(identity, f"{suite}.pub.pem")
        if path not in files:
            continue
        key = found.attempt("parents", path, partial(_read_key, files[path], path))
        if key and key.algorithm != suite:
            found.fail("parents", f"it holds an {key.algorithm} key", path)
        elif key:
            keys.append(key)
    if envelope["payloadType"] != IN_TOTO_TYPE:
        found.fail("parents", f'its payload type is "{envelope["payloadType"]}"', envelope_path)
    verdict = verify_envelope(envelope, keys, require)
    if verdict.status != OK:
        found.add("parents", verdict.status, verdict.detail, envelope_path, verdict.code)
    payload = verdict.payload
    if payload is None:
        return verdict.valid_key_ids
    subjects = found.attempt("parents", envelope_path, lambda: subjects_of(payload))
    if subjects is not None and subjects.get(ARTIFACT_PATH) != sha256_hex(files[artifact_path]):
        found.fail("parents", "the parent's signed statement has another digest", artifact_path)
    return verdict.valid_key_ids


def _read_key(data: bytes, path: str) -> PublicKey:
    return key_from_pem(data.decode("utf-8"), path)

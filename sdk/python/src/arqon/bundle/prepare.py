"""From a draft to its ids, manifest and listed files: everything of a bundle that does not need keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arqon.bundle.documents import (
    ARTIFACT_PATH,
    ARTIFACT_SCHEMA,
    CONTENT_SCHEMA,
    MANIFEST_PATH,
    MANIFEST_SCHEMA,
    RECIPE_SCHEMA,
    Ids,
    artifact_id_of,
    encode,
    is_utc_time,
    list_files,
    logical_of,
    parse_artifact,
    recipe_id_of,
    record_id_of,
    require_id,
    sort_key,
)
from arqon.bundle.paths import require_paths
from arqon.canonical import parse_canonical_json
from arqon.errors import ArqonError

SUITES = ("ed25519", "ml-dsa-65")


@dataclass(frozen=True)
class Draft:
    """Everything of one run, before it has ids. Paths are relative to their section, e.g. "circuit.qasm" in `recipe`.

    Every `.json` file must be canonical JSON and end in one line feed: `arqon.bundle.json_file(value)` makes it so.
    """

    artifact_type: str
    engine_name: str
    engine_semantics: str
    """Version of what the engine means, not of its package."""
    manifest: Mapping[str, Any]
    """What `build_manifest` takes beside the ids: job_id, tenant, backend_id, created_at ..."""
    recipe: Mapping[str, bytes] = field(default_factory=dict)
    conditions: Mapping[str, bytes] = field(default_factory=dict)
    results: Mapping[str, bytes] = field(default_factory=dict)
    record: Mapping[str, bytes] = field(default_factory=dict)
    parents: Sequence[tuple[str, str]] = ()
    """Artifact id and role, e.g. "replayOf"."""
    reported: bool = False
    logical: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Logical digest (hexadecimal) and rows of results other than JSON."""


@dataclass(frozen=True)
class Prepared:
    """A bundle that lacks views, signatures and ledger proof, which the server's vault adds when it seals."""

    ids: Ids
    files: dict[str, bytes]
    artifact: dict[str, Any]
    manifest: dict[str, Any]


def build_manifest(
    *,
    recipe_id: str,
    artifact_id: str,
    job_id: str,
    tenant: str,
    backend_id: str,
    created_at: str,
    seed: str,
    sdk_version: str,
    crypto_mode: str = "hybrid",
    calibration_snapshot_id: str = "",
    em_method: str = "none",
    em_version: str = "",
    reported: bool = False,
    decision: Mapping[str, Any] | None = None,
    fips: str | None = None,
    suites: Sequence[str] = SUITES,
) -> dict[str, Any]:
    """`run_manifest.v1`. `created_at` is UTC, RFC 3339. Raises ArqonError `BUNDLE_MALFORMED` on a malformed time."""
    if not is_utc_time(created_at):
        raise ArqonError("BUNDLE_MALFORMED", f'created_at "{created_at}" is not a UTC time (RFC 3339)')
    return {
        "schema": MANIFEST_SCHEMA,
        "job_id": job_id,
        "tenant": tenant,
        "backend_id": backend_id,
        "pqc_suite": "+".join(suites),
        "crypto_mode": crypto_mode,
        "calibration_snapshot_id": calibration_snapshot_id,
        "em_method": em_method,
        "em_version": em_version,
        "seed": seed,
        "created_at": created_at,
        "sdk_version": sdk_version,
        "recipe_id": recipe_id,
        "artifact_id": artifact_id,
        "artifact_hash": artifact_id,
        "reported": reported,
        "decision": dict(decision) if decision is not None else None,
        **({"fips": fips} if fips is not None else {}),
    }


def prepare(draft: Draft) -> Prepared:
    """Computes the three ids. Pure: equal drafts give equal bytes, in every SDK.

    Raises ArqonError `BUNDLE_MALFORMED` for a path, parent or time that may not be, `JSON_INVALID` for a `.json` file
    that is not canonical, `BUNDLE_TAMPERED` for a result whose logical digest is not that of its bytes.
    """
    sections = {section: getattr(draft, section) for section in ("recipe", "conditions", "results", "record")}
    files = {
        f"{section}/{name}": bytes(data) for section, part in sections.items() for name, data in part.items()
    }
    if MANIFEST_PATH in files:
        raise TypeError(f"{MANIFEST_PATH} is written by `prepare`")
    for path, data in files.items():
        if path.endswith(".json"):
            parse_canonical_json(data, path)
            if not data.endswith(b"\n"):
                raise ArqonError("JSON_INVALID", f"{path} does not end in a line feed")

    parents = [
        {"artifact_id": require_id(identity, "parent"), "role": role} for identity, role in draft.parents
    ]
    recipe = {
        "schema": RECIPE_SCHEMA,
        "artifact_type": draft.artifact_type,
        "engine": {"name": draft.engine_name, "semantics_version": draft.engine_semantics},
        "files": list_files("recipe", draft.recipe),
        "parents": sorted(parents, key=lambda parent: sort_key(f"{parent['artifact_id']} {parent['role']}")),
    }
    recipe_id = recipe_id_of(recipe)
    content = {
        "schema": CONTENT_SCHEMA,
        "recipe_id": recipe_id,
        "conditions": list_files("conditions", draft.conditions),
        "results": _list_logical(draft),
    }
    artifact_id = artifact_id_of(content)
    manifest = build_manifest(
        recipe_id=recipe_id, artifact_id=artifact_id, reported=draft.reported, **draft.manifest
    )
    files[MANIFEST_PATH] = encode(manifest)
    record = {**draft.record, MANIFEST_PATH.removeprefix("record/"): files[MANIFEST_PATH]}
    artifact = {
        "schema": ARTIFACT_SCHEMA,
        "recipe_id": recipe_id,
        "artifact_id": artifact_id,
        "recipe": recipe,
        "content": content,
        "results": list_files("results", draft.results),
        "record": list_files("record", record),
    }
    files[ARTIFACT_PATH] = encode(artifact)
    parse_artifact(files[ARTIFACT_PATH])
    require_paths(files)
    ids = Ids(recipe_id=recipe_id, artifact_id=artifact_id, record_id=record_id_of(files[ARTIFACT_PATH]))
    return Prepared(ids, files, artifact, manifest)


def _list_logical(draft: Draft) -> list[dict[str, Any]]:
    entries = []
    for name, data in draft.results.items():
        path = f"results/{name}"
        known, given = logical_of(path, data), draft.logical.get(name)
        if known and given and known != tuple(given):
            raise ArqonError(
                "BUNDLE_TAMPERED", f"the logical digest or rows of {path} are not those of its bytes"
            )
        logical = known or given
        if not logical:
            raise ArqonError("USAGE", f"{path} is not JSON: give its logical digest and rows in `logical`")
        entries.append({"path": path, "logical_sha256": logical[0], "rows": logical[1]})
    return sorted(entries, key=lambda entry: sort_key(str(entry["path"])))

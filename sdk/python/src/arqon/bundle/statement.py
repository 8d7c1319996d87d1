"""What is signed: an in-toto statement about a bundle's files, with SLSA provenance. It is a function of the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from arqon.bundle.contents import Contents, digest_of
from arqon.bundle.documents import sort_key
from arqon.canonical import canonical_json, parse_canonical_json
from arqon.errors import ArqonError


def build_statement(
    artifact: Mapping[str, Any],
    manifest: Mapping[str, Any],
    subjects: Contents,
    times: Mapping[str, str],
) -> bytes:
    """The canonical bytes to sign. `subjects` are artifact.json, the manifest, every result and every view."""
    entries = [*artifact["recipe"]["files"], *artifact["content"]["conditions"]]
    dependencies = [_subject(entry["path"], entry["sha256"]) for entry in entries]
    parents = [
        {
            "annotations": {"role": parent["role"]},
            "digest": {"sha256": parent["artifact_id"].removeprefix("sha256:")},
            "uri": f"urn:arqon:artifact:{parent['artifact_id']}",
        }
        for parent in artifact["recipe"]["parents"]
    ]
    metadata = {"invocationId": f"urn:uuid:{manifest['job_id']}"}
    for name, key in (("startedOn", "started"), ("finishedOn", "ended")):
        if key in times:
            metadata[name] = times[key]
    engine = artifact["recipe"]["engine"]
    # As JavaScript's encodeURIComponent.
    backend = quote(manifest["backend_id"], safe="-_.!~*'()")
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [_subject(path, digest_of(subjects[path])) for path in sorted(subjects, key=sort_key)],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:arqon:run:v1",
                "externalParameters": {
                    "artifact_type": artifact["recipe"]["artifact_type"],
                    "recipe_id": artifact["recipe_id"],
                },
                "internalParameters": {
                    "artifact_id": artifact["artifact_id"],
                    "reported": manifest["reported"],
                },
                "resolvedDependencies": [*dependencies, *parents],
            },
            "runDetails": {
                "builder": {
                    "id": f"urn:arqon:backend:{backend}",
                    "version": {engine["name"]: engine["semantics_version"], "sdk": manifest["sdk_version"]},
                },
                "metadata": metadata,
            },
        },
    }
    return canonical_json(statement).encode()


def subjects_of(statement: bytes) -> dict[str, str]:
    """Digests by path. Raises ArqonError `JSON_INVALID` when it is not a statement."""
    value = parse_canonical_json(statement, "statement")
    try:
        subjects = {subject["name"]: subject["digest"]["sha256"] for subject in value["subject"]}
    except (KeyError, TypeError) as cause:
        raise ArqonError("JSON_INVALID", f"the payload is not a statement: {cause}") from cause
    if not all(isinstance(text, str) for subject in subjects.items() for text in subject):
        raise ArqonError("JSON_INVALID", "a subject's name and SHA-256 must be texts")
    return subjects


def _subject(name: str, sha256: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256}}

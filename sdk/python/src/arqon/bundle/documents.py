"""`artifact.json` and `run_manifest.json`: what a bundle is made of, and the ids that follow. Spec: docs/spec/bundle.md."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from arqon.canonical import canonical_json, canonical_json_file, parse_canonical_json
from arqon.errors import ArqonError

ARTIFACT_PATH = "artifact.json"
MANIFEST_PATH = "record/run_manifest.json"
EXECUTION_PATH = "record/execution.json"
RECIPE_SCHEMA = "urn:arqon:recipe:v1"
CONTENT_SCHEMA = "urn:arqon:content:v1"
ARTIFACT_SCHEMA = "urn:arqon:artifact:v1"
MANIFEST_SCHEMA = "urn:arqon:run_manifest:v1"
ARTIFACT_TYPES = ("run", "gradient", "calibration", "replay", "validation")
_CRYPTO_MODES = ("classical", "hybrid", "pqc-required")
_MANIFEST_TEXTS = (
    *("job_id", "tenant", "backend_id", "pqc_suite", "calibration_snapshot_id", "em_method", "em_version"),
    *("seed", "sdk_version", "recipe_id", "artifact_id", "artifact_hash"),
)
_HEX = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?Z")


class Ids(TypedDict):
    """The three digests of a bundle; each "sha256:" and 64 hexadecimal digits."""

    recipe_id: str
    artifact_id: str
    record_id: str


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def recipe_id_of(recipe: Mapping[str, Any]) -> str:
    """What was asked."""
    return _domain_digest("arqon.recipe.v1", recipe)


def artifact_id_of(content: Mapping[str, Any]) -> str:
    """What was asked, under which conditions, with which results."""
    return _domain_digest("arqon.artifact.v1", content)


def record_id_of(artifact_json: bytes) -> str:
    """Everything, times included."""
    return f"sha256:{sha256_hex(artifact_json)}"


def sort_key(path: str) -> bytes:
    """Paths are sorted by their UTF-8 bytes."""
    return path.encode()


def list_files(section: str, files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Lists the files of a section, in the order of their paths."""
    entries = [
        {"path": f"{section}/{name}", "sha256": sha256_hex(data), "size": len(data)}
        for name, data in files.items()
    ]
    return sorted(entries, key=lambda entry: sort_key(str(entry["path"])))


def listed_files(artifact: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every file that `artifact.json` lists, by path."""
    recipe, content = artifact["recipe"], artifact["content"]
    every = [*recipe["files"], *content["conditions"], *artifact["results"], *artifact["record"]]
    return {entry["path"]: entry for entry in every}


def require_id(identity: Any, what: str) -> str:
    """Raises ArqonError `BUNDLE_MALFORMED` unless it is "sha256:" and 64 lower-case hexadecimal digits."""
    if not isinstance(identity, str) or not re.fullmatch(r"sha256:[0-9a-f]{64}", identity):
        raise ArqonError(
            "BUNDLE_MALFORMED", f'{what} id "{str(identity)[:80]}" is not sha256: and 64 hex digits'
        )
    return identity


def parse_artifact(data: bytes) -> dict[str, Any]:
    """Reads `artifact.json` and checks its structure, not its digests or ids.

    Raises ArqonError `JSON_INVALID`, `BUNDLE_MALFORMED`.
    """
    keys = {"artifact_id", "content", "recipe", "recipe_id", "record", "results", "schema"}
    whole = _shape(parse_canonical_json(data, ARTIFACT_PATH), keys, ARTIFACT_PATH)
    recipe = _shape(whole["recipe"], {"artifact_type", "engine", "files", "parents", "schema"}, "recipe")
    content = _shape(whole["content"], {"conditions", "recipe_id", "results", "schema"}, "content")
    engine = _shape(recipe["engine"], {"name", "semantics_version"}, "engine")
    for document, schema in ((whole, ARTIFACT_SCHEMA), (recipe, RECIPE_SCHEMA), (content, CONTENT_SCHEMA)):
        _must(document["schema"] == schema, f"a document has the schema {document['schema']!r}, not {schema}")
    _must(
        _is_text(engine["name"]) and _is_text(engine["semantics_version"]),
        "engine must have a name and semantics",
    )
    _must(recipe["artifact_type"] in ARTIFACT_TYPES, "artifact_type is not known")
    _check_list(recipe["files"], "recipe", "recipe files")
    _check_list(content["conditions"], "conditions", "conditions")
    _check_list(content["results"], "results", "content results", logical=True)
    _check_list(whole["results"], "results", "results")
    _check_list(whole["record"], "record", "record")
    _check_parents(recipe["parents"])
    require_id(whole["recipe_id"], "recipe")
    require_id(whole["artifact_id"], "artifact")
    _must(content["recipe_id"] == whole["recipe_id"], "content names another recipe_id")
    _must(_paths(content["results"]) == _paths(whole["results"]), "the two lists of results differ")
    return whole


def parse_manifest(data: bytes) -> dict[str, Any]:
    """Reads a manifest and checks its structure. Raises ArqonError `JSON_INVALID`, `BUNDLE_MALFORMED`."""
    keys = {*_MANIFEST_TEXTS, "schema", "crypto_mode", "created_at", "reported", "decision"}
    manifest = parse_canonical_json(data, MANIFEST_PATH)
    right = (
        isinstance(manifest, dict)
        and manifest.keys() - {"fips"} == keys
        and isinstance(manifest.get("fips", ""), str)
        and manifest["schema"] == MANIFEST_SCHEMA
        and all(isinstance(manifest[key], str) for key in _MANIFEST_TEXTS)
        and manifest["crypto_mode"] in _CRYPTO_MODES
        and is_utc_time(manifest["created_at"])
        and isinstance(manifest["reported"], bool)
        and (manifest["decision"] is None or isinstance(manifest["decision"], dict))
    )
    _must(right, f"{MANIFEST_PATH} does not have the form of run_manifest.v1")
    return manifest


def read_times(files: Mapping[str, bytes]) -> dict[str, str]:
    """`started`, `ended` and `status` of `record/execution.json`, where they are."""
    try:
        record = parse_canonical_json(files[EXECUTION_PATH], EXECUTION_PATH)
    except (KeyError, ArqonError):
        return {}
    if not isinstance(record, dict):
        return {}
    times = {key: record[key] for key in ("started", "ended") if is_utc_time(record.get(key))}
    if record.get("status") in ("completed", "failed"):
        times["status"] = record["status"]
    return times


def logical_of(path: str, data: bytes) -> tuple[str, int] | None:
    """Digest of what a result means, and its rows; None where the kind of file is not known.

    Raises ArqonError `JSON_INVALID` when the bytes are not what the path says.
    """
    if not path.endswith(".json"):
        return None
    value = parse_canonical_json(data, path)
    if path == "results/counts.json":
        require_counts(value, path)
    return sha256_hex(canonical_json(value).encode()), len(value) if isinstance(value, (dict, list)) else 1


def require_counts(value: Any, what: str) -> dict[str, int]:
    """Raises ArqonError `JSON_INVALID` unless it maps outcomes to whole numbers up to 2^53 - 1."""
    if not isinstance(value, dict):
        raise ArqonError("JSON_INVALID", f"{what} must be a JSON object")
    for key, count in value.items():
        if isinstance(count, bool) or not isinstance(count, (int, float)) or not _is_count(count):
            raise ArqonError(
                "JSON_INVALID", f'{what}: the count of "{key}" is not a whole number up to 2^53 - 1'
            )
    return value


def is_utc_time(value: Any) -> bool:
    """Whether it is a UTC time (RFC 3339) of a day that there is, e.g. "2026-01-02T03:04:05Z"; no leap second."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return False
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (29 if is_leap else 28) if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    return 1 <= month <= 12 and 1 <= day <= days and hour < 24 and minute < 60 and second < 60


def encode(document: Mapping[str, Any]) -> bytes:
    """The file's bytes."""
    return canonical_json_file(dict(document))


def _domain_digest(domain: str, document: Mapping[str, Any]) -> str:
    text = f"{domain}\n{canonical_json(dict(document))}"
    return f"sha256:{sha256_hex(text.encode())}"


def _check_list(value: Any, section: str, what: str, logical: bool = False) -> None:
    _must(isinstance(value, list), f"{what} must be a list")
    digest, size = ("logical_sha256", "rows") if logical else ("sha256", "size")
    before = b""
    for item in value:
        entry = _shape(item, {digest, "path", size}, f"an entry of {what}")
        path = entry["path"]
        _must(_is_text(path) and path.startswith(f"{section}/"), f"{what} lists {path!r}")
        _must(before < sort_key(path), f"{what} is not sorted at {path}")
        right = isinstance(entry[digest], str) and _HEX.fullmatch(entry[digest]) and _is_count(entry[size])
        _must(bool(right), f"{what}: {path} has a malformed digest or size")
        before = sort_key(path)


def _check_parents(value: Any) -> None:
    _must(isinstance(value, list), "parents must be a list")
    before = b""
    for item in value:
        parent = _shape(item, {"artifact_id", "role"}, "a parent")
        _must(_is_text(parent["artifact_id"]) and _is_text(parent["role"]), "a parent lacks its id or role")
        order = sort_key(f"{require_id(parent['artifact_id'], 'parent')} {parent['role']}")
        _must(before < order, "parents are not sorted, or one is there twice")
        before = order


def _shape(value: Any, keys: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ArqonError("JSON_INVALID", f"{what} must be a JSON object")
    _must(value.keys() == keys, f"{what} must have exactly the keys {','.join(sorted(keys))}")
    return value


def _must(condition: bool, what: str) -> None:
    if not condition:
        raise ArqonError("BUNDLE_MALFORMED", what)


def _paths(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    return [entry["path"] for entry in entries]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_count(value: Any) -> bool:
    whole = not isinstance(value, bool) and isinstance(value, (int, float)) and value == int(value)
    return whole and 0 <= value <= 2**53 - 1

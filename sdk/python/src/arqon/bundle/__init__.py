"""Bundles offline: read, write, prepare and verify artifacts without a server. Spec: docs/spec/bundle.md."""

from arqon.bundle.archive import ZipLimits, read_zip, write_zip
from arqon.bundle.documents import Ids
from arqon.bundle.keys import PublicKey, read_trust
from arqon.bundle.prepare import Draft, Prepared, build_manifest, prepare
from arqon.bundle.report import Check, Report
from arqon.bundle.signed_manifest import signed_manifest, verify_manifest
from arqon.bundle.verify import read_files, verify
from arqon.canonical import canonical_json, parse_canonical_json
from arqon.canonical import canonical_json_file as json_file

__all__ = [
    "Check",
    "Draft",
    "Ids",
    "Prepared",
    "PublicKey",
    "Report",
    "ZipLimits",
    "build_manifest",
    "canonical_json",
    "json_file",
    "parse_canonical_json",
    "prepare",
    "read_files",
    "read_trust",
    "read_zip",
    "signed_manifest",
    "verify",
    "verify_manifest",
    "write_zip",
]

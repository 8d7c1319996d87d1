"""What verification found, check by check."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from arqon.bundle.documents import Ids
from arqon.errors import ArqonError
from arqon.shown import table

T = TypeVar("T")

OK, FAILED, NOT_CHECKED = "OK", "FAILED", "NOT_CHECKED"


SUMS_PATH = "SHA256SUMS"
ENVELOPE_PATH = "attestations/provenance.dsse.json"
PROOF_PATH = "ledger/inclusion.tlog-proof"
REQUIRED_VIEWS = ("CITATION.cff", "VERIFY.md", "ro-crate-metadata.json")
VIEW_PATHS = (*REQUIRED_VIEWS, "CITATION.md", "citation.bib", "datacite.json", "ro-crate-preview.html")
_MEANINGS = {"signature": "SIGNATURE_INVALID", "ledger": "LEDGER_INVALID"}
_RANKS = {"archive": 0, "paths": 0, "schema": 0, "signature": 1, "ledger": 4, "checkpoint": 4, "trust": 6}


@dataclass(frozen=True)
class Check:
    """One finding: its kind (paths, files, digests, ... trust), status, and the file it is about, if one."""

    name: str
    status: str
    """OK, FAILED, or NOT_CHECKED: this installation could not decide, which is never a success."""
    detail: str
    path: str = ""
    code: str = ""
    """Of what FAILED: what of, as an error of the catalogue."""

    def __str__(self) -> str:
        return f"{self.name} {self.status}: {f'{self.path}: ' if self.path else ''}{self.detail}"


@dataclass(frozen=True, repr=False)
class Report:
    """The verdict on a bundle.

    VERIFIED: everything checked and good. UNTRUSTED: nothing is wrong with it, but a signer is not in the trust given,
    or a signature suite could not be checked here. FAILED: something was changed, added, removed or never right.
    """

    verdict: str
    trusted: bool
    """Every signer is in the trust that was given."""
    ids: Ids | None
    """As the bundle states them; believe them only when verified."""
    checks: list[Check] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.verdict == "VERIFIED"

    @property
    def code(self) -> str:
        """What is wrong, in one code: the most particular of those of the checks; "" where none FAILED."""
        failed = [check for check in self.checks if check.status == FAILED]
        return min(failed, key=_rank).code if failed else ""

    @property
    def problems(self) -> list[str]:
        """The findings that are not OK, as lines for people."""
        return [str(check) for check in self.checks if check.status != OK]

    def __repr__(self) -> str:
        artifact = self.ids["artifact_id"] if self.ids else "unreadable"
        code = f" [{self.code}]" if self.code else ""
        return "\n".join([f"{self.verdict}{code} {artifact}", *(f"  {check}" for check in self.checks)])

    def _repr_html_(self) -> str:
        rows = [(each.status, each.name, each.path, each.detail) for each in self.checks]
        artifact = html.escape(self.ids["artifact_id"] if self.ids else "unreadable")
        found = table(("", "check", "file", "finding"), rows)
        return f"<div><b>{self.verdict}</b> <code>{artifact}</code></div>{found}"


def _rank(check: Check) -> int:
    """The lower, the more it explains of what else failed."""
    if check.code in ("JSON_AMBIGUOUS", "LIMIT_EXCEEDED"):
        return 0
    if check.name in _RANKS:
        return _RANKS[check.name]
    if check.code == "VIEW_TAMPERED":
        return 3
    return 5 if check.path in (SUMS_PATH, ENVELOPE_PATH, PROOF_PATH) else 2


class Findings:
    """Collects findings."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def fail(self, name: str, detail: str, path: str = "", code: str = "") -> None:
        self.add(name, FAILED, detail, path, code)

    def add(self, name: str, status: str, detail: str, path: str = "", code: str = "") -> None:
        if status != FAILED:
            code = ""
        elif path in VIEW_PATHS:  # Whatever is wrong with a page for readers, the data do not depend on it.
            code = "VIEW_TAMPERED"
        else:
            code = code or _MEANINGS.get(name, "BUNDLE_TAMPERED")
        self.checks.append(Check(name, status, detail, path, code))

    def ok(self, name: str, detail: str) -> None:
        """Adds a success, unless this kind of check has failed already."""
        if not self.failed(name):
            self.checks.append(Check(name, OK, detail))

    def failed(self, *names: str) -> bool:
        return any(check.name in names and check.status == FAILED for check in self.checks)

    def attempt(self, name: str, path: str, step: Callable[[], T]) -> T | None:
        """Runs a step; the ArqonError or ValueError it raises is a finding of its own."""
        try:
            return step()
        except ArqonError as error:
            self.fail(name, error.message, path, error.code)
        except ValueError as error:
            self.fail(name, str(error), path)
        return None

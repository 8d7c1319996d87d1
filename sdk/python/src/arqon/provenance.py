"""Which runs there are, what an artifact came from, what came of it, and how it is cited: asked of the server that keeps it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from arqon.artifacts import ArtifactLike, artifact_id_of
from arqon.channel import TIMEOUT_S
from arqon.circuit_options import mapping_of
from arqon.errors import ArqonError
from arqon.shown import short_id, table

RUNS_TOPIC = "artifact.runs.get"
LINEAGE_TOPIC = "artifact.lineage.get"
CITATION_TOPIC = "artifact.citation.get"
CitationFormat = Literal["biblatex", "bibtex", "csl", "datacite", "cff", "markdown"]


@dataclass(frozen=True)
class RunEntry:
    """A sealed record. Several may share an artifact id: equal runs do."""

    artifact_id: str
    recipe_id: str
    record_id: str
    artifact_type: str
    """ "run", "gradient", "calibration", "replay" or "validation"."""
    job_id: str
    backend_id: str
    created_at: str
    """UTC, RFC 3339."""
    title: str
    tags: tuple[str, ...]
    """What it bears now, sorted: what it was sealed with, and what was changed since."""
    reproduced: int
    """Records with this artifact id."""
    reported: bool
    imported: bool


class RunEntries(list[RunEntry]):
    """A list that a notebook shows as a table, as `arqon runs` prints it."""

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                short_id(each.artifact_id),
                each.artifact_type,
                each.title,
                each.backend_id,
                each.created_at[:19].replace("T", " "),
                ", ".join(each.tags),
            )
            for each in self
        ]

    def __repr__(self) -> str:
        return "\n".join("  ".join(row).rstrip() for row in self._rows()) or "no runs"

    def _repr_html_(self) -> str:
        return table(("artifact", "type", "title", "backend", "when (UTC)", "tags"), self._rows())


@dataclass(frozen=True)
class LineageEdge:
    """One artifact came from another. Both ids are artifact ids."""

    child: str
    parent: str
    role: str
    """E.g. "replayOf", "calibratedBy"."""


@dataclass(frozen=True, repr=False)
class Lineage:
    """Part of the graph around one artifact."""

    artifact_id: str
    artifacts: list[dict[str, Any]]
    """The artifact and all that the edges name: "artifactId", "row", its newest record, where this server has one, and
    "verdict", what that says of a replay: IDENTICAL, EQUIVALENT, DIFFERENT_EXPLAINED, DIFFERENT_UNEXPLAINED, NOT_COMPARABLE."""
    ancestors: list[LineageEdge]
    """Edges to what it came from, nearest first."""
    descendants: list[LineageEdge]
    """Edges from what came of it, nearest first."""

    def _lines(self) -> list[str]:
        lines = [f"{self._label(self.artifact_id)}"]
        for title, edges in (("came from", self.ancestors), ("gave", self.descendants)):
            lines.append(title if edges else f"{title} nothing")
            for each in edges:
                end, of = (each.parent, each.child) if title == "came from" else (each.child, each.parent)
                beside = "" if of == self.artifact_id else f"  (of {short_id(of)})"
                lines.append(f"  {each.role}  {self._label(end)}{beside}")
        return lines

    def _label(self, artifact: str) -> str:
        node = next((each for each in self.artifacts if each["artifactId"] == artifact), {})
        row, verdict = node.get("row"), node.get("verdict")
        said = f"  {row['artifactType']}  {row['title']}" if row else ""
        return f"{short_id(artifact)}{said}{f'  {verdict}' if verdict else ''}"

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        return f"<pre style='font-family:monospace'>{html.escape(repr(self))}</pre>"


class ProvenanceMixin:
    """What `AsyncClient` can ask of artifacts."""

    async def runs(
        self, *, tags: Iterable[str] = (), limit: int = 20, timeout_s: float = TIMEOUT_S
    ) -> list[RunEntry]:
        """The newest sealed records (`limit`, 1 to 100), those that bear every one of `tags` now.

        Raises ArqonError `USAGE`, `LIMIT_EXCEEDED`.
        """
        if isinstance(tags, str) or not isinstance(tags, Iterable):
            raise ArqonError("USAGE", f"tags is {tags!r:.80}; a list of texts is meant")
        answer = await self._answer(RUNS_TOPIC, {"tags": list(tags), "limit": limit}, timeout_s)
        try:
            return RunEntries(_run_entry(row) for row in answer["runs"])
        except (LookupError, TypeError, ValueError) as cause:
            raise ArqonError("WIRE_MALFORMED", f"the runs are not as expected: {cause!r}") from cause

    async def lineage(
        self, artifact_id: ArtifactLike, *, depth: int = 5, timeout_s: float = TIMEOUT_S
    ) -> Lineage:
        """What an artifact came from and what came of it, `depth` (0 to 100) steps each way.

        Raises ArqonError `ARTIFACT_UNKNOWN`; `LIMIT_EXCEEDED` where it is too much to show.
        """
        asked = {"artifact": artifact_id_of(artifact_id), "depth": depth}
        answer = await self._answer(LINEAGE_TOPIC, asked, timeout_s)
        try:
            return Lineage(
                artifact_id=str(answer["artifactId"]),
                artifacts=[{**each, "artifactId": str(each["artifactId"])} for each in answer["artifacts"]],
                ancestors=[_edge(each) for each in answer["ancestors"]],
                descendants=[_edge(each) for each in answer["descendants"]],
            )
        except (LookupError, TypeError, ValueError) as cause:
            raise ArqonError("WIRE_MALFORMED", f"the lineage is not as expected: {cause!r}") from cause

    async def cite(
        self,
        artifact_id: ArtifactLike,
        *,
        format: CitationFormat = "biblatex",
        metadata: Mapping[str, Any] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> str:
        """An entry for a bibliography: "biblatex", "bibtex", "csl", "datacite", "cff" or "markdown".

        `metadata` is added to what the artifact says of itself: `creators`, `title`, `licence`, `publisher`, `doi`, `url`, as in
        `profile.json`. Raises ArqonError `ARTIFACT_UNKNOWN`, `USAGE`, `JSON_INVALID` naming the field.
        """
        added = mapping_of("metadata", metadata or {})
        asked = {"artifact": artifact_id_of(artifact_id), "format": format, "metadata": added}
        citation = (await self._answer(CITATION_TOPIC, asked, timeout_s)).get("citation")
        if not isinstance(citation, str):
            raise ArqonError("WIRE_MALFORMED", "the citation is no text")
        return citation

    async def _answer(self, topic: str, asked: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        answer = (await self.request(topic, asked, timeout_s=timeout_s)).payload  # type: ignore[attr-defined]
        if not isinstance(answer, dict):
            raise ArqonError("WIRE_MALFORMED", f'the answer of "{topic}" is not a JSON object')
        return answer


def _edge(told: Mapping[str, Any]) -> LineageEdge:
    return LineageEdge(str(told["child"]), str(told["parent"]), str(told["role"]))


def _run_entry(row: Mapping[str, Any]) -> RunEntry:
    return RunEntry(
        artifact_id=str(row["artifactId"]),
        recipe_id=str(row["recipeId"]),
        record_id=str(row["recordId"]),
        artifact_type=str(row["artifactType"]),
        job_id=str(row["jobId"]),
        backend_id=str(row["backendId"]),
        created_at=str(row["createdAt"]),
        title=str(row["title"]),
        tags=tuple(str(tag) for tag in row["tags"]),
        reproduced=int(row["reproduced"]),
        reported=bool(row["reported"]),
        imported=bool(row["imported"]),
    )

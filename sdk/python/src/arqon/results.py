"""Results of circuit runs as notebooks show them."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from arqon.jobs import JobState
from arqon.shown import bar, page, short_id, table

MAX_ROWS = 32
"""Outcomes shown before the rest is summed up in one line."""


@dataclass(frozen=True, repr=False)
class RunResult(Mapping[str, int]):
    """The counts of one run and what it is known as. A mapping from outcome to count, in Qiskit's key order."""

    counts: dict[str, int]
    shots: int
    seed: str
    """64 bits in hexadecimal, e.g. "0x2a"."""
    backend: str
    engine: str
    qubits: int
    job_id: str
    recipe_id: str
    artifact_id: str
    record_id: str
    warnings: list[str] = field(default_factory=list)
    name: str = ""
    reported: bool = False
    reason: str = ""
    """Why this engine."""
    expectations: list[tuple[Any, float]] = field(default_factory=list)
    """Each observable asked for, with its value, in their order."""
    hops: list[tuple[str, float, float]] = field(default_factory=list)
    """Where time went: name, start and duration in milliseconds."""

    @classmethod
    def from_output(cls, output: Mapping[str, Any], state: JobState, name: str = "") -> RunResult:
        """The result a finished quantum job carries."""
        return cls(
            counts={str(key): int(count) for key, count in output["counts"].items()},
            shots=int(output.get("shots", 0)),
            seed=str(output.get("seed", "")),
            backend=str(output.get("backend", "")),
            engine=str(output.get("engine", "")),
            qubits=int(output.get("qubits", 0)),
            job_id=state.job_id,
            recipe_id=state.recipe_id,
            artifact_id=state.artifact_id,
            record_id=state.record_id,
            warnings=[str(warning) for warning in output.get("warnings", [])],
            name=name,
            reported=state.reported,
            reason=str(output.get("reason", "")),
            expectations=[
                (each["observable"], float(each["value"])) for each in output.get("expectations", [])
            ],
        )

    def __getitem__(self, outcome: str) -> int:
        return self.counts[outcome]

    def __iter__(self) -> Iterator[str]:
        return iter(self.counts)

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def probabilities(self) -> dict[str, float]:
        """Relative frequency of each outcome."""
        total = sum(self.counts.values()) or 1
        return {key: count / total for key, count in self.counts.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain values only, ready for JSON."""
        names = (
            "shots",
            "seed",
            "backend",
            "engine",
            "qubits",
            "job_id",
            "recipe_id",
            "artifact_id",
            "record_id",
        )
        plain = {name: getattr(self, name) for name in names}
        return {"name": self.name, "counts": dict(self.counts), **plain, "warnings": list(self.warnings)}

    def __repr__(self) -> str:
        total = sum(self.counts.values()) or 1
        wide = max((len(key) for key, _ in self._ranked()), default=0)
        lines = [f"{self.name or 'run'}: {self.shots} shots on {self.backend}, seed {self.seed}"]
        for key, count in self._ranked():
            lines.append(f"  {key:>{wide}}  {count:>8}  {'█' * round(30 * count / total)}")
        if self._hidden():
            lines.append(f"  and {self._hidden()} more outcomes")
        lines += [f"  <{observable}> = {value:.6g}" for observable, value in self.expectations]
        lines += [f"  warning: {warning}" for warning in self.warnings]
        lines.append(f"  artifact {short_id(self.artifact_id)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        total = sum(self.counts.values()) or 1
        rows = "".join(
            f"<tr><td><code>{html.escape(key)}</code></td><td style='text-align:right'>{count}</td>"
            f"<td style='min-width:12em'>{bar(count / total)}</td></tr>"
            for key, count in self._ranked()
        )
        if self._hidden():
            rows += f"<tr><td colspan='3'>and {self._hidden()} more outcomes</td></tr>"
        body = f"<table><thead><tr><th>outcome</th><th>count</th><th></th></tr></thead><tbody>{rows}</tbody></table>"
        if self.expectations:
            body += table(
                ("observable", "value"), [(observable, value) for observable, value in self.expectations]
            )
        said = f"{self.shots} shots on {self.backend} · seed {self.seed}"
        return page(self.name or "run", said, body, self.warnings, self.artifact_id)

    def _ranked(self) -> list[tuple[str, int]]:
        """In key order when all fit, else the most frequent ones."""
        if len(self.counts) <= MAX_ROWS:
            return sorted(self.counts.items())
        return sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_ROWS]

    def _hidden(self) -> int:
        return max(0, len(self.counts) - MAX_ROWS)


@dataclass(frozen=True, repr=False)
class ReplayResult:
    """How a repeated run compares with its original."""

    verdict: str
    """E.g. "IDENTICAL"."""
    causes: list[Any]
    original: dict[str, Any]
    replayed: dict[str, Any]
    comparison: dict[str, Any]
    job_id: str
    artifact_id: str
    """Of the replay itself."""
    original_replay: dict[str, Any] | None = None
    """The original is itself a replay: its `verdict`, and of what (`replayOf`)."""

    @classmethod
    def from_output(cls, output: Mapping[str, Any], state: JobState) -> ReplayResult:
        return cls(
            verdict=str(output["verdict"]),
            causes=list(output.get("causes", [])),
            original=dict(output.get("original", {})),
            replayed=dict(output.get("replayed", {})),
            comparison=dict(output.get("comparison", {})),
            job_id=state.job_id,
            artifact_id=state.artifact_id,
            original_replay=output.get("originalReplay"),
        )

    def _causes(self) -> list[str]:
        return [
            str(each.get("text", each)) if isinstance(each, Mapping) else str(each) for each in self.causes
        ]

    def _runs(self) -> list[tuple[str, str]]:
        pair = (("original", self.original), ("this time", self.replayed))
        known = [(name, str(ids.get("artifactId", ""))) for name, ids in pair]
        return [(name, short_id(identity)) for name, identity in known if identity != self.artifact_id]

    def __repr__(self) -> str:
        lines = [self.verdict, *(f"  because {cause}" for cause in self._causes())]
        lines += [f"  {name:<9}  {identity}" for name, identity in self._runs()]
        return "\n".join([*lines, f"  artifact {short_id(self.artifact_id)}"])

    def _repr_html_(self) -> str:
        rows = [*(("because", cause) for cause in self._causes()), *self._runs()]
        return page(self.verdict, "", table(("", ""), rows), (), self.artifact_id)


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of a sweep: one run each, beside the values it was run with."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    """Column name to swept value, and "run" to the RunResult; "output", "job_id" and "artifact_id" where other jobs were
    swept; "error" to the ArqonError of a point that failed."""

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.rows[index]

    def column(self, name: str) -> list[Any]:
        """One column as a list, e.g. for plotting."""
        return [row[name] for row in self.rows]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain values only; `pandas.DataFrame(table.to_dicts())` works."""
        return [self._plain(row) for row in self.rows]

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame` of `to_dicts`, or that list itself where pandas is not installed."""
        try:
            import pandas
        except ImportError:
            return self.to_dicts()
        return pandas.DataFrame(self.to_dicts())

    def _plain(self, row: dict[str, Any]) -> dict[str, Any]:
        plain = {name: row.get(name) for name in self.columns}
        if isinstance(row.get("run"), RunResult):
            return {**plain, **row["run"].to_dict()}
        if "error" in row:
            return {**plain, "error": str(row["error"])}
        return {**plain, **{name: row[name] for name in ("output", "job_id", "artifact_id") if name in row}}

    def _cells(self) -> list[list[str]]:
        cells = [[*self.columns, "outcomes", "artifact"]]
        for row in self.rows:
            run = row.get("run")
            if isinstance(run, RunResult):
                top = sorted(run.counts.items(), key=lambda item: (-item[1], item[0]))
                shown = ", ".join(f"{key}: {count}" for key, count in top[:4]) + (
                    ", …" if len(top) > 4 else ""
                )
                artifact = run.artifact_id
            else:
                shown = str(row.get("error") or row.get("output"))[:80]
                artifact = row.get("artifact_id", "")
            cells.append([*(str(row.get(name, "")) for name in self.columns), shown, short_id(artifact)])
        return cells

    def __repr__(self) -> str:
        cells = self._cells()
        wide = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
        return "\n".join(
            "  ".join(cell.ljust(wide[i]) for i, cell in enumerate(line)).rstrip() for line in cells
        )

    def _repr_html_(self) -> str:
        head, *body = self._cells()
        return table(head, body)

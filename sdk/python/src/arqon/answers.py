"""Answers of gradient, classify, validate and calibration, as notebooks show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from arqon.jobs import JobState
from arqon.shown import page, short_id, table


@dataclass(frozen=True)
class Estimate:
    """A number and the interval it lies in; low and high are the value itself when it is exact."""

    value: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True)
class Derivative(Estimate):
    """The derivative in one parameter."""

    parameter: str
    at: float
    """Value of the parameter."""
    uses: int
    """Gates it turns."""


@dataclass(frozen=True)
class Accuracy:
    """The share of right answers."""

    accuracy: float
    interval: tuple[float, float]
    """Wilson's 95 % interval."""
    right: int

    @classmethod
    def from_summary(cls, summary: Mapping[str, Any]) -> Self | None:
        if "accuracy" not in summary:
            return None
        low, high = summary["interval"]
        return cls(float(summary["accuracy"]), (float(low), float(high)), int(summary["right"]))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Under what an answer is kept."""

    job_id: str
    artifact_id: str
    recipe_id: str
    record_id: str


def _ids(state: JobState) -> dict[str, str]:
    return {name: getattr(state, name) for name in ("job_id", "artifact_id", "recipe_id", "record_id")}


def _estimate(each: Mapping[str, Any]) -> dict[str, float]:
    return {
        "value": float(each["value"]),
        "standard_error": float(each["standardError"]),
        "low": float(each["low"]),
        "high": float(each["high"]),
    }


@dataclass(frozen=True, kw_only=True, repr=False)
class GradientResult(Answer):
    """A gradient, as `results/gradient.json` of its artifact has it."""

    expectation: Estimate
    gradient: list[Derivative]
    observable: list[tuple[str, float]]
    """Pauli strings with their coefficients."""
    is_exact: bool
    level: float
    qubits: int
    evaluations: int
    """Circuits that were run."""
    shots: int
    seed: str
    backend: str
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def from_output(cls, output: Mapping[str, Any], state: JobState, shots: int) -> Self:
        derivatives = [
            Derivative(
                **_estimate(each),
                parameter=str(each["parameter"]),
                at=float(each["at"]),
                uses=int(each["uses"]),
            )
            for each in output["gradient"]
        ]
        return cls(
            expectation=Estimate(**_estimate(output["expectation"])),
            gradient=derivatives,
            observable=[(str(term["label"]), float(term["coefficient"])) for term in output["observable"]],
            is_exact=bool(output["isExact"]),
            level=float(output["level"]),
            qubits=int(output["qubits"]),
            evaluations=int(output["evaluations"]),
            shots=shots,
            seed=str(output.get("seed", "")),
            backend=str(output.get("backend", "")),
            warnings=[str(warning) for warning in output.get("warnings", [])],
            **_ids(state),
        )

    @property
    def values(self) -> list[float]:
        """The derivatives alone, in the order of the parameters."""
        return [each.value for each in self.gradient]

    def __repr__(self) -> str:
        how = "exact" if self.is_exact else f"{self.shots} shots each"
        lines = [f"gradient on {self.backend}, {how}", f"  expectation  {self.expectation.value:.6f}"]
        for each in self.gradient:
            between = "" if self.is_exact else f"  [{each.low:.6f}, {each.high:.6f}]"
            lines.append(f"  d/d {each.parameter} at {each.at:.6g}  {each.value:.6f}{between}")
        lines += [f"  warning: {warning}" for warning in self.warnings]
        return "\n".join([*lines, f"  artifact {short_id(self.artifact_id)}"])

    def _repr_html_(self) -> str:
        how = "exact" if self.is_exact else f"{self.shots} shots each, {100 * self.level:g} % intervals"
        rows = [("expectation", "", self.expectation.value, self.expectation.low, self.expectation.high)]
        more = [(f"d/d {each.parameter}", each.at, each.value, each.low, each.high) for each in self.gradient]
        body = table(("", "at (rad)", "value", "low", "high"), [*rows, *more])
        return page("gradient", f"on {self.backend}, {how}", body, self.warnings, self.artifact_id)


@dataclass(frozen=True, kw_only=True, repr=False)
class ClassifyResult(Answer):
    """What was predicted, and how well, beside a classical control."""

    classes: list[str]
    predicted: list[str]
    """Of the unseen samples, in their order."""
    method: str
    qubits: int
    samples: int
    """Learned from."""
    unseen: int
    quality: Accuracy | None
    """None unless `truth` was given."""
    control: Accuracy | None
    summary: dict[str, Any]
    """Everything that `results/summary.json` of the artifact says."""
    seed: str
    backend: str
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def from_output(cls, output: Mapping[str, Any], state: JobState) -> Self:
        apart = ("backend", "classes", "predicted", "seed", "warnings")
        summary = {name: value for name, value in output.items() if name not in apart}
        return cls(
            classes=[str(each) for each in output["classes"]],
            predicted=[str(each) for each in output["predicted"]],
            method=str(summary["method"]),
            qubits=int(summary["qubits"]),
            samples=int(summary["samples"]),
            unseen=int(summary["unseen"]),
            quality=Accuracy.from_summary(summary),
            control=Accuracy.from_summary(summary.get("control", {})),
            summary=summary,
            seed=str(output.get("seed", "")),
            backend=str(output.get("backend", "")),
            warnings=[str(warning) for warning in output.get("warnings", [])],
            **_ids(state),
        )

    @property
    def accuracy(self) -> float | None:
        """The share of right answers; None unless `truth` was given."""
        return self.quality.accuracy if self.quality else None

    def __repr__(self) -> str:
        lines = [
            f"{self.method} on {self.qubits} qubits: {self.samples} samples learned, {self.unseen} judged"
        ]
        for name, each in (("quantum", self.quality), ("control", self.control)):
            if each:
                low, high = each.interval
                lines.append(
                    f"  {name}  {100 * each.accuracy:.1f} % right, 95 % interval {100 * low:.1f} to {100 * high:.1f} %"
                )
        lines += [f"  warning: {warning}" for warning in self.warnings]
        return "\n".join([*lines, f"  artifact {short_id(self.artifact_id)}"])

    def _repr_html_(self) -> str:
        pair = (("quantum", self.quality), ("classical control", self.control))
        rows = [(name, each.right, each.accuracy, *each.interval) for name, each in pair if each]
        body = table(("", "right", "share", "low", "high"), rows) if rows else ""
        shown = [(k, each) for k, each in enumerate(self.predicted[:20])]
        body += table(("unseen sample", "predicted"), shown)
        more = len(self.predicted) - len(shown)
        said = f"{self.method} on {self.qubits} qubits, {self.samples} samples learned"
        return page(
            "classes",
            said,
            f"{body}{f'<div>and {more} more</div>' if more else ''}",
            self.warnings,
            self.artifact_id,
        )


@dataclass(frozen=True)
class Judged:
    """What became of one constraint."""

    name: str
    kind: str
    finding: str
    """"HOLDS" and "VIOLATED" are as sure as the constraint asks; "UNDECIDED" says that these shots cannot tell."""
    detail: str
    """One sentence with the figures."""
    figures: dict[str, Any]


@dataclass(frozen=True, kw_only=True, repr=False)
class ValidationResult(Answer):
    """A Validation."""

    verdict: str
    """"VIOLATED" when one constraint is, else "UNDECIDED" when one is, else "HOLDS"."""
    constraints: list[Judged]
    artifact: str
    """What was judged."""

    @classmethod
    def from_output(cls, output: Mapping[str, Any], state: JobState, artifact: str) -> Self:
        names = ("name", "kind", "finding", "detail", "figures")
        return cls(
            verdict=str(output["verdict"]),
            constraints=[Judged(**{name: each[name] for name in names}) for each in output["constraints"]],
            artifact=str(output.get("artifact", artifact)),
            **_ids(state),
        )

    def __repr__(self) -> str:
        lines = [f"{self.verdict}: {short_id(self.artifact)}"]
        lines += [f"  {each.finding}  {each.name}: {each.detail}" for each in self.constraints]
        return "\n".join([*lines, f"  artifact {short_id(self.artifact_id)}"])

    def _repr_html_(self) -> str:
        rows = [(each.finding, each.name, each.detail) for each in self.constraints]
        body = table(("finding", "constraint", "why"), rows)
        return page(self.verdict, f"of {short_id(self.artifact)}", body, (), self.artifact_id)


@dataclass(frozen=True, kw_only=True, repr=False)
class CalibrationResult(Answer):
    """A Calibration; runs on its backend stand under it from now on, and cite it."""

    calibration: str
    """Digest of the calibration itself."""
    device: str
    qubits: int
    gates: int
    calibrated_at: str
    """UTC; "" where it does not say."""
    backend: str

    @classmethod
    def from_output(cls, output: Mapping[str, Any], state: JobState) -> Self:
        return cls(
            calibration=str(output.get("calibration", "")),
            device=str(output.get("device", "")),
            qubits=int(output.get("qubits", 0)),
            gates=int(output.get("gates", 0)),
            calibrated_at=str(output.get("calibratedAt", "")),
            backend=str(output.get("backend", "")),
            **_ids(state),
        )

    def __repr__(self) -> str:
        when = f", {self.calibrated_at}" if self.calibrated_at else ""
        return (
            f"{self.device}: {self.qubits} qubits, {self.gates} gates{when}\n"
            f"  stands for {self.backend}\n  artifact {short_id(self.artifact_id)}"
        )

    def _repr_html_(self) -> str:
        rows = [
            ("qubits", self.qubits),
            ("gates", self.gates),
            ("calibrated", self.calibrated_at or "not said"),
        ]
        body = table(("", ""), [*rows, ("stands for", self.backend)])
        return page(self.device, "calibration", body, (), self.artifact_id)

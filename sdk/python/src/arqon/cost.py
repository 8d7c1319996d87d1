"""What a circuit would cost."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, repr=False)
class CircuitCost:
    """What a run would need, by estimate."""

    engine: str
    reason: str
    """Why this engine."""
    qubits: int
    simulated_qubits: int
    """Those the simulation keeps."""
    memory_bytes: int
    time_ms: float
    shots: int
    features: dict[str, Any]
    """Depth, counts of gates and the like."""
    limits: dict[str, Any]
    """Of one job on that server: "memoryBytes" and "timeMs"."""
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> Self:
        return cls(
            engine=str(answer["engine"]),
            reason=str(answer.get("reason", "")),
            qubits=int(answer["qubits"]),
            simulated_qubits=int(answer["simulatedQubits"]),
            memory_bytes=int(answer["memoryBytes"]),
            time_ms=float(answer["timeMs"]),
            shots=int(answer["shots"]),
            features=dict(answer.get("features", {})),
            limits=dict(answer.get("limits", {})),
            warnings=[str(warning) for warning in answer.get("warnings", [])],
        )

    def _rows(self) -> list[tuple[str, str]]:
        most_bytes, most_ms = (self.limits.get(name) for name in ("memoryBytes", "timeMs"))
        rows = [
            ("engine", f"{self.engine}: {self.reason}"),
            ("simulates", f"{self.simulated_qubits} of {self.qubits} qubits, {self.shots} shots"),
            ("memory", f"{size(self.memory_bytes)}{f' of {size(most_bytes)} allowed' if most_bytes else ''}"),
            (
                "time",
                f"about {duration(self.time_ms)}{f' of {duration(most_ms)} allowed' if most_ms else ''}",
            ),
        ]
        return rows + [("warning", warning) for warning in self.warnings]

    def __repr__(self) -> str:
        return "\n".join(f"{name:<9} {value}" for name, value in self._rows())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{name}</th><td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in self._rows()
        )
        return f"<table>{rows}</table>"


def size(count: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.4g} TiB"


def duration(ms: float) -> str:
    """Milliseconds as people read them."""
    if ms < 1000:
        return f"{ms:.3g} ms"
    return f"{ms / 1000:.3g} s" if ms < 120_000 else f"{ms / 60_000:.3g} min"

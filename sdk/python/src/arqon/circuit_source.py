"""Circuits as calls take them, and seeds as recipes write them."""

from __future__ import annotations

import re
from operator import index
from pathlib import Path
from typing import NamedTuple

from arqon.circuits import QuantumCircuit
from arqon.errors import ArqonError


class Circuit(NamedTuple):
    """Source text and a name for people."""

    text: str
    name: str


CircuitLike = str | Path | Circuit | QuantumCircuit
"""A file, source text, or a circuit of calls."""


def read_circuit(circuit: CircuitLike) -> Circuit:
    """A str is a path unless it has a line feed or semicolon. Raises ArqonError `FILE_UNREADABLE`."""
    if isinstance(circuit, Circuit):
        return circuit
    if isinstance(circuit, QuantumCircuit):
        return Circuit(circuit.to_qasm(), circuit.name)
    if isinstance(circuit, str) and ("\n" in circuit or ";" in circuit):
        return Circuit(circuit, "circuit.qasm")
    if not isinstance(circuit, str | Path):
        kind = type(circuit).__name__
        raise ArqonError("USAGE", f"a circuit is a file, text, or a QuantumCircuit of arqon, not {kind}")
    path = Path(circuit)
    try:
        return Circuit(path.read_text("utf-8"), path.name)
    except FileNotFoundError:
        raise ArqonError("FILE_UNREADABLE", f"{path}: there is no such file") from None
    except (OSError, ValueError) as cause:
        raise ArqonError("FILE_UNREADABLE", f"{path}: {cause}") from cause


_BEFORE_CODE = re.compile(r"\ufeff?(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_STATED = re.compile(r"OPENQASM\s+(\d+)")
_INCLUDES_3 = re.compile(r"""^[^\S\n]*include\s*["']stdgates\.inc["']""", re.MULTILINE)


def qasm_media_type(text: str) -> str:
    """The media type of a text in OpenQASM 2 or 3, by its version line, or else by the library it includes."""
    start = _BEFORE_CODE.match(text)
    stated = _STATED.match(text, start.end() if start else 0)
    third = stated.group(1) == "3" if stated else bool(_INCLUDES_3.search(text))
    return f"text/x-openqasm;version={3 if third else 2}.0"


def format_seed(seed: int | str) -> str:
    """64 bits as "0x" and lower-case hexadecimal digits. Raises ArqonError `USAGE`."""
    try:
        value = int(seed, 0) if isinstance(seed, str) else index(seed)
    except (ValueError, TypeError) as cause:
        raise ArqonError("USAGE", f'seed "{str(seed)[:60]}" is not a whole number') from cause
    if not 0 <= value < 2**64:
        raise ArqonError("USAGE", f"seed {str(seed)[:60]} is not within 64 bits")
    return f"0x{value:x}"

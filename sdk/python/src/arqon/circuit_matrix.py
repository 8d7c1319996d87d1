"""Gates that are given by their matrix."""

from __future__ import annotations

import cmath
import math
from typing import Any

from arqon.circuit_steps import refuse
from arqon.errors import ArqonError

_TOLERANCE = 1e-9


def angles_of(matrix: Any) -> tuple[tuple[float, float, float], float]:
    """Angles of `u`, and the phase before it, of a unitary matrix on one qubit.

    Raises ArqonError `QASM_SEMANTIC` for what is no unitary matrix, `QASM_UNSUPPORTED` for more qubits.
    """
    rows = _rows(matrix)
    size = len(rows)
    if size < 2 or size & (size - 1) or any(len(row) != size for row in rows):
        refuse(
            "unitary",
            f"the matrix has rows of {sorted({len(row) for row in rows})}, {size} of them; a qubit's has 2 of 2",
        )
    if size > 2:
        raise ArqonError(
            "QASM_UNSUPPORTED",
            f"QuantumCircuit.unitary: a matrix of {size.bit_length() - 1} qubits cannot be written in OpenQASM; one of 1 qubit can",
            remedy="Write it with u, cx and the other gates.",
        )
    (a, b), (c, d) = rows
    inner = (
        abs(a) ** 2 + abs(c) ** 2 - 1,
        abs(b) ** 2 + abs(d) ** 2 - 1,
        abs(a.conjugate() * b + c.conjugate() * d),
    )
    off = max(map(abs, inner))
    if not off < _TOLERANCE:
        refuse("unitary", f"the matrix is off from a unitary one by {off:.2g}")
    phase = cmath.phase(a)
    phi = cmath.phase(c) - phase
    # Of the two ways to the last angle, the one by the larger entries: what is almost 0 has any phase.
    lam = cmath.phase(d) - phase - phi if abs(a) >= abs(c) else cmath.phase(-b) - phase
    return (2 * math.atan2(abs(c), abs(a)), phi, lam), phase


def _rows(matrix: Any) -> list[list[complex]]:
    try:
        if len(matrix) > 64:
            raise ArqonError("LIMIT_EXCEEDED", f"QuantumCircuit.unitary: {len(matrix)} rows, the limit is 64")
        rows = [[complex(value) for value in row] for row in matrix]
    except (TypeError, ValueError, OverflowError):
        refuse("unitary", "the matrix is no list of rows of numbers")
    if not all(cmath.isfinite(value) for row in rows for value in row):
        refuse("unitary", "an entry of the matrix is not a finite number")
    if any(abs(part) > 2 for row in rows for value in row for part in (value.real, value.imag)):
        refuse("unitary", "an entry of the matrix is larger than a unitary one has")
    return rows

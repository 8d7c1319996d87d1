"""Gates that are given by their matrix."""

from __future__ import annotations

import cmath
import math
from typing import Any

from arqon.circuit_steps import Instruction, refuse
from arqon.errors import ArqonError
from arqon.weyl import Matrix, canonical

_TOLERANCE = 1e-9
_SMALL = 1e-12


def qubits_of(matrix: Matrix) -> int:
    """1 or 2."""
    return len(matrix).bit_length() - 1


def matrix_of(given: Any) -> Matrix:
    """A unitary matrix on one or two qubits, read from lists or arrays of numbers.

    Raises ArqonError `QASM_SEMANTIC` for what is no unitary matrix, `QASM_UNSUPPORTED` for more qubits.
    """
    rows = _rows(given)
    size = len(rows)
    if size < 2 or size & (size - 1) or any(len(row) != size for row in rows):
        refuse(
            "unitary",
            f"the matrix has rows of {sorted({len(row) for row in rows})}, {size} of them; a qubit's has 2 of 2",
        )
    if size > 4:
        raise ArqonError(
            "QASM_UNSUPPORTED",
            f"QuantumCircuit.unitary: a matrix of {size.bit_length() - 1} qubits; one of 1 or 2 qubits can be written",
            remedy="Write it with u, cx and the other gates.",
        )
    columns = list(zip(*rows, strict=True))
    off = max(
        abs(sum(x.conjugate() * y for x, y in zip(a, b, strict=True)) - (i == j))
        for i, a in enumerate(columns)
        for j, b in enumerate(columns)
    )
    if not off < _TOLERANCE:
        refuse("unitary", f"the matrix is off from a unitary one by {off:.2g}")
    return rows


def gates_of(matrix: Matrix, qubits: tuple[int, ...]) -> tuple[list[Instruction], float]:
    """Gates that make the matrix, and the phase before them; the first qubit is the lowest bit of its index."""
    if len(qubits) == 1:
        angles, phase = _angles_of(matrix)
        return [Instruction("u", qubits, angles=angles)], phase
    phase, before, turns, after = canonical(matrix)
    steps: list[Instruction] = []
    for pair, between in ((before, turns), (after, ())):
        for qubit, one in zip(qubits, pair, strict=True):
            angles, more = _angles_of(one)
            phase += more
            if any(abs(angle) > _SMALL for angle in angles):
                steps.append(Instruction("u", (qubit,), angles=angles))
        for name, angle in zip(("rxx", "ryy", "rzz"), between, strict=False):
            if abs(angle) > _SMALL:
                steps.append(Instruction(name, qubits, angles=(angle,)))
    return steps, phase


def _angles_of(matrix: Matrix) -> tuple[tuple[float, float, float], float]:
    """Angles of `u`, and the phase before it."""
    (a, b), (c, d) = matrix
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

"""Circuits and what they are: texts this SDK writes, unitaries Qiskit gives, in circuits.golden.jsonl for tests in both languages.

`PYTHONPATH=src python tests/circuit_cases.py` writes the file anew; it needs qiskit.
"""

from __future__ import annotations

import cmath
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arqon import QuantumCircuit
from arqon.gates import GATES

GOLDEN = Path(__file__).parent / "circuits.golden.jsonl"
Call = tuple[str, list[float], list[int]]
"""A method, its angles, its qubits."""


def calls() -> Iterator[tuple[str, int, list[Call], int, str]]:
    """Name, qubits, calls, controls put in front, and what is done to the whole at the end."""
    chance = random.Random(17)
    for name, gate in GATES.items():
        for k in range(2 if gate.parameters else 1):
            width = gate.qubits + (gate.qubits < 3)
            angles = [round(chance.uniform(-7, 7), 6) for _ in range(gate.parameters)]
            call = (name, angles, chance.sample(range(width), gate.qubits))
            yield f"{name} {k}", width, [call], 0, ""
            if k == 0 and gate.qubits < 5:
                yield f"{name} inverse", width, [call], 0, "inverse"
                yield f"{name} controlled", gate.qubits, [(name, angles, list(range(gate.qubits)))], 1, ""
                yield f"{name} inverse controlled", gate.qubits, [call_on(call, gate.qubits)], 1, "inverse"
    mixed: list[Call] = [("h", [], [0]), ("gphase", [0.7], []), ("rx", [0.3], [1]), ("cx", [], [0, 1])]
    mixed += [("t", [], [1]), ("iswap", [], [1, 0]), ("ecr", [], [0, 1])]
    yield "mixed", 2, mixed, 0, ""
    yield "mixed controlled", 2, mixed, 1, ""
    yield "mixed controlled twice", 2, mixed, 2, ""
    yield "mixed inverse controlled twice", 2, mixed, 2, "inverse"
    yield "mixed cubed", 2, mixed, 0, "power 3"
    yield "mixed to the -2", 2, mixed, 1, "power -2"
    for seed in range(4):
        given: Call = ("unitary", [seed], [2, 0])
        yield f"matrix {seed}", 3, [given], 0, ""
        yield f"matrix {seed} inverse controlled", 3, [given], 1, "inverse"


def matrix_of(seed: float) -> list[list[complex]]:
    """A unitary on two qubits, by a chain of turns; of seed 0 it is one that only exchanges them."""
    if seed == 0:
        return [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    chance = random.Random(int(seed))
    rows = [[complex(i == j) for j in range(4)] for i in range(4)]
    for _ in range(3):
        for p, q in ((0, 1), (1, 2), (2, 3), (0, 3), (0, 2), (1, 3)):
            c, s = (
                cmath.rect(math.cos(angle := chance.uniform(-7, 7)), chance.uniform(-7, 7)),
                math.sin(angle),
            )
            rows[p], rows[q] = (
                [c * a + s * b for a, b in zip(rows[p], rows[q], strict=True)],
                [c.conjugate() * b - s * a for a, b in zip(rows[p], rows[q], strict=True)],
            )
    return rows


def call_on(call: Call, width: int) -> Call:
    return call[0], call[1], list(range(width))


def circuit(width: int, steps: list[Call], controls: int, change: str) -> QuantumCircuit:
    """The circuit of this SDK."""
    out = QuantumCircuit(width)
    for name, angles, qubits in steps:
        if name == "gphase":
            out.gphase(*angles)
        elif name == "unitary":
            out.unitary(matrix_of(*angles), qubits)
        else:
            getattr(out, name)(*angles, *qubits)
    if change == "inverse":
        out = out.inverse()
    elif change:
        out = out.power(int(change.split()[1]))
    return out.control(controls) if controls else out


def unitary(width: int, steps: list[Call], controls: int, change: str) -> list[list[float]]:
    """Row, column, real and imaginary part of what is not 0, by Qiskit."""
    import qiskit
    from qiskit.circuit import library
    from qiskit.quantum_info import Operator

    classes: dict[str, Any] = {
        "u1": library.U1Gate,
        "u2": library.U2Gate,
        "u3": library.U3Gate,
        "cu1": library.CU1Gate,
        "cu3": library.CU3Gate,
        "rc3x": library.RC3XGate,
        "c3x": library.C3XGate,
        "c3sqrtx": library.C3SXGate,
        "c4x": library.C4XGate,
    }
    out = qiskit.QuantumCircuit(width)
    for name, angles, qubits in steps:
        if name == "gphase":
            out.global_phase += angles[0]
        elif name == "unitary":
            out.append(library.UnitaryGate(matrix_of(*angles)), qubits)
        elif name in classes:
            out.append(classes[name](*angles), qubits)
        else:
            getattr(out, name)(*angles, *qubits)
    matrix = Operator(out).data
    if change == "inverse":
        matrix = matrix.conj().T
    elif change:
        times = int(change.split()[1])
        base, power = (matrix if times > 0 else matrix.conj().T), matrix @ matrix.conj().T
        for _ in range(abs(times)):
            power = base @ power
        matrix = power
    for _ in range(controls):
        matrix = with_control(matrix)
    return [
        [row, column, round(float(value.real), 14) + 0.0, round(float(value.imag), 14) + 0.0]
        for row, values in enumerate(matrix)
        for column, value in enumerate(values)
        if abs(value) > 1e-14
    ]


def with_control(matrix: Any) -> Any:
    """Under one more control, which becomes qubit 0: the lowest bit."""
    import numpy as np

    size = len(matrix)
    out = np.eye(2 * size, dtype=complex)
    out[1::2, 1::2] = matrix
    return out


def main() -> None:
    golden = [
        {
            "name": name,
            "qubits": width + controls,
            "qasm": circuit(width, steps, controls, change).to_qasm(),
            "unitary": unitary(width, steps, controls, change),
        }
        for name, width, steps, controls, change in calls()
    ]
    GOLDEN.write_text("".join(json.dumps(each) + "\n" for each in golden))


if __name__ == "__main__":
    main()

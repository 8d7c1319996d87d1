"""Circuits of calls: their texts, what is refused, and what they are made of. tests/python-circuits.test.ts reads the texts."""

from __future__ import annotations

import cmath
import json
import math
import random
from collections.abc import Callable

import pytest
from circuit_cases import GOLDEN, calls, circuit, matrix_of

import arqon
from arqon import Parameter, QuantumCircuit
from arqon.circuit_source import read_circuit


def test_texts_are_those_whose_unitaries_are_known() -> None:
    golden = {each["name"]: each["qasm"] for each in map(json.loads, GOLDEN.read_text().splitlines())}
    assert golden == {name: circuit(*case).to_qasm() for name, *case in calls()}


def test_a_chain_is_a_text() -> None:
    chain = QuantumCircuit(3, 2).h([0, 1]).cx(0, [1, 2]).u2(0.1, 2 * Parameter("theta"), 1).rx(1e-7, 0)
    chain.delay(1.5, 0, "us").barrier().reset(2).mcx([0, 1], 2).measure([0, 1], [0, 1])
    with chain.if_test(((0, 1), 2)) as otherwise:
        chain.x(2)
        with chain.if_test((0, True)):
            chain.h(2)
    with otherwise:
        chain.y(2)
    assert chain.measure_all().to_qasm().splitlines()[3:] == [
        "input float theta;",
        "qubit[3] q;",
        "bit[2] c;",
        "bit[3] meas;",
        "h q[0];",
        "h q[1];",
        "cx q[0], q[1];",
        "cx q[0], q[2];",
        "u(1.5707963267948966, 0.1, 2.0 * theta) q[1];",
        "rx(1.0e-07) q[0];",
        "delay[1.5us] q[0];",
        "barrier q[0], q[1], q[2];",
        "reset q[2];",
        "ccx q[0], q[1], q[2];",
        "c[0] = measure q[0];",
        "c[1] = measure q[1];",
        "if (c == 2) {",
        "x q[2];",
        "if (c[0] == 1) {",
        "h q[2];",
        "}",
        "} else {",
        "y q[2];",
        "}",
        "barrier q[0], q[1], q[2];",
        "meas[0] = measure q[0];",
        "meas[1] = measure q[1];",
        "meas[2] = measure q[2];",
    ]
    assert chain.parameters == ("theta",)
    assert (chain.num_qubits, chain.num_clbits, chain.depth()) == (3, 5, 10)
    assert chain.count_ops()["if_else"] == 1


def test_depth_and_counts_are_qiskits() -> None:
    bell = QuantumCircuit(2).h(0).cx(0, 1).measure_all()
    assert bell.depth() == 3
    assert bell.count_ops() == {"measure": 2, "h": 1, "cx": 1, "barrier": 1}
    assert QuantumCircuit(0).depth() == 0
    assert QuantumCircuit(2).h(0).barrier().h(1).depth() == 2


def test_circuits_are_made_of_circuits() -> None:
    part = QuantumCircuit(2, 1).h(0).cx(0, 1).measure(1, 0)
    whole = QuantumCircuit(3, 2).compose(part, [2, 0], [1])
    assert whole == QuantumCircuit(3, 2).h(2).cx(2, 0).measure(0, 1)
    assert QuantumCircuit(1).s(0).rx(0.5, 0).inverse() == QuantumCircuit(1).rx(-0.5, 0).sdg(0)
    twice = QuantumCircuit(2).h(0).u(1, 2, 3, 1).ecr(0, 1).gphase(1)
    assert twice.inverse().inverse() == twice
    assert twice.power(0) == QuantumCircuit(2)
    assert QuantumCircuit(1).x(0).control(2) == QuantumCircuit(3).ccx(0, 1, 2)
    assert QuantumCircuit(1).gphase(0.5).control() == QuantumCircuit(2).p(0.5, 0)
    copied = twice.copy().x(0)
    assert len(copied) == len(twice) + 1
    branching = QuantumCircuit(1, 1)
    with branching.if_test((0, 1)):
        branching.x(0)
    moved = QuantumCircuit(2, 2).compose(branching, [1], [1])
    assert "if (c[1] == 1) {\nx q[1];\n}" in moved.to_qasm()


def turned(theta: float, phi: float, lam: float, phase: float) -> list[list[complex]]:
    c, s = math.cos(theta / 2), math.sin(theta / 2)
    rows = [[c, -cmath.exp(1j * lam) * s], [cmath.exp(1j * phi) * s, cmath.exp(1j * (phi + lam)) * c]]
    return [[cmath.exp(1j * phase) * value for value in row] for row in rows]


def test_a_matrix_becomes_the_gate_it_is() -> None:
    chance = random.Random(5)
    cases = [[chance.uniform(-7, 7) for _ in range(4)] for _ in range(200)]
    cases += [[theta, 0.3, 0.4, 0.5] for theta in (0, math.pi, 1e-17, math.pi - 1e-12, math.pi / 2, 1e-9)]
    for case in cases:
        matrix = turned(*case)
        gate, phase = QuantumCircuit(1).unitary(matrix, 0).data
        again = turned(*gate.angles, *phase.angles)  # type: ignore[arg-type]
        for wanted, got in zip(matrix, again, strict=True):
            assert all(abs(a - b) < 1e-12 for a, b in zip(wanted, got, strict=True)), case


def test_a_matrix_on_two_qubits_becomes_gates_that_make_it() -> None:
    h = math.sqrt(0.5)
    cases = [*(matrix_of(seed) for seed in range(60)), IDENTITY_4]
    cases += [
        [[0, 0, 0, 1j], [0, 0, -1, 0], [0, 1, 0, 0], [1, 0, 0, 0]],
        kron([[h, h], [h, -h]], [[0, 1], [1, 0]]),
    ]
    cases += [
        product(around("Z", 1e-8), around("X", 1e-9)),
        product(around("Y", math.pi), around("X", math.pi / 2)),
    ]
    for case in cases:
        made: list[list[complex]] = [[complex(value) for value in row] for row in IDENTITY_4]
        for step in QuantumCircuit(2).unitary(case, [0, 1]).data:
            if step.name == "gphase":
                made = [[cmath.exp(1j * step.angles[0]) * value for value in row] for row in made]  # type: ignore[operator]
            elif step.name == "u":
                one = turned(*step.angles, 0)  # type: ignore[arg-type]
                made = product(kron(EYE, one) if step.qubits == (0,) else kron(one, EYE), made)
            else:
                made = product(around(step.name[1].upper(), step.angles[0]), made)  # type: ignore[arg-type]
        for wanted, got in zip(case, made, strict=True):
            assert all(abs(a - b) < 1e-12 for a, b in zip(wanted, got, strict=True)), case


EYE: list[list[complex]] = [[1, 0], [0, 1]]
PAULIS: dict[str, list[list[complex]]] = {
    "X": [[0, 1], [1, 0]],
    "Y": [[0, -1j], [1j, 0]],
    "Z": [[1, 0], [0, -1]],
}


def kron(high: list[list[complex]], low: list[list[complex]]) -> list[list[complex]]:
    return [[high[i // 2][j // 2] * low[i % 2][j % 2] for j in range(4)] for i in range(4)]


def product(a: list[list[complex]], b: list[list[complex]]) -> list[list[complex]]:
    return [[sum(a[i][k] * b[k][j] for k in range(4)) for j in range(4)] for i in range(4)]


def around(letter: str, angle: float) -> list[list[complex]]:
    both = kron(PAULIS[letter], PAULIS[letter])
    c, s = math.cos(angle / 2), math.sin(angle / 2)
    return [[c * (i == j) - 1j * s * both[i][j] for j in range(4)] for i in range(4)]


def nested() -> None:
    made = QuantumCircuit(1, 1)

    def more(depth: int) -> None:
        with made.if_test((0, 1)):
            if depth:
                more(depth - 1)

    more(40)


def too_late() -> None:
    made = QuantumCircuit(1, 1)
    with made.if_test((0, 1)) as otherwise:
        made.x(0)
    made.x(0)
    with otherwise:
        made.x(0)


def if_tested(*condition: object) -> None:
    with QuantumCircuit(1, 2).if_test(condition):  # type: ignore[arg-type]
        pass


IDENTITY_8 = [[1 if row == column else 0 for column in range(8)] for row in range(8)]
IDENTITY_4 = [[1 if row == column else 0 for column in range(4)] for row in range(4)]
REFUSED: list[tuple[str, str, Callable[[], object]]] = [
    ("QASM_SEMANTIC", "rx: theta=nan is not a finite number", lambda: QuantumCircuit(1).rx(math.nan, 0)),
    ("QASM_SEMANTIC", "u: lam=inf is not a finite number", lambda: QuantumCircuit(1).u(0, 0, math.inf, 0)),
    ("QASM_SEMANTIC", "rx: theta='1' is not a number", lambda: QuantumCircuit(1).rx("1", 0)),  # type: ignore[arg-type]
    ("QASM_SEMANTIC", "rx: theta=1000", lambda: QuantumCircuit(1).rx(10**400, 0)),
    (
        "QASM_SEMANTIC",
        "power: power=a number of very many digits is out of range",
        lambda: QuantumCircuit(1).power(10**9999),
    ),
    ("QASM_SEMANTIC", "h: qubit 2 of 2", lambda: QuantumCircuit(2).h(2)),
    ("QASM_SEMANTIC", "h: qubit -1 of 2", lambda: QuantumCircuit(2).h(-1)),
    ("QASM_SEMANTIC", "h: qubit=0.5 is not a whole number", lambda: QuantumCircuit(2).h(0.5)),  # type: ignore[arg-type]
    ("QASM_SEMANTIC", "cx: qubit 1 twice", lambda: QuantumCircuit(2).cx(1, 1)),
    ("QASM_SEMANTIC", "cx: lists of 2 and 3 qubits", lambda: QuantumCircuit(3).cx([0, 1], [1, 2, 0])),
    ("QASM_SEMANTIC", "mcx: qubit 2 twice", lambda: QuantumCircuit(3).mcx([0, 2], 2)),
    ("QASM_SEMANTIC", "mcx: control_qubits has no qubit", lambda: QuantumCircuit(3).mcx([], 2)),
    ("QASM_SEMANTIC", "gate: name='g' is no gate", lambda: QuantumCircuit(1).gate("g", [], [0])),
    (
        "QASM_SEMANTIC",
        "gate: rx takes 1 angles and 1 qubits, 0 and 1",
        lambda: QuantumCircuit(1).gate("rx", [], [0]),
    ),
    ("QASM_SEMANTIC", "measure: clbit 1 of 1", lambda: QuantumCircuit(1, 1).measure(0, 1)),
    ("QASM_SEMANTIC", "measure: 2 qubits into 1 clbits", lambda: QuantumCircuit(2, 1).measure([0, 1], 0)),
    ("QASM_SEMANTIC", "delay: duration=-1 is not a time", lambda: QuantumCircuit(1).delay(-1, 0)),
    ("QASM_SEMANTIC", "delay: unit='h' is none of", lambda: QuantumCircuit(1).delay(1, 0, "h")),
    ("QASM_SEMANTIC", "if_test: value=4 does not fit 2 bits", lambda: if_tested("c", 4)),
    ("QASM_SEMANTIC", "if_test: no register 'd'", lambda: if_tested("d", 0)),
    ("QASM_SEMANTIC", "if_test: clbit 2 of 2", lambda: if_tested(2, 0)),
    ("QASM_SEMANTIC", "follows its test at once", too_late),
    ("QASM_SEMANTIC", "__init__: qubits=-1 is less than 0", lambda: QuantumCircuit(-1)),
    ("QASM_SEMANTIC", "'pi' has a meaning", lambda: QuantumCircuit(1).rx(Parameter("pi"), 0)),
    ("QASM_SEMANTIC", "Parameter(name='a b')", lambda: Parameter("a b")),
    ("QASM_SEMANTIC", "theta * nan is not finite", lambda: Parameter("theta") * math.nan),
    ("QASM_SEMANTIC", "control: the circuit has reset", lambda: QuantumCircuit(1).reset(0).control()),
    (
        "QASM_SEMANTIC",
        "compose: 2 different qubits are needed",
        lambda: QuantumCircuit(3).compose(QuantumCircuit(2), [1, 1]),
    ),
    ("QASM_SEMANTIC", "compose: qubits 1 of 1", lambda: QuantumCircuit(1).compose(QuantumCircuit(2))),
    ("QASM_UNSUPPORTED", "a matrix of 3 qubits", lambda: QuantumCircuit(3).unitary(IDENTITY_8, [0, 1, 2])),
    ("QASM_SEMANTIC", "is of 2 qubits, 1 given", lambda: QuantumCircuit(2).unitary(IDENTITY_4, [0])),
    ("QASM_SEMANTIC", "qubit 1 twice", lambda: QuantumCircuit(2).unitary(IDENTITY_4, [1, 1])),
    (
        "QASM_SEMANTIC",
        "off from a unitary one by 0.21",
        lambda: QuantumCircuit(1).unitary([[1.1, 0], [0, 1]], 0),
    ),
    (
        "QASM_SEMANTIC",
        "larger than a unitary one has",
        lambda: QuantumCircuit(1).unitary([[1e308j, 0], [0, 1]], 0),
    ),
    ("QASM_SEMANTIC", "off from a unitary one", lambda: QuantumCircuit(1).unitary([[1, 1], [1, 1]], 0)),
    ("QASM_SEMANTIC", "rows of [3], 3 of them", lambda: QuantumCircuit(1).unitary([[1, 0, 0]] * 3, 0)),
    ("QASM_SEMANTIC", "rows of [1, 2], 2 of them", lambda: QuantumCircuit(1).unitary([[1, 0], [1]], 0)),
    ("QASM_SEMANTIC", "not a finite number", lambda: QuantumCircuit(1).unitary([[math.nan, 0], [0, 1]], 0)),
    ("QASM_SEMANTIC", "no list of rows", lambda: QuantumCircuit(1).unitary("x", 0)),  # type: ignore[arg-type]
    ("LIMIT_EXCEEDED", "rows", lambda: QuantumCircuit(1).unitary(range(10**9), 0)),  # type: ignore[arg-type]
    ("QASM_SEMANTIC", "unitary: qubit 1 of 1", lambda: QuantumCircuit(1).unitary([[1, 0], [0, 1]], 1)),
    ("LIMIT_EXCEEDED", "1000000000000 qubits, the limit is 65536", lambda: QuantumCircuit(10**12)),
    ("LIMIT_EXCEEDED", "clbits", lambda: QuantumCircuit(2, 65_536).measure_all()),
    ("LIMIT_EXCEEDED", "qubits", lambda: QuantumCircuit(1).h(0).control(10**9)),
    ("LIMIT_EXCEEDED", "of qubit", lambda: QuantumCircuit(1).h(range(10**12))),
    ("LIMIT_EXCEEDED", "1000000000 instructions", lambda: QuantumCircuit(1).h(0).power(10**9)),
    ("LIMIT_EXCEEDED", "of all instructions", lambda: QuantumCircuit(1).x([0] * 300).control(65_000)),
    ("LIMIT_EXCEEDED", "blocks inside one another", nested),
]


@pytest.mark.parametrize(("code", "message", "make"), REFUSED)
def test_what_means_nothing_is_refused_by_method_and_argument(
    code: str, message: str, make: Callable[[], object]
) -> None:
    with pytest.raises(arqon.ArqonError) as refusal:
        make()
    assert (refusal.value.code, message in refusal.value.message) == (code, True), refusal.value.message


def test_a_refusal_adds_nothing() -> None:
    made = QuantumCircuit(2, 1)
    for add in (lambda: made.h([0, 5]), lambda: made.measure([0, 1], [0, 1])):
        with pytest.raises(arqon.ArqonError):
            add()
    with pytest.raises(arqon.ArqonError), made.if_test((0, 1)):
        made.h(0).h(9)
    assert made == QuantumCircuit(2, 1)


def test_it_goes_where_texts_go() -> None:
    bell = QuantumCircuit(2, name="bell").h(0).cx(0, 1).measure_all()
    assert read_circuit(bell) == arqon.Circuit(bell.to_qasm(), "bell")

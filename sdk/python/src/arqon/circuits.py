"""Circuits written as calls, with the names Qiskit gives them; a server gets them as OpenQASM 3."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, SupportsIndex

from arqon.circuit_else import Else
from arqon.circuit_matrix import gates_of, matrix_of, qubits_of
from arqon.circuit_steps import (
    MAX_INSTRUCTIONS,
    MAX_OPERANDS,
    NO_GATES,
    Instruction,
    angle_of,
    branch,
    clbits_of,
    controlled,
    inverted,
    moved,
    number_of,
    numbers_of,
    refuse,
    refuse_larger,
    shown,
    size_of,
    steps_in,
)
from arqon.circuit_text import circuit_text
from arqon.drawing import Drawing, Layout, svg_of, text_of
from arqon.gates import GATES, Angle, GateMethods, Qubits
from arqon.parameter import Parameter

_MAX_NESTING = 32
_MAX_SHOWN = 200
_UNITS = ("s", "ms", "us", "ns", "dt")


class QuantumCircuit(GateMethods):
    """A circuit of `qubits` qubits "q" and `clbits` classical bits "c"; every method that adds something gives the circuit back.

    `QuantumCircuit(2).h(0).cx(0, 1).measure_all()` goes wherever a text in OpenQASM goes. Qubits are numbers, or lists of numbers
    for the same on each. Raises ArqonError `QASM_SEMANTIC` for what means nothing, `LIMIT_EXCEEDED`, `QASM_UNSUPPORTED`.
    """

    def __init__(
        self, qubits: SupportsIndex, clbits: SupportsIndex = 0, *, name: str = "circuit.qasm"
    ) -> None:
        self._qubits = size_of("__init__", "qubits", qubits)
        self._registers: list[tuple[str, int, int]] = []
        self._clbits = 0
        self.name = name
        bits = size_of("__init__", "clbits", clbits)
        if bits:
            self._add_register("c", bits)
        self._bodies: list[list[Instruction]] = [[]]
        self._count = 0
        self._operands = 0

    @property
    def num_qubits(self) -> int:
        return self._qubits

    @property
    def num_clbits(self) -> int:
        return self._clbits

    @property
    def data(self) -> tuple[Instruction, ...]:
        """The steps, in order."""
        return tuple(self._bodies[0])

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the angles that are given when it is run, in the order they come up."""
        angles = (angle for step in steps_in(self._bodies[0]) for angle in step.angles)
        return tuple(dict.fromkeys(angle.name for angle in angles if isinstance(angle, Parameter)))

    def __len__(self) -> int:
        return len(self._bodies[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QuantumCircuit):
            return NotImplemented
        return self._state() == other._state()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<QuantumCircuit {self._qubits} qubits, {self._clbits} clbits, {self._count} instructions>"

    def gate(self, name: str, angles: Sequence[Angle], qubits: Sequence[SupportsIndex]) -> Self:
        """A gate by its name; the methods are for names that are known."""
        known = GATES.get(name)
        if known is None:
            refuse("gate", f"name={str(name)[:40]!r} is no gate of the table")
        if len(angles) != known.parameters or len(qubits) != known.qubits:
            needs = f"{known.parameters} angles and {known.qubits} qubits"
            refuse("gate", f"{name} takes {needs}, {len(angles)} and {len(qubits)} given")
        method: Any = getattr(self, name)
        added: Self = method(*angles, *qubits)
        return added

    def mcx(self, control_qubits: Iterable[SupportsIndex], target_qubit: SupportsIndex) -> Self:
        """X on the target where all controls are 1."""
        return self._controlled("mcx", Instruction("x", (0,)), control_qubits, target_qubit)

    def mcp(self, lam: Angle, control_qubits: Iterable[SupportsIndex], target_qubit: SupportsIndex) -> Self:
        """A phase where all controls and the target are 1."""
        gate = Instruction("p", (0,), angles=(angle_of("mcp", "lam", lam),))
        return self._controlled("mcp", gate, control_qubits, target_qubit)

    def gphase(self, angle: Angle) -> Self:
        """A phase of the whole; it shows once the circuit is controlled."""
        return self._append("gphase", Instruction("gphase", (), angles=(angle_of("gphase", "angle", angle),)))

    def unitary(self, obj: Sequence[Sequence[complex]], qubits: Qubits, label: str | None = None) -> Self:
        """A gate of one or two qubits by its matrix, written as `u`, `rxx`, `ryy`, `rzz` and a phase; the label is not kept.

        Rows are those of a NumPy array or lists; of two qubits the first is the lowest bit of the index. One of one qubit
        goes on each qubit of a list. Raises ArqonError `QASM_SEMANTIC` for what is not unitary within 1e-9, `QASM_UNSUPPORTED`
        for a matrix of more qubits.
        """
        matrix = matrix_of(obj)
        on = list(self._each("unitary", (qubits,)))
        if qubits_of(matrix) == 2:
            pair = tuple(qubit for (qubit,) in on)
            if len(pair) != 2:
                refuse("unitary", f"the matrix is of 2 qubits, {len(pair)} given")
            _require_different("unitary", pair)
            on = [pair]
        phases = 0.0
        for each in on:
            steps, phase = gates_of(matrix, each)
            phases += phase
            for step in steps:
                self._append("unitary", step)
        return self.gphase(phases)

    def reset(self, qubit: Qubits) -> Self:
        for (one,) in self._each("reset", (qubit,)):
            self._append("reset", Instruction("reset", (one,)))
        return self

    def measure(self, qubit: Qubits, clbit: Qubits) -> Self:
        """Measures a qubit into a bit; lists pairwise."""
        qubits, clbits = numbers_of("measure", "qubit", qubit), numbers_of("measure", "clbit", clbit)
        if len(qubits) != len(clbits):
            refuse("measure", f"{len(qubits)} qubits into {len(clbits)} clbits")
        self._in_range("measure", "qubit", qubits, self._qubits)
        self._in_range("measure", "clbit", clbits, self._clbits)
        for one, bit in zip(qubits, clbits, strict=True):
            self._append("measure", Instruction("measure", (one,), (bit,)))
        return self

    def measure_all(self) -> Self:
        """Measures every qubit into a new register "meas", after a barrier."""
        if len(self._bodies) > 1:
            refuse("measure_all", "a register cannot be added inside of if_test")
        if self._qubits == 0:
            return self
        taken = {name for name, _, _ in self._registers}
        name = next(name for name in ("meas", *(f"meas{i}" for i in range(len(taken)))) if name not in taken)
        size_of("measure_all", "clbits", self._clbits + self._qubits)
        start = self._clbits
        self._add_register(name, self._qubits)
        return self.barrier().measure(range(self._qubits), range(start, self._clbits))

    def barrier(self, *qubits: Qubits) -> Self:
        """Keeps what stands before apart from what comes after; of all qubits when none is named."""
        named = [number for each in qubits for number in numbers_of("barrier", "qubits", each)]
        return self._append("barrier", Instruction("barrier", self._several("barrier", named, bool(qubits))))

    def delay(self, duration: Angle, qarg: Qubits | None = None, unit: str = "dt") -> Self:
        """Waits, in s, ms, us, ns or the machine's own dt; of all qubits when none is named."""
        if unit not in _UNITS:
            refuse("delay", f"unit={str(unit)[:20]!r} is none of {', '.join(_UNITS)}")
        time = angle_of("delay", "duration", duration)
        if isinstance(time, Parameter) or time < 0:
            refuse("delay", f"duration={shown(duration)} is not a time")
        named = [] if qarg is None else numbers_of("delay", "qarg", qarg)
        qubits = self._several("delay", named, qarg is not None)
        return self._append("delay", Instruction("delay", qubits, angles=(time,), unit=unit))

    @contextmanager
    def if_test(self, condition: tuple[Qubits | str, int]) -> Iterator[Else]:
        """What is added inside happens only while `(bit, value)`, `(bits, value)` or `("register", value)` holds.

        Bit k of the value is that of `bits[k]`. `with circuit.if_test((0, 1)) as otherwise: ...`, then `with otherwise: ...`.
        """
        if not isinstance(condition, tuple) or len(condition) != 2:
            refuse("if_test", "condition is (bit, bits or name of a register, value)")
        on, value = condition
        bits = self._register(on) if isinstance(on, str) else tuple(numbers_of("if_test", "clbit", on))
        self._in_range("if_test", "clbit", bits, self._clbits)
        number = number_of("if_test", "value", value)
        if not bits or len(set(bits)) != len(bits):
            refuse("if_test", "bits must be different, and at least one")
        if not 0 <= number < 1 << len(bits):
            refuse("if_test", f"value={shown(value)} does not fit {len(bits)} bits")
        otherwise = Else(self)
        with self._body("if_test") as body:
            yield otherwise
        self._append("if_test", branch(bits, number, body))
        otherwise.place(self._bodies[-1])

    def compose(
        self,
        other: QuantumCircuit,
        qubits: Sequence[SupportsIndex] | None = None,
        clbits: Sequence[SupportsIndex] | None = None,
        *,
        inplace: bool = False,
    ) -> QuantumCircuit:
        """This circuit and then the other, on these qubits and bits (default: the first ones). A new one unless `inplace`."""
        on = numbers_of("compose", "qubits", range(other._qubits) if qubits is None else qubits)
        into = numbers_of("compose", "clbits", range(other._clbits) if clbits is None else clbits)
        for what, given, needed, most in (
            ("qubits", on, other._qubits, self._qubits),
            ("clbits", into, other._clbits, self._clbits),
        ):
            if len(given) != needed or len(set(given)) != needed:
                refuse("compose", f"{needed} different {what} are needed, {len(given)} given")
            self._in_range("compose", what, given, most)
        out = self if inplace else self.copy()
        for step in other.data:
            out._append("compose", moved(step, on, into))
        return out

    def inverse(self) -> QuantumCircuit:
        """The circuit that undoes this one, which must not measure, reset or test."""
        out = self._like(self._qubits)
        for step in reversed(self._unitary("inverse")):
            out._append("inverse", inverted(step))
        return out

    def power(self, power: SupportsIndex) -> QuantumCircuit:
        """The circuit so many times; of its inverse when negative."""
        times = number_of("power", "power", power)
        self._unitary("power")
        refuse_larger("power", "instructions", abs(times) * max(self._count, 1), MAX_INSTRUCTIONS)
        source = self if times >= 0 else self.inverse()
        out = self._like(self._qubits)
        for _ in range(abs(times)):
            out.compose(source, inplace=True)
        return out

    def control(self, num_ctrl_qubits: SupportsIndex = 1) -> QuantumCircuit:
        """The circuit under so many more control qubits, which come first."""
        count = number_of("control", "num_ctrl_qubits", num_ctrl_qubits)
        if count < 1:
            refuse("control", f"num_ctrl_qubits={count} is not at least 1")
        out = self._like(size_of("control", "qubits", count + self._qubits))
        on = range(count, count + self._qubits)
        for step in self._unitary("control"):
            out._append("control", controlled(moved(step, on, ()), range(count)))
        return out

    def copy(self) -> QuantumCircuit:
        if len(self._bodies) > 1:
            refuse("copy", "an if_test is still open")
        out = self._like(self._qubits)
        out._bodies, out._count, out._operands = [list(self._bodies[0])], self._count, self._operands
        return out

    def depth(self) -> int:
        """Steps of the longest chain of operations that wait for each other; barriers take none."""
        ends: dict[tuple[str, int], int] = {}
        for step in self._bodies[0]:
            on = [("q", qubit) for qubit in step.qubits]
            on += [("c", bit) for bit in clbits_of(step)]
            end = max((ends.get(each, 0) for each in on), default=0) + (step.name != "barrier")
            ends.update(dict.fromkeys(on, end))
        return max(ends.values(), default=0)

    def count_ops(self) -> dict[str, int]:
        """How often each operation occurs, the most frequent first; what is inside of if_test counts as one "if_else"."""
        return dict(Counter(step.head for step in self._bodies[0]).most_common())

    def to_qasm(self) -> str:
        """The circuit in OpenQASM 3."""
        if len(self._bodies) > 1:
            refuse("to_qasm", "an if_test is still open")
        return circuit_text(self._qubits, self._registers, self.data, self.parameters)

    def draw(self, output: str = "text", *, columns: int = 100) -> Drawing:
        """The circuit as a picture: "text", at most so many characters wide, or "svg". A notebook draws it by itself.

        Raises ArqonError `LIMIT_EXCEEDED` from 20,000 instructions or 1,000 wires on.
        """
        if output not in ("text", "svg"):
            refuse("draw", f"output={shown(output)} is neither 'text' nor 'svg'")
        width = number_of("draw", "columns", columns)
        layout = Layout(self._qubits, self._registers, self.data)
        return text_of(layout, width) if output == "text" else svg_of(layout)

    def _repr_html_(self) -> str:
        is_small = self._count <= _MAX_SHOWN and self._qubits <= _MAX_SHOWN
        return str(self.draw("svg")) if is_small else f"<code>{html.escape(repr(self))}</code>"

    def _gate(self, method: str, name: str, angles: tuple[Angle, ...], on: tuple[Qubits, ...]) -> Self:
        names = ("theta",) if len(angles) == 1 else ("theta", "phi", "lam", "gamma")
        read = tuple(angle_of(method, *each) for each in zip(names, angles, strict=False))
        for qubits in self._each(method, on):
            self._append(method, Instruction(name, qubits, angles=read))
        return self

    def _controlled(
        self, method: str, gate: Instruction, control_qubits: Iterable[SupportsIndex], target: SupportsIndex
    ) -> Self:
        controls = numbers_of(method, "control_qubits", control_qubits)
        if not controls:
            refuse(method, "control_qubits has no qubit")
        step = controlled(moved(gate, (number_of(method, "target_qubit", target),), ()), controls)
        self._in_range(method, "qubit", step.qubits, self._qubits)
        _require_different(method, step.qubits)
        return self._append(method, step)

    def _each(self, method: str, on: tuple[Qubits, ...]) -> Iterator[tuple[int, ...]]:
        """The operands of each step: lists pairwise, a number with each of them."""
        lists = [numbers_of(method, "qubit", each) for each in on]
        single = [not isinstance(each, Iterable) for each in on]
        lengths = {len(each) for each, one in zip(lists, single, strict=True) if not one} or {1}
        if len(lengths) > 1:
            refuse(method, f"lists of {' and '.join(map(str, sorted(lengths)))} qubits")
        (length,) = lengths
        steps = list(
            zip(
                *(each * length if one else each for each, one in zip(lists, single, strict=True)),
                strict=True,
            )
        )
        for qubits in steps:
            self._in_range(method, "qubit", qubits, self._qubits)
            _require_different(method, qubits)
        return iter(steps)

    def _several(self, method: str, named: list[int], is_named: bool) -> tuple[int, ...]:
        self._in_range(method, "qubit", named, self._qubits)
        return tuple(dict.fromkeys(named)) if is_named else tuple(range(self._qubits))

    def _in_range(self, method: str, what: str, numbers: Iterable[int], size: int) -> None:
        for number in numbers:
            if not 0 <= number < size:
                refuse(method, f"{what} {number} of {size}")

    def _append(self, method: str, step: Instruction) -> Self:
        # What is inside of an if_test was counted as it was added.
        added = [step] if method == "if_test" else list(steps_in((step,)))
        count = self._count + len(added)
        operands = self._operands + sum(len(each.qubits) + len(each.clbits) for each in added)
        refuse_larger(method, "instructions", count, MAX_INSTRUCTIONS)
        refuse_larger(method, "qubits and clbits of all instructions", operands, MAX_OPERANDS)
        self._count, self._operands = count, operands
        self._bodies[-1].append(step)
        return self

    @contextmanager
    def _body(self, method: str) -> Iterator[list[Instruction]]:
        refuse_larger(method, "blocks inside one another", len(self._bodies), _MAX_NESTING)
        body: list[Instruction] = []
        self._bodies.append(body)
        try:
            yield body
        finally:
            self._bodies.pop()

    def _register(self, name: str) -> tuple[int, ...]:
        for known, start, size in self._registers:
            if known == name:
                return tuple(range(start, start + size))
        refuse("if_test", f"no register {name[:40]!r}")

    def _add_register(self, name: str, size: int) -> None:
        self._registers.append((name, self._clbits, size))
        self._clbits += size

    def _like(self, qubits: int) -> QuantumCircuit:
        out = QuantumCircuit(qubits, name=self.name)
        out._registers, out._clbits = list(self._registers), self._clbits
        return out

    def _state(self) -> tuple[object, ...]:
        return (self._qubits, self._registers, self._bodies)

    def _unitary(self, method: str) -> tuple[Instruction, ...]:
        for step in self._bodies[0]:
            if step.name in NO_GATES:
                refuse(method, f"the circuit has {step.name}, which is no gate")
        return self.data


def _require_different(method: str, qubits: Sequence[int]) -> None:
    if len(set(qubits)) < len(qubits):
        ((twice, _),) = Counter(qubits).most_common(1)
        refuse(method, f"qubit {twice} twice")

"""The steps of circuits, and what is read, checked and made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import NoReturn, SupportsFloat

from arqon.errors import ArqonError
from arqon.gates import GATES
from arqon.parameter import Parameter

MAX_QUBITS = 65_536
"""What a server reads at most, of qubits and of classical bits."""
MAX_INSTRUCTIONS = 1_000_000
MAX_OPERANDS = 16_777_216
NO_OPERATIONS = frozenset(("barrier", "delay"))
NO_GATES = frozenset(("measure", "reset", "if_else"))
_INVERSES = {"s": "sdg", "t": "tdg", "sx": "sxdg", "cs": "csdg"}
_INVERSES |= {inverse: gate for gate, inverse in _INVERSES.items()}
_UNDONE_BY_ITSELF = "id x y z h cx cy cz ch swap ccx ccz cswap c3x c4x ecr"
_UNDONE_BY_NEGATION = "p rx ry rz cp cu1 crx cry crz rxx ryy rzz rzx gphase"
_WITH_C_IN_FRONT = "x y z h p s sdg sx rx ry rz swap cx cz"
_OWN_INVERSES = frozenset(_UNDONE_BY_ITSELF.split())
_NEGATED = frozenset(_UNDONE_BY_NEGATION.split())
_CONTROLLED = {"ccx": "c3x", "c3x": "c4x", **{name: f"c{name}" for name in _WITH_C_IN_FRONT.split()}}
_WORDS = (
    "OPENQASM include gate defcal cal extern box let if else for while in switch case default pragma input output const "
    "readonly mutable bit int uint float angle complex bool array void def defcalgrammar return end break continue duration "
    "stretch gphase inv pow ctrl negctrl durationof delay reset measure barrier nop true false im pi tau euler phase cphase "
    "qubit qreg creg U CX u0 q c arccos arcsin arctan ceiling cos exp floor log mod popcount rotl rotr sin sqrt tan sizeof "
    "real imag"
)
_RESERVED = frozenset(_WORDS.split()) | frozenset(GATES)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step: `name` is a gate, or gphase, measure, reset, barrier, delay, if_else."""

    name: str
    qubits: tuple[int, ...]
    clbits: tuple[int, ...] = ()
    angles: tuple[float | Parameter, ...] = ()
    controls: int = 0
    """More controls than the gate has of itself; they are the first of the qubits."""
    is_inverse: bool = False
    unit: str = ""
    value: int = 0
    """What the bits of an if_else have to hold."""
    bodies: tuple[tuple[Instruction, ...], ...] = ()

    @property
    def head(self) -> str:
        """The name with its modifiers, as OpenQASM 3 has them."""
        controls = {0: "", 1: "ctrl @ "}.get(self.controls, f"ctrl({self.controls}) @ ")
        return f"{controls}{'inv @ ' if self.is_inverse else ''}{self.name}"


def refuse(method: str, message: str) -> NoReturn:
    raise ArqonError(
        "QASM_SEMANTIC",
        f"QuantumCircuit.{method}: {message}",
        remedy="Correct the argument named in the message.",
    )


def refuse_larger(method: str, what: str, size: int, most: int) -> None:
    """Raises ArqonError `LIMIT_EXCEEDED` for more than the limit."""
    if size > most:
        raise ArqonError("LIMIT_EXCEEDED", f"QuantumCircuit.{method}: {size} {what}, the limit is {most}")


def shown(value: object) -> str:
    """A value as a message can bear it."""
    try:
        return repr(value)[:40]
    except ValueError:  # a number of more digits than Python writes
        return "a number of very many digits"


def number_of(method: str, argument: str, value: object) -> int:
    """A whole number; True and False are none but where a bit's value is meant."""
    try:
        if isinstance(value, bool) and argument != "value":
            raise TypeError
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        refuse(method, f"{argument}={shown(value)} is not a whole number")
    if argument != "value" and abs(number) >= 2**63:
        refuse(method, f"{argument}={shown(value)} is out of range")
    return number


def numbers_of(method: str, argument: str, value: object) -> list[int]:
    """One number or several; no more are read than there can be qubits."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [number_of(method, argument, value)]
    numbers: list[int] = []
    for each in value:
        refuse_larger(method, f"of {argument}", len(numbers) + 1, MAX_QUBITS)
        numbers.append(number_of(method, argument, each))
    return numbers


def angle_of(method: str, argument: str, value: object) -> float | Parameter:
    if isinstance(value, Parameter):
        if value.name in _RESERVED or value.name.startswith("meas"):
            refuse(
                method,
                f"{argument}: {value.name!r} has a meaning in OpenQASM; give the parameter another name",
            )
        return value
    try:
        if isinstance(value, bool | str) or not isinstance(value, SupportsFloat):
            raise TypeError
        angle = float(value)
    except (TypeError, ValueError, OverflowError):
        refuse(method, f"{argument}={shown(value)} is not a number")
    if not math.isfinite(angle):
        refuse(method, f"{argument}={angle} is not a finite number")
    return angle


def size_of(method: str, argument: str, value: object) -> int:
    """How many qubits or bits. Raises ArqonError `LIMIT_EXCEEDED` before anything is made for them."""
    size = number_of(method, argument, value)
    if size < 0:
        refuse(method, f"{argument}={size} is less than 0")
    refuse_larger(method, argument, size, MAX_QUBITS)
    return size


def steps_in(steps: Iterable[Instruction]) -> Iterator[Instruction]:
    """All steps, those inside of others too."""
    for step in steps:
        yield step
        for body in step.bodies:
            yield from steps_in(body)


def clbits_of(step: Instruction) -> set[int]:
    return {bit for each in steps_in((step,)) for bit in each.clbits}


def branch(bits: tuple[int, ...], value: int, *bodies: Iterable[Instruction]) -> Instruction:
    """Steps that depend on bits, and those for otherwise."""
    inside = tuple(tuple(body) for body in bodies)
    qubits = dict.fromkeys(qubit for body in inside for step in body for qubit in step.qubits)
    return Instruction("if_else", tuple(qubits), bits, value=value, bodies=inside)


def moved(step: Instruction, qubits: Sequence[int], clbits: Sequence[int]) -> Instruction:
    """The step on the qubits and bits of these places."""
    return replace(
        step,
        qubits=tuple(qubits[qubit] for qubit in step.qubits),
        clbits=tuple(clbits[bit] for bit in step.clbits),
        bodies=tuple(tuple(moved(each, qubits, clbits) for each in body) for body in step.bodies),
    )


def inverted(step: Instruction) -> Instruction:
    """What undoes a gate; barriers and delays are as they are."""
    if step.name in NO_OPERATIONS or (step.name in _OWN_INVERSES and not step.is_inverse):
        return step
    if step.name in _INVERSES and not step.is_inverse:
        return replace(step, name=_INVERSES[step.name])
    if step.name in _NEGATED:
        return replace(step, angles=tuple(-angle for angle in step.angles))
    return replace(step, is_inverse=not step.is_inverse)


def controlled(step: Instruction, qubits: Sequence[int]) -> Instruction:
    """The gate under more controls, by the name it then has; barriers and delays are as they are."""
    if step.name in NO_OPERATIONS or not qubits:
        return step
    more = replace(step, qubits=(*qubits, *step.qubits), controls=step.controls + len(qubits))
    if more.name == "gphase":
        more = replace(more, name="p", controls=more.controls - 1)
    while more.controls > 0 and not more.is_inverse and more.name in _CONTROLLED:
        more = replace(more, name=_CONTROLLED[more.name], controls=more.controls - 1)
    return more

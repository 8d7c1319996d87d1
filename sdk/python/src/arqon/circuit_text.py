"""Circuits as text in OpenQASM 3."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arqon.circuit_steps import Instruction, steps_in
from arqon.gates import GATES
from arqon.parameter import Parameter

Registers = Sequence[tuple[str, int, int]]
"""Name, first bit and size of each."""


def circuit_text(
    qubits: int, registers: Registers, steps: Sequence[Instruction], parameters: Iterable[str]
) -> str:
    """The text; gates that stdgates.inc lacks are defined in it."""
    bits = [f"{name}[{k}]" for name, _, size in registers for k in range(size)]
    used = {step.name for step in steps_in(steps)}
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";']
    lines += [definition for name, (_, _, definition) in GATES.items() if definition and name in used]
    lines += [f"input float {name};" for name in parameters]
    lines += [f"qubit[{qubits}] q;"] if qubits else []
    lines += [f"bit[{size}] {name};" for name, _, size in registers]
    _write(lines, steps, registers, bits)
    return "\n".join(lines) + "\n"


def _write(lines: list[str], steps: Iterable[Instruction], registers: Registers, bits: Sequence[str]) -> None:
    for step in steps:
        if step.name == "if_else":
            for k, body in enumerate(step.bodies):
                lines.append("} else {" if k else f"if ({_condition(step, registers, bits)}) {{")
                _write(lines, body, registers, bits)
            lines.append("}")
            continue
        on = ", ".join(f"q[{qubit}]" for qubit in step.qubits)
        if step.name == "measure":
            lines.append(f"{bits[step.clbits[0]]} = measure {on};")
        elif step.name == "delay":
            (time,) = step.angles
            lines.append(f"delay[{angle_text(time)}{step.unit}] {on};")
        elif on or step.name == "gphase":
            angles = f"({', '.join(map(angle_text, step.angles))})" if step.angles else ""
            lines.append(f"{step.head}{angles}{' ' if on else ''}{on};")


def _condition(step: Instruction, registers: Registers, bits: Sequence[str]) -> str:
    for name, start, size in registers:
        if size > 1 and step.clbits == tuple(range(start, start + size)):
            return f"{name} == {step.value}"
    return " && ".join(f"{bits[bit]} == {step.value >> k & 1}" for k, bit in enumerate(step.clbits))


def angle_text(angle: float | Parameter) -> str:
    """An angle in digits that read back to the same bits."""
    if isinstance(angle, Parameter):
        return angle.name if angle.factor == 1 else f"{angle_text(angle.factor)} * {angle.name}"
    digits, letter, exponent = repr(angle).partition("e")
    return (
        f"{digits}{'' if '.' in digits else '.0'}{letter}{exponent.removeprefix('+')}" if letter else digits
    )

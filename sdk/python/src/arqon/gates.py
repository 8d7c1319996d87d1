"""The gate table. Printed by tools/python-gates.ts (`npm run gen`) from that of the simulators; do not edit."""

from __future__ import annotations

from collections.abc import Iterable
from math import pi
from typing import NamedTuple, Self, SupportsFloat, SupportsIndex

from arqon.parameter import Parameter

Angle = SupportsFloat | Parameter
"""Radians: a number, or a parameter that is given when the circuit is run."""
Qubits = SupportsIndex | Iterable[SupportsIndex]
"""A qubit, or several, for the gate on each."""


class Gate(NamedTuple):
    """How many angles and qubits a gate takes, and its definition in OpenQASM 3 where stdgates.inc lacks it."""

    parameters: int
    qubits: int
    definition: str | None


GATES: dict[str, Gate] = {
    "u3": Gate(3, 1, None),
    "u2": Gate(2, 1, None),
    "u1": Gate(1, 1, None),
    "cx": Gate(0, 2, None),
    "id": Gate(0, 1, None),
    "u": Gate(3, 1, "gate u(theta, phi, lambda) q { U(theta, phi, lambda) q; gphase(-theta / 2); }"),
    "p": Gate(1, 1, None),
    "x": Gate(0, 1, None),
    "y": Gate(0, 1, None),
    "z": Gate(0, 1, None),
    "h": Gate(0, 1, None),
    "s": Gate(0, 1, None),
    "sdg": Gate(0, 1, None),
    "t": Gate(0, 1, None),
    "tdg": Gate(0, 1, None),
    "rx": Gate(1, 1, None),
    "ry": Gate(1, 1, None),
    "rz": Gate(1, 1, None),
    "sx": Gate(0, 1, None),
    "sxdg": Gate(0, 1, "gate sxdg q { inv @ sx q; }"),
    "cz": Gate(0, 2, None),
    "cy": Gate(0, 2, None),
    "swap": Gate(0, 2, None),
    "ch": Gate(0, 2, None),
    "ccx": Gate(0, 3, None),
    "cswap": Gate(0, 3, None),
    "crx": Gate(1, 2, None),
    "cry": Gate(1, 2, None),
    "crz": Gate(1, 2, None),
    "cu1": Gate(1, 2, "gate cu1(lambda) a, b { cp(lambda) a, b; }"),
    "cp": Gate(1, 2, None),
    "cu3": Gate(3, 2, "gate cu3(theta, phi, lambda) a, b { cu(theta, phi, lambda, 0) a, b; }"),
    "csx": Gate(0, 2, "gate csx a, b { ctrl @ sx a, b; }"),
    "cu": Gate(4, 2, None),
    "rxx": Gate(1, 2, "gate rxx(theta) a, b { h a; h b; cx a, b; rz(theta) b; cx a, b; h a; h b; }"),
    "rzz": Gate(1, 2, "gate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }"),
    "rccx": Gate(0, 3, "gate rccx a,b,c { h c; u1(pi/4) c; cx b,c; u1(-pi/4) c; cx a,c; u1(pi/4) c; cx b,c; u1(-pi/4) c; h c; }"),
    "rc3x": Gate(0, 4, "gate rc3x a,b,c,d { h d; u1(pi/4) d; cx c,d; u1(-pi/4) d; h d; cx a,d; u1(pi/4) d; cx b,d; u1(-pi/4) d; cx a,d; u1(pi/4) d; cx b,d; u1(-pi/4) d; h d; u1(pi/4) d; cx c,d; u1(-pi/4) d; h d; }"),
    "c3x": Gate(0, 4, "gate c3x a, b, c, d { ctrl(3) @ x a, b, c, d; }"),
    "c3sqrtx": Gate(0, 4, "gate c3sqrtx a, b, c, d { ctrl(3) @ sx a, b, c, d; }"),
    "c4x": Gate(0, 5, "gate c4x a, b, c, d, e { ctrl(4) @ x a, b, c, d, e; }"),
    "ecr": Gate(0, 2, "gate ecr a, b { s a; sx b; cx a, b; x a; gphase(-pi / 4); }"),
    "ryy": Gate(1, 2, "gate ryy(theta) a, b { rx(pi / 2) a; rx(pi / 2) b; cx a, b; rz(theta) b; cx a, b; rx(-pi / 2) a; rx(-pi / 2) b; }"),
    "rzx": Gate(1, 2, "gate rzx(theta) a, b { h b; cx a, b; rz(theta) b; cx a, b; h b; }"),
    "iswap": Gate(0, 2, "gate iswap a, b { s a; s b; h a; cx a, b; cx b, a; h b; }"),
    "dcx": Gate(0, 2, "gate dcx a, b { cx a, b; cx b, a; }"),
    "cs": Gate(0, 2, "gate cs a, b { ctrl @ s a, b; }"),
    "csdg": Gate(0, 2, "gate csdg a, b { ctrl @ sdg a, b; }"),
    "ccz": Gate(0, 3, "gate ccz a, b, c { ctrl(2) @ z a, b, c; }"),
}


class GateMethods:
    """A method for each gate: its angles, then its qubits, controls first."""

    def _gate(self, method: str, name: str, angles: tuple[Angle, ...], on: tuple[Qubits, ...]) -> Self:
        raise NotImplementedError

    def u3(self, theta: Angle, phi: Angle, lam: Angle, qubit: Qubits) -> Self:
        return self._gate("u3", "u", (theta, phi, lam), (qubit,))

    def u2(self, phi: Angle, lam: Angle, qubit: Qubits) -> Self:
        return self._gate("u2", "u", (pi / 2, phi, lam), (qubit,))

    def u1(self, theta: Angle, qubit: Qubits) -> Self:
        return self._gate("u1", "p", (theta,), (qubit,))

    def cx(self, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("cx", "cx", (), (control_qubit, target_qubit))

    def id(self, qubit: Qubits) -> Self:
        return self._gate("id", "id", (), (qubit,))

    def u(self, theta: Angle, phi: Angle, lam: Angle, qubit: Qubits) -> Self:
        return self._gate("u", "u", (theta, phi, lam), (qubit,))

    def p(self, theta: Angle, qubit: Qubits) -> Self:
        return self._gate("p", "p", (theta,), (qubit,))

    def x(self, qubit: Qubits) -> Self:
        return self._gate("x", "x", (), (qubit,))

    def y(self, qubit: Qubits) -> Self:
        return self._gate("y", "y", (), (qubit,))

    def z(self, qubit: Qubits) -> Self:
        return self._gate("z", "z", (), (qubit,))

    def h(self, qubit: Qubits) -> Self:
        return self._gate("h", "h", (), (qubit,))

    def s(self, qubit: Qubits) -> Self:
        return self._gate("s", "s", (), (qubit,))

    def sdg(self, qubit: Qubits) -> Self:
        return self._gate("sdg", "sdg", (), (qubit,))

    def t(self, qubit: Qubits) -> Self:
        return self._gate("t", "t", (), (qubit,))

    def tdg(self, qubit: Qubits) -> Self:
        return self._gate("tdg", "tdg", (), (qubit,))

    def rx(self, theta: Angle, qubit: Qubits) -> Self:
        return self._gate("rx", "rx", (theta,), (qubit,))

    def ry(self, theta: Angle, qubit: Qubits) -> Self:
        return self._gate("ry", "ry", (theta,), (qubit,))

    def rz(self, theta: Angle, qubit: Qubits) -> Self:
        return self._gate("rz", "rz", (theta,), (qubit,))

    def sx(self, qubit: Qubits) -> Self:
        return self._gate("sx", "sx", (), (qubit,))

    def sxdg(self, qubit: Qubits) -> Self:
        return self._gate("sxdg", "sxdg", (), (qubit,))

    def cz(self, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("cz", "cz", (), (control_qubit, target_qubit))

    def cy(self, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("cy", "cy", (), (control_qubit, target_qubit))

    def swap(self, qubit1: Qubits, qubit2: Qubits) -> Self:
        return self._gate("swap", "swap", (), (qubit1, qubit2))

    def ch(self, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("ch", "ch", (), (control_qubit, target_qubit))

    def ccx(self, control_qubit1: Qubits, control_qubit2: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("ccx", "ccx", (), (control_qubit1, control_qubit2, target_qubit))

    def cswap(self, control_qubit: Qubits, target_qubit1: Qubits, target_qubit2: Qubits) -> Self:
        return self._gate("cswap", "cswap", (), (control_qubit, target_qubit1, target_qubit2))

    def crx(self, theta: Angle, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("crx", "crx", (theta,), (control_qubit, target_qubit))

    def cry(self, theta: Angle, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("cry", "cry", (theta,), (control_qubit, target_qubit))

    def crz(self, theta: Angle, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("crz", "crz", (theta,), (control_qubit, target_qubit))

    def cu1(self, theta: Angle, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("cu1", "cu1", (theta,), (control_qubit, target_qubit))

    def cp(self, theta: Angle, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("cp", "cp", (theta,), (control_qubit, target_qubit))

    def cu3(self, theta: Angle, phi: Angle, lam: Angle, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("cu3", "cu3", (theta, phi, lam), (control_qubit, target_qubit))

    def csx(self, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("csx", "csx", (), (control_qubit, target_qubit))

    def cu(self, theta: Angle, phi: Angle, lam: Angle, gamma: Angle, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("cu", "cu", (theta, phi, lam, gamma), (control_qubit, target_qubit))

    def rxx(self, theta: Angle, qubit1: Qubits, qubit2: Qubits) -> Self:
        return self._gate("rxx", "rxx", (theta,), (qubit1, qubit2))

    def rzz(self, theta: Angle, qubit1: Qubits, qubit2: Qubits) -> Self:
        return self._gate("rzz", "rzz", (theta,), (qubit1, qubit2))

    def rccx(self, control_qubit1: Qubits, control_qubit2: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("rccx", "rccx", (), (control_qubit1, control_qubit2, target_qubit))

    def rc3x(self, control_qubit1: Qubits, control_qubit2: Qubits, control_qubit3: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("rc3x", "rc3x", (), (control_qubit1, control_qubit2, control_qubit3, target_qubit))

    def c3x(self, control_qubit1: Qubits, control_qubit2: Qubits, control_qubit3: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("c3x", "c3x", (), (control_qubit1, control_qubit2, control_qubit3, target_qubit))

    def c3sqrtx(self, control_qubit1: Qubits, control_qubit2: Qubits, control_qubit3: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("c3sqrtx", "c3sqrtx", (), (control_qubit1, control_qubit2, control_qubit3, target_qubit))

    def c4x(self, control_qubit1: Qubits, control_qubit2: Qubits, control_qubit3: Qubits, control_qubit4: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("c4x", "c4x", (), (control_qubit1, control_qubit2, control_qubit3, control_qubit4, target_qubit))

    def ecr(self, qubit1: Qubits, qubit2: Qubits) -> Self:
        return self._gate("ecr", "ecr", (), (qubit1, qubit2))

    def ryy(self, theta: Angle, qubit1: Qubits, qubit2: Qubits) -> Self:
        return self._gate("ryy", "ryy", (theta,), (qubit1, qubit2))

    def rzx(self, theta: Angle, qubit1: Qubits, qubit2: Qubits) -> Self:
        return self._gate("rzx", "rzx", (theta,), (qubit1, qubit2))

    def iswap(self, qubit1: Qubits, qubit2: Qubits) -> Self:
        return self._gate("iswap", "iswap", (), (qubit1, qubit2))

    def dcx(self, qubit1: Qubits, qubit2: Qubits) -> Self:
        return self._gate("dcx", "dcx", (), (qubit1, qubit2))

    def cs(self, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("cs", "cs", (), (control_qubit, target_qubit))

    def csdg(self, control_qubit: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("csdg", "csdg", (), (control_qubit, target_qubit))

    def ccz(self, control_qubit1: Qubits, control_qubit2: Qubits, target_qubit: Qubits) -> Self:
        return self._gate("ccz", "ccz", (), (control_qubit1, control_qubit2, target_qubit))

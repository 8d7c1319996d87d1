/** The gate table for Python, `sdk/python/src/arqon/gates.py`: a method for each gate under the name Qiskit gives it. */
import { DEFINITIONS } from "../substrates/quantum/export/definitions.ts";
import { GATES } from "../substrates/quantum/gates/table.ts";

/** U and CX are u and cx; u0 is id. */
const LEFT_OUT: readonly string[] = ["U", "CX", "u0"];
/** Written as another gate: under controls only its phase is Qiskit's. */
const WRITTEN_AS: Readonly<Record<string, string>> = { u1: '"p", (', u2: '"u", (pi / 2, ', u3: '"u", (' };
const RENAMED: Readonly<Record<string, string>> = { lambda: "lam" };
/** How many of a gate's first qubits control it, by that number. */
const CONTROLS: readonly string[] = [
  "",
  "cx cy cz ch csx cs csdg cp crx cry crz cu cu1 cu3 cswap",
  "ccx ccz rccx",
  "c3x c3sqrtx rc3x",
  "c4x",
];
/** Gates that the table lacks and Qiskit has, made of its gates. */
const MADE = [
  "gate ryy(theta) a, b { rx(pi / 2) a; rx(pi / 2) b; cx a, b; rz(theta) b; cx a, b; rx(-pi / 2) a; rx(-pi / 2) b; }",
  "gate rzx(theta) a, b { h b; cx a, b; rz(theta) b; cx a, b; h b; }",
  "gate iswap a, b { s a; s b; h a; cx a, b; cx b, a; h b; }",
  "gate dcx a, b { cx a, b; cx b, a; }",
  "gate cs a, b { ctrl @ s a, b; }",
  "gate csdg a, b { ctrl @ sdg a, b; }",
  "gate ccz a, b, c { ctrl(2) @ z a, b, c; }",
].map((definition) => {
  const [, name = "", parameter] = /^gate (\w+)(?:\((\w+)\))? /.exec(definition) ?? [];
  const qubits = (definition.split("{")[0] as string).split(",").length;
  return { name, parameters: parameter === undefined ? [] : [parameter], qubits, definition };
});

interface PythonGate {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly qubits: number;
  readonly definition: string | undefined;
}

function qubitNames({ name, qubits }: PythonGate): readonly string[] {
  const controls = Math.max(
    0,
    CONTROLS.findIndex((names) => names.split(" ").includes(name)),
  );
  const numbered = (word: string, count: number) =>
    Array.from({ length: count }, (_, i) => (count === 1 ? word : `${word}${i + 1}`));
  const acted = numbered(controls > 0 ? "target_qubit" : "qubit", qubits - controls);
  return [...numbered("control_qubit", controls), ...acted];
}

function method(gate: PythonGate): string {
  const lone = gate.parameters.length === 1;
  const parameters = gate.parameters.map((name) => (lone ? "theta" : (RENAMED[name] ?? name)));
  const qubits = qubitNames(gate);
  const tuple = (names: readonly string[]) => (names.length === 1 ? `${names[0]},` : names.join(", "));
  const args = [
    ...parameters.map((name) => `${name}: Angle`),
    ...qubits.map((name) => `${name}: Qubits`),
  ].join(", ");
  const head = `${WRITTEN_AS[gate.name] ?? `"${gate.name}", (`}${tuple(parameters)})`;
  return `    def ${gate.name}(self, ${args}) -> Self:
        return self._gate("${gate.name}", ${head}, (${tuple(qubits)}))
`;
}

/** Python of the table. */
export function pythonGates(): string {
  const known = GATES.filter(({ name }) => !LEFT_OUT.includes(name));
  const all: PythonGate[] = [
    ...known.map((gate) => ({ ...gate, definition: DEFINITIONS.get(gate.name) })),
    ...MADE,
  ];
  const rows = all.map(
    ({ name, parameters, qubits, definition }) =>
      `    "${name}": Gate(${parameters.length}, ${qubits}, ${definition === undefined ? "None" : `"${definition}"`}),`,
  );
  return `"""The gate table. Printed by tools/python-gates.ts (\`npm run gen\`) from that of the simulators; do not edit."""

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
${rows.join("\n")}
}


class GateMethods:
    """A method for each gate: its angles, then its qubits, controls first."""

    def _gate(self, method: str, name: str, angles: tuple[Angle, ...], on: tuple[Qubits, ...]) -> Self:
        raise NotImplementedError

${all.map(method).join("\n")}`;
}

/** The definition of a gate, as a circuit on its own qubits. */
import type { Circuit } from "../circuit.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import type { Gate } from "./table.ts";

/** By the library's text; `gate` must have one. */
export function definitionOf({ name, qubits, definition }: Gate): Circuit {
  const wires = Array.from({ length: qubits }, (_, q) => `q[${q}]`).join(",");
  const renamed = definition?.replace(`gate ${name}`, "gate whole");
  return parseQasm2(
    `OPENQASM 2.0; include "qelib1.inc"; ${renamed} qreg q[${qubits}]; whole ${wires};`,
    name,
  );
}

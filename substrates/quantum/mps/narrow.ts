/** Gates of three and more qubits as gates of one and two, by their definitions in the standard library. */
import { type Circuit, operandsOf, parametersOf } from "../circuit.ts";
import { GATES, type Gate } from "../gates/table.ts";
import { parseQasm2 } from "../qasm/parser.ts";

/** A gate of at most two qubits, on the operands of the gate it is a piece of. */
export interface Piece {
  readonly code: number;
  readonly parameters: readonly number[];
  /** Which of the operands. */
  readonly on: readonly number[];
}

const known = new Map<number, readonly Piece[]>();

/** The pieces of instruction `i`, equal to it up to a global phase. */
export function piecesOf(circuit: Circuit, i: number): readonly Piece[] {
  const code = circuit.codes[i] as number;
  const parameters = parametersOf(circuit, i);
  const gate = GATES[code] as Gate;
  if (gate.qubits <= 2) return [{ code, parameters, on: gate.qubits === 1 ? [0] : [0, 1] }];
  const ready = known.get(code);
  if (ready) return ready;
  if (gate.parameters.length > 0 || gate.definition === undefined)
    throw new TypeError(`${gate.name} has no definition in smaller gates`);
  const pieces = expand(gate);
  known.set(code, pieces);
  return pieces;
}

function expand(gate: Gate): Piece[] {
  const operands = Array.from({ length: gate.qubits }, (_, q) => `q[${q}]`).join();
  const definition = (gate.definition as string).replace(`gate ${gate.name} `, "gate whole ");
  const text = `OPENQASM 2.0; include "qelib1.inc"; ${definition} qreg q[${gate.qubits}]; whole ${operands};`;
  const circuit = parseQasm2(text, gate.name);
  return Array.from({ length: circuit.length }, (_, i) => i).flatMap((i) => {
    const qubits = operandsOf(circuit, i);
    return piecesOf(circuit, i).map((piece) => ({ ...piece, on: piece.on.map((k) => qubits[k] as number) }));
  });
}

/** Gates as the parser knows them: those of the table, and those a file defines. */
import { ArqonError } from "@arqon/core/base";
import type { CircuitBuilder } from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import { type Expression, evaluate } from "./expression.ts";

/** A step of a gate's body: a gate on some of its qubits, or a barrier where `gate` is `undefined`. */
export interface BodyCall {
  readonly gate: Definition | undefined;
  readonly parameters: readonly Expression[];
  readonly qubits: readonly number[];
}

/** A gate that can be called by name. */
export interface Definition {
  readonly name: string;
  readonly parameters: number;
  readonly qubits: number;
  /** Row of the gate table; -1 for gates made of others. */
  readonly code: number;
  /** `undefined` for an opaque gate. */
  readonly body: readonly BodyCall[] | undefined;
  /** Calls made when it is expanded, and operands and parameters of all of them. */
  readonly calls: number;
  readonly operands: number;
  /** How deep gates are nested in it. */
  readonly depth: number;
}

/** The gate of the table as a definition. */
export function tableGate(code: number): Definition {
  const gate = GATES[code];
  if (gate === undefined) throw new TypeError(`no gate ${code}`);
  const parameters = gate.parameters.length;
  return {
    name: gate.name,
    parameters,
    qubits: gate.qubits,
    code,
    body: [],
    calls: 1,
    operands: gate.qubits + parameters,
    depth: 1,
  };
}

/** A definition from its body, with the cost of expanding it. */
export function compositeGate(
  name: string,
  parameters: number,
  qubits: number,
  body: readonly BodyCall[],
): Definition {
  let [calls, operands, depth] = [1, 0, 1];
  for (const call of body) {
    calls += call.gate?.calls ?? 1;
    operands += call.gate?.operands ?? call.qubits.length;
    depth = Math.max(depth, 1 + (call.gate?.depth ?? 0));
  }
  return { name, parameters, qubits, code: -1, body, calls, operands, depth };
}

/** Appends the instructions of one gate call; `fail` makes the error for a parameter that has no value. */
export function expand(
  gate: Definition,
  parameters: readonly number[],
  qubits: readonly number[],
  out: CircuitBuilder,
  fail: (what: string) => Error,
): void {
  if (gate.code >= 0) {
    out.gate(gate.code, parameters, qubits);
    return;
  }
  if (gate.body === undefined) throw new ArqonError("QASM_UNSUPPORTED", `opaque gate '${gate.name}'`);
  for (const call of gate.body) {
    const wires = call.qubits.map((q) => qubits[q] as number);
    if (call.gate === undefined) out.barrier(wires);
    else
      expand(
        call.gate,
        call.parameters.map((p) => evaluate(p, parameters, fail)),
        wires,
        out,
        fail,
      );
  }
}

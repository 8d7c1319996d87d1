/** A circuit as items: gates of the library become one-qubit gates and ZZ rotations. */
import { ArqonError } from "@arqon/core/base";
import { atan2, cos, type Matrix, sin } from "@arqon/core/math";
import { BARRIER, type Circuit, MEASURE, operandsOf, parametersOf, RESET } from "../circuit.ts";
import { GATES, type Gate } from "../gates/table.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import type { Item, One, Zz } from "./item.ts";
import { gateMatrix, HADAMARD } from "./one-qubit.ts";

/** What {@link lower} gives. */
export interface Lowered {
  readonly items: readonly Item[];
  /** Where each qubit's state is at the end: swaps of the circuit are done by renaming. */
  readonly wires: readonly number[];
}

/** Items of a circuit: gates of five qubits are more than a hundred each. */
const MOST_ITEMS = 1_000_000;

/**
 * @throws ArqonError `LIMIT_EXCEEDED` above a million items.
 * @cost   linear in what the gates' definitions expand to.
 */
export function lower(circuit: Circuit): Lowered {
  return new Lowering(circuit).run();
}

const PHASE = gateMatrix("s");

class Lowering {
  readonly #circuit: Circuit;
  readonly #wires: number[];
  /** Expansions on qubits 0, 1, ..., by gate and parameters. */
  readonly #known = new Map<string, readonly (One | Zz)[]>();
  readonly #names: readonly string[] = GATES.map(({ name }) => name);

  constructor(circuit: Circuit) {
    this.#circuit = circuit;
    this.#wires = Array.from({ length: circuit.qubits }, (_, q) => q);
  }

  run(): Lowered {
    const items: Item[] = [];
    for (let i = 0; i < this.#circuit.length; i++) {
      this.#instruction(i, items);
      if (items.length > MOST_ITEMS)
        throw new ArqonError(
          "LIMIT_EXCEEDED",
          `${this.#circuit.name}: its first ${i + 1} gates expand to ${items.length} rotations; the limit of compiling is ${MOST_ITEMS}`,
          { details: { items: items.length, limitItems: MOST_ITEMS } },
        );
    }
    return { items, wires: this.#wires };
  }

  #instruction(i: number, items: Item[]): void {
    const circuit = this.#circuit;
    const code = circuit.codes[i] as number;
    const operands = Array.from(operandsOf(circuit, i));
    const wires = this.#wires;
    const condition = circuit.conditions[circuit.conditionOf[i] as number];
    const reads = condition?.bits ?? [];
    if (code === MEASURE) {
      const [qubit, bit] = operands as [number, number];
      const qubits = [wires[qubit] as number];
      items.push({
        kind: "fixed",
        code,
        parameters: [],
        qubits,
        bits: [bit, ...reads],
        condition,
        items: [],
      });
      return;
    }
    const qubits = operands.map((qubit) => wires[qubit] as number);
    if (code === RESET || code === BARRIER) {
      const parameters = parametersOf(circuit, i);
      items.push({ kind: "fixed", code, parameters, qubits, bits: reads, condition, items: [] });
      return;
    }
    if (this.#names[code] === "swap" && !condition) {
      const [a, b] = operands as [number, number];
      [wires[a], wires[b]] = [wires[b] as number, wires[a] as number];
      return;
    }
    const expansion = this.#expand(code, parametersOf(circuit, i)).map((item) => moved(item, qubits));
    if (!condition) items.push(...expansion);
    // Under a condition a gate of three qubits and more is many steps, each of which can be routed.
    else
      for (const item of expansion)
        items.push({
          kind: "fixed",
          code: -1,
          parameters: [],
          qubits: item.kind === "one" ? [item.qubit] : [item.a, item.b],
          bits: reads,
          condition,
          items: [item],
        });
  }

  #expand(code: number, parameters: readonly number[]): readonly (One | Zz)[] {
    const gate = GATES[code] as Gate;
    const key = `${code} ${parameters.join(" ")}`;
    const known = this.#known.get(key);
    if (known) return known;
    const made = this.#make(gate, parameters);
    this.#known.set(key, made);
    return made;
  }

  #make(gate: Gate, parameters: readonly number[]): readonly (One | Zz)[] {
    const one = (qubit: number, matrix: Matrix): One => ({ kind: "one", qubit, matrix });
    const quarter = (...targets: readonly number[]): (One | Zz)[] => [
      ...targets.map((qubit) => one(qubit, HADAMARD)),
      { kind: "zz", a: 0, b: 1, angle: -Math.PI / 2 },
      one(0, PHASE),
      one(1, PHASE),
      ...targets.map((qubit) => one(qubit, HADAMARD)),
    ];
    if (gate.qubits === 1) return [one(0, gate.matrix(parameters))];
    if (gate.name === "cx" || gate.name === "CX") return quarter(1);
    if (gate.name === "cz") return quarter();
    if (gate.name === "rzz") return [{ kind: "zz", a: 0, b: 1, angle: reduced(parameters[0] as number) }];
    // The definition, read with the same parser as any circuit: it is made of gates that come before.
    const wires = Array.from({ length: gate.qubits }, (_, q) => `q[${q}]`).join(",");
    const call = parameters.length > 0 ? `whole(${parameters.join(",")})` : "whole";
    const text = (gate.definition as string).replace(`gate ${gate.name}`, "gate whole");
    const body = parseQasm2(
      `OPENQASM 2.0; include "qelib1.inc"; ${text} qreg q[${gate.qubits}]; ${call} ${wires};`,
      gate.name,
    );
    const out: (One | Zz)[] = [];
    for (let i = 0; i < body.length; i++) {
      const on = Array.from(operandsOf(body, i));
      for (const item of this.#expand(body.codes[i] as number, parametersOf(body, i)))
        out.push(moved(item, on));
    }
    return out;
  }
}

/** The angle as a small one: whole turns are taken away before they cost digits. */
function reduced(angle: number): number {
  return Math.abs(angle) < 10 ? angle : 2 * atan2(sin(angle / 2), cos(angle / 2));
}

/** The item on other qubits: 0 becomes `to[0]`, and so on. */
function moved(item: One | Zz, to: readonly number[]): One | Zz {
  return item.kind === "one"
    ? { ...item, qubit: to[item.qubit] as number }
    : { ...item, a: to[item.a] as number, b: to[item.b] as number };
}

/** Gates brought to layers. */
import type { Matrix } from "@arqon/core/math";
import { type Circuit, operandsOf, parametersOf } from "../circuit.ts";
import { controlledTarget, innerMatrix } from "../fast/operation.ts";
import { definitionOf } from "../gates/definition.ts";
import { GATES, type Gate } from "../gates/table.ts";
import { type Complex, ONE } from "./complex.ts";
import { eigen } from "./eigen.ts";
import { Layering } from "./layers.ts";

const H = Float64Array.of(Math.SQRT1_2, 0, Math.SQRT1_2, 0, Math.SQRT1_2, 0, -Math.SQRT1_2, 0);

const S = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 1);
const X = Float64Array.of(0, 0, 1, 0, 1, 0, 0, 0);
/** exp(-i pi/4 X). */
const ROOT = Float64Array.of(Math.SQRT1_2, 0, 0, -Math.SQRT1_2, 0, -Math.SQRT1_2, Math.SQRT1_2, 0);

/** Entries smaller than this are roundings of 0. */
const NOTHING = 1e-15;

/** Collects gates of a circuit as layers. */
export class LayerCompiler {
  readonly layering: Layering;
  /** Where each position's qubit stands now: exchanges only relabel. */
  readonly #at: Int32Array;
  readonly #definitions = new Map<number, Circuit>();

  constructor(width: number) {
    this.layering = new Layering(width);
    this.#at = Int32Array.from({ length: width }, (_, position) => position);
  }

  /** Adds instruction `i` of a circuit; `place` gives the position of a qubit. False for a gate that has no such form. */
  add(circuit: Circuit, i: number, place: (qubit: number) => number): boolean {
    const code = circuit.codes[i] as number;
    const gate = GATES[code] as Gate;
    const positions = Array.from(operandsOf(circuit, i), place);
    const [a, b] = positions as [number, number];
    if (positions.length > 2) return this.#define(code, positions);
    if (gate.name === "swap") {
      const kept = this.#at[a] as number;
      this.#at[a] = this.#at[b] as number;
      this.#at[b] = kept;
      return true;
    }
    if (gate.name === "ecr") {
      this.#echo(this.#at[a] as number, this.#at[b] as number);
      return true;
    }
    const m = gate.matrix(parametersOf(circuit, i));
    const [p, q] = [this.#at[a] as number, this.#at[b] as number];
    if (positions.length === 2 && gate.name !== "rxx") return this.#two(m, p, q);
    if (positions.length === 1) this.layering.one(p, m);
    else this.#ising(m, p, q);
    return true;
  }

  /** A gate by its definition. */
  #define(code: number, positions: readonly number[]): boolean {
    const definition = this.#definitions.get(code) ?? definitionOf(GATES[code] as Gate);
    this.#definitions.set(code, definition);
    for (let k = 0; k < definition.length; k++)
      if (!this.add(definition, k, (qubit) => positions[qubit] as number)) return false;
    return true;
  }

  /** Puts every qubit back to its own position, by exchanges of three layers each. */
  finish(): Layering {
    for (let position = 0; position < this.#at.length; position++) {
      const from = this.#at[position] as number;
      if (from === position) continue;
      for (const [control, target] of [
        [from, position],
        [position, from],
        [from, position],
      ] as const)
        this.#not(control, target);
      this.#at[this.#at.indexOf(position)] = from;
      this.#at[position] = position;
    }
    return this.layering;
  }

  #not(control: number, target: number): void {
    this.layering.one(target, H);
    this.layering.two(control, target, [ONE, ONE, ONE, [-1, 0]]);
    this.layering.one(target, H);
  }

  /** An echoed cross-resonance gate: S and the root of X, whose phase is taken out, a controlled NOT, and X. */
  #echo(p: number, q: number): void {
    this.layering.one(p, S);
    this.layering.one(q, ROOT);
    this.#not(p, q);
    this.layering.one(p, X);
  }

  /** exp(-i angle/2 X X), from its matrix: a ZZ rotation between Hadamards. */
  #ising(m: Matrix, p: number, q: number): void {
    const [c, s] = [m[0] as number, m[7] as number];
    const [even, odd]: [Complex, Complex] = [
      [c, s],
      [c, -s],
    ];
    for (const position of [p, q]) this.layering.one(position, H);
    this.layering.two(p, q, [even, odd, odd, even]);
    for (const position of [p, q]) this.layering.one(position, H);
  }

  /** A diagonal, or a one-qubit gate under a control: W D W^dagger with W on the target. False for other gates. */
  #two(m: Matrix, p: number, q: number): boolean {
    const target = controlledTarget(m, 2);
    const phase = (k: number): Complex => [m[10 * k] as number, m[10 * k + 1] as number];
    const whole = [phase(0), phase(1), phase(2), phase(3)] as const;
    if (target < 0) {
      if (m.some((value, k) => value !== 0 && (k >> 1) % 5 !== 0)) return false;
      this.layering.two(p, q, whole);
      return true;
    }
    const inner = innerMatrix(m, 2, target);
    if (inner.subarray(2, 6).every((value) => Math.abs(value) < NOTHING)) {
      this.layering.two(p, q, whole);
      return true;
    }
    const { vectors, first, second } = eigen(inner);
    const [control, turned] = target === 0 ? [q, p] : [p, q];
    this.layering.one(turned, adjoint(vectors));
    this.layering.two(control, turned, [ONE, first, ONE, second]);
    this.layering.one(turned, vectors);
    return true;
  }
}

function adjoint(m: Matrix): Matrix {
  const [ar, ai, br, bi, cr, ci, dr, di] = Array.from(m) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Float64Array.of(ar, -ai, cr, -ci, br, -bi, dr, -di);
}

/** Items as a circuit in the gates of a target. */
import type { Matrix } from "@arqon/core/math";
import { type Circuit, CircuitBuilder, type Condition, MEASURE, RESET } from "../circuit.ts";
import { CLOSE, halfTurned, type Item, qubitsOf, type Zz } from "./item.ts";
import {
  anglesOf,
  depthOf,
  gateMatrix,
  HADAMARD,
  IDENTITY,
  isIdentity,
  kindOf,
  PAULI_Z,
  passesTarget,
  times,
  turnZ,
} from "./one-qubit.ts";
import type { Target } from "./target.ts";

const X = gateMatrix("x");
const S = gateMatrix("s");
const SDG = gateMatrix("sdg");
const SXDG = gateMatrix("sxdg");
const NOTHING = [undefined, undefined] as const;
/** Losses of the two directions of a pair that are taken for the same. */
const ALIKE = 1.05;

/**
 * Writes items, which must be on coupled pairs, for `qubits` qubits; registers and bits are those of `like`.
 */
export function emit(items: readonly Item[], target: Target, qubits: number, like: Circuit): Circuit {
  return new Emitter(target, qubits, like).run(items);
}

class Emitter {
  readonly #target: Target;
  readonly #like: Circuit;
  readonly #out: CircuitBuilder;
  readonly #pending: (Matrix | undefined)[];
  /** What comes next on the qubits of the item that is being written. */
  #after: readonly [Matrix | undefined, Matrix | undefined] = NOTHING;
  /** Directions in which a pair can be used; `undefined` when any can. */
  readonly #directed: ReadonlyMap<string, number> | undefined;

  constructor(target: Target, qubits: number, like: Circuit) {
    this.#target = target;
    this.#like = like;
    this.#out = new CircuitBuilder(like.name);
    this.#out.qreg("q", qubits);
    if (like.bits > 0) this.#out.creg("c", like.bits);
    this.#pending = Array.from({ length: qubits });
    this.#directed =
      target.coupling && new Map(target.coupling.map(({ from, to, loss }) => [`${from} ${to}`, loss]));
  }

  run(items: readonly Item[]): Circuit {
    const after = followers(items, this.#pending.length);
    for (const [i, item] of items.entries()) {
      this.#after = after[i] ?? NOTHING;
      this.#item(item);
    }
    this.#after = NOTHING;
    for (const qubit of this.#pending.keys()) this.#flush(qubit);
    const built = this.#out.build();
    return { ...built, cregs: this.#like.cregs, warnings: this.#like.warnings };
  }

  #item(item: Item): void {
    if (item.kind === "one") this.#turn(item.qubit, item.matrix);
    else if (item.kind === "zz") this.#zz(item);
    else if (item.kind === "swap") throw new TypeError("swaps are synthesised before a circuit is written");
    else {
      for (const qubit of item.qubits) this.#flush(qubit);
      this.#under(item.condition, () => {
        const [qubit, bit] = [item.qubits[0] as number, item.bits[0] as number];
        if (item.code === MEASURE) this.#out.measure(qubit, bit);
        else if (item.code === RESET) this.#out.reset(qubit);
        else if (item.code >= 0) this.#out.barrier(item.qubits, item.parameters);
        for (const each of item.items) this.#item(each);
        for (const each of item.qubits) this.#flush(each);
      });
    }
  }

  #under(condition: Condition | undefined, work: () => void): void {
    if (condition) this.#out.whenBits(condition.bits, condition.value);
    work();
    this.#out.always();
  }

  #turn(qubit: number, matrix: Matrix): void {
    this.#pending[qubit] = times(matrix, this.#pending[qubit] ?? IDENTITY);
  }

  #zz({ a, b, angle: asked }: Zz): void {
    const { angle, odd } = halfTurned(asked);
    if (odd) for (const qubit of [a, b]) this.#turn(qubit, PAULI_Z);
    if (Math.abs(angle) < CLOSE) return;
    const quarter = Math.abs(angle - Math.PI / 2) < CLOSE;
    const only = this.#target.entangler === "rzz";
    if (this.#target.fractional && (only || !quarter)) this.#fraction(a, b, angle);
    else if (quarter) {
      this.#cz(a, b);
      for (const qubit of [a, b]) this.#turn(qubit, S);
    } else this.#rotation(a, b, angle);
  }

  /** exp(-i angle/2 ZZ) is CX, a turn of the target, CX. What is diagonal waits until it is over. */
  #rotation(a: number, b: number, angle: number): void {
    const [x, y] = [a, b].map((qubit) => {
      const matrix = this.#pending[qubit];
      if (!matrix || kindOf(matrix) !== "diagonal") return undefined;
      this.#pending[qubit] = undefined;
      return matrix;
    });
    this.#turn(b, HADAMARD);
    this.#cz(a, b, b);
    this.#turn(b, gateMatrix("rx", [angle]));
    this.#cz(a, b, b);
    this.#turn(b, HADAMARD);
    if (x) this.#turn(a, x);
    if (y) this.#turn(b, y);
  }

  /** Machines take angles from 0 to a quarter turn: the others between X on one side. */
  #fraction(a: number, b: number, angle: number): void {
    const [first, second] = this.#forward(a, b) ? [a, b] : [b, a];
    if (angle < 0) this.#turn(first, X);
    this.#flushOthers(first, second);
    this.#out.gate("rzz", [Math.abs(angle)], [first, second]);
    if (angle < 0) this.#turn(first, X);
  }

  /** @param target  the side that is the target of a CX, where any can be. */
  #cz(a: number, b: number, target?: number): void {
    const { entangler } = this.#target;
    if (entangler === "cx" && this.#isFree(a, b)) {
      const to = target ?? this.#easierTarget(a, b);
      this.#cx(to === b ? a : b, to);
      return;
    }
    const [control, to] = this.#forward(a, b) ? [a, b] : [b, a];
    if (entangler === "cz") {
      this.#flushOthers(control, to);
      this.#out.gate("cz", [], [control, to]);
    } else if (entangler === "cx") this.#cx(control, to);
    else {
      this.#turn(to, HADAMARD);
      this.#turn(control, SDG);
      this.#turn(to, SXDG);
      this.#flushUnlessDiagonal(control);
      if (!passesTarget(this.#pending[to] ?? IDENTITY)) this.#flush(to);
      this.#out.gate("ecr", [], [control, to]);
      // What waits on the control goes past the X in the gate, which turns it around.
      const waiting = this.#pending[control];
      this.#pending[control] = waiting && times(X, times(waiting, X));
      this.#turn(control, X);
      this.#turn(to, HADAMARD);
    }
  }

  #cx(control: number, to: number): void {
    this.#turn(to, HADAMARD);
    this.#flushUnlessDiagonal(control);
    if (!passesTarget(this.#pending[to] ?? IDENTITY)) this.#flush(to);
    this.#out.gate("cx", [], [control, to]);
    this.#turn(to, HADAMARD);
  }

  /** The target that leaves fewer one-qubit gates around the CX. */
  #easierTarget(a: number, b: number): number {
    const { oneQubit } = this.#target;
    const [nextA, nextB] = this.#after;
    const cost = (qubit: number, next: Matrix | undefined, isTarget: boolean): number => {
      const before = this.#pending[qubit] ?? IDENTITY;
      const there = isTarget ? times(HADAMARD, before) : before;
      const passes = isTarget ? passesTarget(there) : kindOf(there) === "diagonal";
      let left = passes ? there : IDENTITY;
      if (isTarget) left = times(HADAMARD, left);
      left = times(S, left);
      const after = depthOf(next ? times(next, left) : left, oneQubit);
      return (passes ? 0 : depthOf(there, oneQubit)) + (next ? after : after / 2);
    };
    const toB = cost(a, nextA, false) + cost(b, nextB, true);
    const toA = cost(a, nextA, true) + cost(b, nextB, false);
    return toA < toB ? a : b;
  }

  /** Whether a pair can be used both ways, and about equally well. */
  #isFree(a: number, b: number): boolean {
    const directed = this.#directed;
    if (!directed) return true;
    const [there, back] = [directed.get(`${a} ${b}`), directed.get(`${b} ${a}`)];
    if (there === undefined || back === undefined) return false;
    return Math.max(there, back) <= ALIKE * Math.min(there, back);
  }

  /** Of a pair that can be used both ways, the way with less loss. */
  #forward(a: number, b: number): boolean {
    const directed = this.#directed;
    if (!directed) return true;
    const [there, back] = [directed.get(`${a} ${b}`), directed.get(`${b} ${a}`)];
    return back === undefined || (there !== undefined && there <= back);
  }

  /** What is diagonal passes. */
  #flushOthers(a: number, b: number): void {
    for (const qubit of [a, b]) this.#flushUnlessDiagonal(qubit);
  }

  /** Of another gate all is written but its last turn about Z. */
  #flushUnlessDiagonal(qubit: number): void {
    if (kindOf(this.#pending[qubit] ?? IDENTITY) !== "diagonal") this.#flush(qubit, true);
  }

  /** @param keeps  whether the last turn about Z may stay behind. */
  #flush(qubit: number, keeps = false): void {
    const matrix = this.#pending[qubit];
    this.#pending[qubit] = undefined;
    if (!matrix || isIdentity(matrix)) return;
    const { theta, phi, lambda } = anglesOf(matrix);
    const gate = (name: string, ...parameters: readonly number[]): void =>
      this.#out.gate(name, parameters, [qubit]);
    const rz = (angle: number): void => {
      const turned = wrapped(angle);
      if (Math.abs(turned) > CLOSE) gate("rz", turned);
    };
    const last = (angle: number): void => {
      if (keeps) this.#pending[qubit] = turnZ(wrapped(angle));
      else rz(angle);
    };
    const { oneQubit, gates } = this.#target;
    if (oneQubit === "u") {
      const name = gates.has("u3") ? "u3" : "u";
      if (theta === 0 && gates.has("u1")) gate("u1", wrapped(phi + lambda));
      else if (Math.abs(theta - Math.PI / 2) < CLOSE && gates.has("u2"))
        gate("u2", wrapped(phi), wrapped(lambda));
      else gate(name, theta, wrapped(phi), wrapped(lambda));
    } else if (theta === 0) rz(phi + lambda);
    else if (oneQubit === "rz-ry") {
      rz(lambda);
      gate("ry", theta);
      last(phi);
    } else if (Math.abs(theta - Math.PI / 2) < CLOSE) {
      rz(lambda - Math.PI / 2);
      gate("sx");
      last(phi + Math.PI / 2);
    } else if (theta === Math.PI && gates.has("x")) {
      gate("x");
      last(phi - lambda + Math.PI);
    } else {
      rz(lambda);
      gate("sx");
      rz(theta + Math.PI);
      gate("sx");
      last(phi + Math.PI);
    }
  }
}

/** Of every item on a pair the one-qubit gates that come right after it, where any do. */
function followers(
  items: readonly Item[],
  qubits: number,
): (readonly [Matrix | undefined, Matrix | undefined] | undefined)[] {
  const next: (Matrix | undefined)[] = Array.from({ length: qubits });
  const out: (readonly [Matrix | undefined, Matrix | undefined] | undefined)[] = Array.from(
    items,
    () => undefined,
  );
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i] as Item;
    if (item.kind === "one") next[item.qubit] = item.matrix;
    else {
      if (item.kind === "zz") out[i] = [next[item.a], next[item.b]];
      for (const qubit of qubitsOf(item)) next[qubit] = undefined;
    }
  }
  return out;
}

/** In (-pi, pi]. */
function wrapped(angle: number): number {
  const rest = angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
  return rest <= -Math.PI ? rest + 2 * Math.PI : rest;
}

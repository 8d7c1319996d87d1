/** Runs a Clifford program for many shots on one tableau: outcomes are affine in the random bits, so shots share all work. */

import { outcomeKey } from "../simulate/counts.ts";
import type { BitCondition, Program, Step } from "../simulate/program.ts";
import { shotUniform } from "../simulate/random.ts";
import { type Affine, constantOf, evaluate } from "./affine.ts";
import type { CliffordStep } from "./clifford.ts";
import { mostSymbols, turnsSignsOnly } from "./estimate.ts";
import { OP, Tableau } from "./tableau.ts";

/** How shots are run. */
export interface StabilizerOptions {
  readonly shots: number;
  readonly seed: bigint;
  /** Part of all the work done, in [0, 1]; throws to stop. */
  readonly progress: (part: number) => void;
}

/** Shots that went the same way at every condition; they share a tableau. */
interface Group {
  readonly shots: Uint32Array;
  readonly tableau: Tableau;
  step: number;
  draws: number;
  readonly bits: (Affine | undefined)[];
  /** For each symbol its values, one bit a shot of the group. */
  readonly columns: Uint32Array[];
}

/**
 * Counts by key. Every random bit is taken from the same numbers, in the same way, as by the statevector engines, so a
 * circuit both can run has the same counts from both.
 *
 * @param steps  the operations of every instruction, see {@link cliffordCircuit}.
 * @cost  one pass over the circuit for each way through its conditions; then bits x shots.
 */
export function runStabilizer(
  program: Program,
  steps: readonly (readonly CliffordStep[])[],
  options: StabilizerOptions,
): Map<string, number> {
  const run = new StabilizerRun(program, steps, options);
  const waiting: Group[] = [
    {
      shots: Uint32Array.from({ length: options.shots }, (_, shot) => shot),
      tableau: new Tableau(program.width, mostSymbols(program)),
      step: 0,
      draws: 0,
      bits: [],
      columns: [],
    },
  ];
  for (let group = waiting.pop(); group; group = waiting.pop()) run.follow(group, waiting);
  return run.counts;
}

const wordsOf = (bits: number): number => Math.ceil(bits / 32);
/** Shots whose keys are made together. */
const BLOCK = 1024;

class StabilizerRun {
  readonly counts = new Map<string, number>();
  readonly #program: Program;
  readonly #steps: readonly (readonly CliffordStep[])[];
  readonly #options: StabilizerOptions;
  readonly #seedLow: number;
  readonly #seedHigh: number;
  readonly #symbolWords: number;
  #finished = 0;

  constructor(program: Program, steps: readonly (readonly CliffordStep[])[], options: StabilizerOptions) {
    this.#program = program;
    this.#steps = steps;
    this.#options = options;
    this.#seedLow = Number(options.seed & 0xffffffffn);
    this.#seedHigh = Number((options.seed >> 32n) & 0xffffffffn);
    this.#symbolWords = wordsOf(mostSymbols(program));
  }

  /** Runs one group to the end; the shots that a condition leaves out are put on `waiting`. */
  follow(start: Group, waiting: Group[]): void {
    const { steps } = this.#program;
    let group = start;
    const begin = group.step;
    for (; group.step < steps.length; group.step++) {
      const step = steps[group.step] as Step;
      this.#tick(group, (group.step - begin) / (steps.length - begin + 1));
      if (this.#inFrame(step, group)) continue;
      if (step.condition) {
        const taken = this.#divide(group, step.condition, waiting);
        if (!taken) continue;
        group = taken;
      }
      this.#perform(step, group);
    }
    this.#finish(group);
    this.#finished += group.shots.length;
    this.#tick(group, 0);
  }

  #perform(step: Step, group: Group): void {
    const { tableau } = group;
    if (step.kind === "clear") group.bits[step.bit] = undefined;
    else if (step.kind === "free") {
      const outcome = group.bits[step.bit] ?? constantOf(0, this.#symbolWords);
      tableau.applyWhen(OP.x, step.position, outcome);
    } else if (step.kind === "gates") {
      const { circuit, positions } = this.#program;
      for (const [done, i] of step.instructions.entries()) {
        if ((done & 1023) === 1023) this.#tick(group, 0);
        const at = circuit.operandAt[i] as number;
        for (const { op, a, b } of this.#steps[i] as readonly CliffordStep[])
          tableau.apply(
            op,
            positions[circuit.operands[at + a] as number] as number,
            positions[circuit.operands[at + b] as number] as number,
          );
      }
    } else {
      const draw = group.draws++;
      const outcome = this.#measure(group, step.position, (shot) => this.#uniform(shot, draw) >= 0.5);
      if (step.kind === "measure") group.bits[step.bit] = outcome;
      else tableau.applyWhen(OP.x, step.position, outcome);
    }
  }

  #measure(group: Group, position: number, isOne: (shot: number, index: number) => boolean): Affine {
    const { random, outcome } = group.tableau.measure(position);
    if (random) {
      const column = new Uint32Array(wordsOf(group.shots.length));
      for (const [i, shot] of group.shots.entries())
        if (isOne(shot, i)) column[i >>> 5] = (column[i >>> 5] as number) | (1 << (i & 31));
      group.columns.push(column);
    }
    return outcome;
  }

  /** Pauli gates under one bit turn signs only: no need to tell shots apart. Returns whether the step was that, and is done. */
  #inFrame(step: Step, group: Group): boolean {
    if (step.kind !== "gates" || !step.condition || !turnsSignsOnly(step, this.#steps)) return false;
    const { circuit, positions } = this.#program;
    const [bit, wanted] = [step.condition.bits[0] as number, step.condition.pattern[0] as number];
    const { constant, symbols } = group.bits[bit] ?? constantOf(0, this.#symbolWords);
    const when = { constant: constant ^ wanted ^ 1, symbols };
    for (const i of step.instructions) {
      const at = circuit.operandAt[i] as number;
      for (const { op, a } of this.#steps[i] as readonly CliffordStep[])
        group.tableau.applyWhen(op, positions[circuit.operands[at + a] as number] as number, when);
    }
    return true;
  }

  /** The shots that meet a condition, `undefined` for none; the others go on after this step, later. */
  #divide(group: Group, { bits, pattern }: BitCondition, waiting: Group[]): Group | undefined {
    const size = group.shots.length;
    const holds = new Uint32Array(wordsOf(size)).fill(0xffffffff);
    for (const [k, bit] of bits.entries()) {
      const values = this.#values(group, group.bits[bit]);
      for (let w = 0; w < holds.length; w++)
        holds[w] = (holds[w] as number) & (pattern[k] ? (values[w] as number) : ~(values[w] as number));
    }
    const [inside, outside]: [number[], number[]] = [[], []];
    for (let i = 0; i < size; i++) (((holds[i >>> 5] as number) >>> (i & 31)) & 1 ? inside : outside).push(i);
    if (outside.length === 0) return group;
    if (inside.length === 0) return undefined;
    waiting.push({ ...this.#part(group, outside), tableau: group.tableau.clone(), step: group.step + 1 });
    return this.#part(group, inside);
  }

  #part(group: Group, members: readonly number[]): Group {
    const columns = group.columns.map((column) => {
      const out = new Uint32Array(wordsOf(members.length));
      for (const [to, i] of members.entries())
        if (((column[i >>> 5] as number) >>> (i & 31)) & 1)
          out[to >>> 5] = (out[to >>> 5] as number) | (1 << (to & 31));
      return out;
    });
    const shots = Uint32Array.from(members, (i) => group.shots[i] as number);
    return { ...group, shots, columns, bits: group.bits.slice() };
  }

  #values(group: Group, bit: Affine | undefined): Uint32Array {
    const words = wordsOf(group.shots.length);
    return bit ? evaluate(bit, group.columns, words) : new Uint32Array(words);
  }

  /**
   * Measures what waits until the end. From the highest position down, random outcomes are the binary digits of one number
   * a shot: so the number picks from the outcomes in ascending order, as it does from a statevector's.
   */
  #finish(group: Group): void {
    const { sampled, circuit } = this.#program;
    const lowest = sampled.reduce(
      (least, [position]) => (position < 0 ? least : Math.min(least, position)),
      Number.POSITIVE_INFINITY,
    );
    const outcomes = new Map<number, Affine>();
    const rest = new Float64Array(group.shots.length);
    let digits = 0;
    for (let position = this.#program.width - 1; position >= lowest; position--) {
      if ((position & 63) === 0) this.#tick(group, 0.9);
      const before = group.columns.length;
      const outcome = this.#measure(group, position, (shot, i) => {
        if (digits % 53 === 0) rest[i] = this.#uniform(shot, group.draws + digits / 53);
        const one = (rest[i] as number) >= 0.5;
        rest[i] = 2 * (rest[i] as number) - (one ? 1 : 0);
        return one;
      });
      if (group.columns.length > before) digits++;
      outcomes.set(position, outcome);
    }
    for (const [position, bit] of sampled) group.bits[bit] = outcomes.get(position);
    const registers = circuit.cregs.slice();
    if (this.#program.bits > circuit.bits)
      registers.push({ name: "meas", start: circuit.bits, size: circuit.qubits });
    const values = Array.from({ length: this.#program.bits }, (_, bit) =>
      this.#values(group, group.bits[bit]),
    );
    const bits = new Uint8Array(this.#program.bits);
    for (let i = 0; i < group.shots.length; i++) {
      if (i % BLOCK === 0) this.#tick(group, 0.95);
      const [word, shift] = [i >>> 5, i & 31];
      for (let b = 0; b < bits.length; b++)
        bits[b] = (((values[b] as Uint32Array)[word] as number) >>> shift) & 1;
      const key = outcomeKey(registers, bits);
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    }
  }

  #uniform(shot: number, draw: number): number {
    return shotUniform(this.#seedLow, this.#seedHigh, shot, draw);
  }

  #tick(group: Group, part: number): void {
    this.#options.progress((this.#finished + part * group.shots.length) / this.#options.shots);
  }
}

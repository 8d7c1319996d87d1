/** Classical values while a text is read: known now, or a table over the outcomes of measurements. */
import type { Duration } from "../duration.ts";
import { QASM3_LIMITS } from "./limits.ts";

/** Known now: bits and bools, int and uint, float and angle, registers of bits (lowest first). */
export type Constant = boolean | bigint | number | readonly boolean[];

/** A time, which may be below 0 on the way to one that is not. */
export class Timing {
  /** The time, or what it is instead of a known one. */
  readonly duration: Duration | string;

  constructor(duration: Duration | string) {
    this.duration = duration;
  }
}

/** A value that measurements decide: `values[k]` when bit i of k is what `outcomes[i]` holds. */
export class Decided {
  readonly outcomes: readonly number[];
  readonly values: readonly Constant[];

  constructor(outcomes: readonly number[], values: readonly Constant[]) {
    this.outcomes = outcomes;
    this.values = values;
  }
}

/** True while every one of these outcomes is as wanted: for more of them than a table is made of. */
export class Conjunction {
  readonly cube: Cube;

  constructor(cube: Cube) {
    this.cube = cube;
  }
}

/** A bit or bool. */
export type Bit = boolean | Decided | Conjunction;

/** A register of bits, each known or decided by measurements; lowest first. */
export class BitArray {
  readonly bits: readonly Bit[];

  constructor(bits: readonly Bit[]) {
    this.bits = bits;
  }
}

export type Value = Constant | Decided | Conjunction | BitArray | Timing;

/** Why a value has no table: it would be too large. */
export class TooManyOutcomes extends RangeError {}

/** The value of one outcome itself. */
export function outcome(number: number): Decided {
  return new Decided([number], [false, true]);
}

/** The number of the outcome that a bit just repeats, or `undefined`. */
export function outcomeOf(bit: Value): number | undefined {
  if (!(bit instanceof Decided) || bit.outcomes.length !== 1) return undefined;
  return bit.values[0] === false && bit.values[1] === true ? bit.outcomes[0] : undefined;
}

/** The outcomes a value depends on, ascending. */
export function outcomesIn(value: Value): readonly number[] {
  if (value instanceof Decided) return value.outcomes;
  if (value instanceof Conjunction) return value.cube.bits;
  if (!(value instanceof BitArray)) return [];
  return [...new Set(value.bits.flatMap((bit) => outcomesIn(bit)))].sort((a, b) => a - b);
}

/**
 * Applies a function of constants to values: for every way the outcomes they depend on can come.
 * @throws TooManyOutcomes when they depend on more outcomes than `QASM3_LIMITS.outcomes`.
 */
export function lift(values: readonly Value[], apply: (constants: readonly Constant[]) => Constant): Value {
  const outcomes = [...new Set(values.flatMap(outcomesIn))].sort((a, b) => a - b);
  if (outcomes.length === 0) return apply(values.map((value) => at(value, [], 0)));
  if (outcomes.length > QASM3_LIMITS.outcomes)
    throw new TooManyOutcomes(
      `depends on ${outcomes.length} measured bits; the limit is ${QASM3_LIMITS.outcomes}`,
    );
  const table: Constant[] = [];
  for (let k = 0; k < 2 ** outcomes.length; k++)
    table.push(apply(values.map((value) => at(value, outcomes, k))));
  return reduced(outcomes, table);
}

/** A value, given that bit i of `k` is what `outcomes[i]` holds. */
function at(value: Value, outcomes: readonly number[], k: number): Constant {
  if (value instanceof Decided) {
    let index = 0;
    value.outcomes.forEach((number, i) => {
      if (Math.floor(k / 2 ** outcomes.indexOf(number)) % 2) index += 2 ** i;
    });
    return value.values[index] as Constant;
  }
  if (value instanceof BitArray) return value.bits.map((bit) => at(bit, outcomes, k) === true);
  if (value instanceof Conjunction) throw new TooManyOutcomes("depends on too many measured bits");
  if (value instanceof Timing) throw new RangeError("is a time, which no other value depends on");
  return value;
}

/** Drops outcomes that make no difference. */
function reduced(outcomes: readonly number[], table: readonly Constant[]): Value {
  for (let i = 0; i < outcomes.length; i++) {
    const bit = 2 ** i;
    const without = (k: number): number => Math.floor(k / (2 * bit)) * 2 * bit + (k % bit);
    if (!table.every((value, k) => same(value, table[without(k)] as Constant))) continue;
    const kept = table.filter((_, k) => Math.floor(k / bit) % 2 === 0);
    return reduced(
      outcomes.filter((_, j) => j !== i),
      kept,
    );
  }
  return outcomes.length === 0 ? (table[0] as Constant) : new Decided(outcomes, table);
}

function same(a: Constant, b: Constant): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((bit, i) => bit === b[i]);
}

/** `condition ? yes : no`. */
export function choose(condition: Bit, yes: Value, no: Value): Value {
  if (typeof condition === "boolean") return condition ? yes : no;
  if (yes instanceof BitArray && no instanceof BitArray)
    return new BitArray(yes.bits.map((bit, i) => choose(condition, bit, no.bits[i] ?? false) as Bit));
  if (yes instanceof Timing || no instanceof Timing)
    return new Timing("a duration that depends on a measurement");
  return lift([condition, yes, no], ([c, y, n]) => (c ? y : n) as Constant);
}

/** `bits == value` for a register with more measured bits than a table is made of; `undefined` for another. */
export function equalRegister(bits: Value, value: Value): Bit | undefined {
  if (!(bits instanceof BitArray) || typeof value !== "bigint") return undefined;
  if (outcomesIn(bits).length <= QASM3_LIMITS.outcomes) return undefined;
  const on: number[] = [];
  let wanted = 0n;
  for (const [i, bit] of bits.bits.entries()) {
    const expected = (value >> BigInt(i)) & 1n;
    const number = outcomeOf(bit);
    if (number === undefined) {
      if (typeof bit !== "boolean") return undefined;
      if (bit !== (expected === 1n)) return false;
      continue;
    }
    if (on.includes(number)) return undefined;
    wanted |= expected << BigInt(on.length);
    on.push(number);
  }
  return value >> BigInt(bits.bits.length) === 0n && new Conjunction({ bits: on, value: wanted });
}

/** One way a condition is met: these bits hold this value. */
export interface Cube {
  readonly bits: readonly number[];
  readonly value: bigint;
}

/** The ways in which a condition is met, no two at once; one with no bits where it always is. */
export function cubes(condition: Bit): Cube[] {
  if (condition === true) return [{ bits: [], value: 0n }];
  if (condition === false) return [];
  if (condition instanceof Conjunction) return [condition.cube];
  const [first, ...rest] = condition.outcomes;
  const half = (bit: 0 | 1): Bit =>
    reduced(
      rest,
      condition.values.filter((_, k) => k % 2 === bit),
    ) as Bit;
  return ([0, 1] as const).flatMap((bit) =>
    cubes(half(bit)).map((cube) => ({
      bits: [first as number, ...cube.bits],
      value: cube.value * 2n + BigInt(bit),
    })),
  );
}

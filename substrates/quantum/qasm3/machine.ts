/** What every part of the reader shares: the text, the circuit that comes of it, and the bounds on the work. */
import type { ArqonError, ErrorCode } from "@arqon/core/base";
import type { ParserRuleContext } from "antlr4ng";
import { Emitter } from "./emitter.ts";
import { QASM3_LIMITS } from "./limits.ts";
import type { Operation } from "./operation.ts";
import { type Binding, Scope } from "./scope.ts";
import { Syntax } from "./syntax.ts";
import { BitArray, type Constant, Decided, lift, outcomesIn, TooManyOutcomes, type Value } from "./value.ts";

/** Where a statement stands: the names it sees, and the gate whose body it is part of, if any. */
export interface Frame {
  readonly machine: Machine;
  readonly scope: Scope;
  /** Operations of the gate whose body is being read; `undefined` outside gates. */
  readonly gate: Operation[] | undefined;
  readonly inSubroutine: boolean;
  /** Whether `break` and `continue` have a loop to leave. */
  readonly inLoop: boolean;
}

export class Machine {
  readonly syntax: Syntax;
  readonly emitter: Emitter;
  readonly global: Scope = new Scope();
  readonly inputs: ReadonlyMap<string, number | boolean | bigint>;
  /** Names of the registers declared `output`, and of all bit registers of the text. */
  readonly outputs: string[] = [];
  readonly registers: string[] = [];
  /** The statement being read, for errors that know no better place. */
  place: ParserRuleContext | undefined;
  standardIncluded = false;
  readonly #warned = new Set<string>();
  #steps = 0;
  #depth = 0;

  constructor(source: string, file: string, inputs: ReadonlyMap<string, number | boolean | bigint>) {
    this.syntax = new Syntax(source, file);
    this.inputs = inputs;
    this.emitter = new Emitter(
      file,
      (what, limit) =>
        this.fail("LIMIT_EXCEEDED", `the circuit expands to more than ${limit} ${what}`, this.place),
      (what) => this.fail("QASM_UNSUPPORTED", `${what} cannot be simulated`, this.place),
    );
  }

  fail(code: ErrorCode, what: string, place: ParserRuleContext | undefined): ArqonError {
    return this.syntax.error(code, what, place ?? { start: null });
  }

  unsupported(what: string, place: ParserRuleContext): ArqonError {
    return this.fail("QASM_UNSUPPORTED", `${what} cannot be simulated`, place);
  }

  /** Says once what is legal but doubtful. */
  warn(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.emitter.warn(text);
  }

  /** Counts work against its limit, before it is done. */
  step(place: ParserRuleContext, count = 1): void {
    this.#steps += count;
    if (this.#steps > QASM3_LIMITS.steps)
      throw this.fail("LIMIT_EXCEEDED", `reading takes more than ${QASM3_LIMITS.steps} steps`, place);
  }

  /** Runs something one level deeper. */
  deeper<T>(place: ParserRuleContext, body: () => T): T {
    if (++this.#depth > QASM3_LIMITS.nesting)
      throw this.fail("LIMIT_EXCEEDED", `more than ${QASM3_LIMITS.nesting} levels inside one another`, place);
    const out = body();
    this.#depth--;
    return out;
  }

  /** Applies a function of constants; why it has no value becomes an error of the text. */
  lift(
    place: ParserRuleContext,
    values: readonly Value[],
    apply: (constants: readonly Constant[]) => Constant,
  ): Value {
    const outcomes = new Set(values.flatMap(outcomesIn)).size;
    if (outcomes <= QASM3_LIMITS.outcomes) this.step(place, 2 ** outcomes * widest(values));
    return this.attempt(place, () => lift(values, apply));
  }

  attempt<T>(place: ParserRuleContext, body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const code = error instanceof TooManyOutcomes ? "QASM_UNSUPPORTED" : "QASM_SEMANTIC";
      throw this.fail(code, `'${shown(place)}': ${error.message}`, place);
    }
  }

  /** A value that no measurement decides. */
  known(place: ParserRuleContext, value: Value, what: string): Value {
    if (outcomesIn(value).length > 0 || value instanceof Decided)
      throw this.unsupported(`${what} that depends on a measurement`, place);
    return value;
  }

  /** Makes a name known. */
  define(scope: Scope, name: string, binding: Binding, place: ParserRuleContext): void {
    const before = scope.has(name) ? scope.find(name) : undefined;
    if (before !== undefined)
      throw this.fail("QASM_SEMANTIC", `'${name}' is already the name of ${WHAT[before.kind]}`, place);
    if (CALLABLE.has(binding.kind) && !scope.isGlobal)
      throw this.fail("QASM_SEMANTIC", `'${name}' must be declared outside of any block`, place);
    scope.define(name, binding);
  }
}

/** Bits of the widest register among values, at least 1. */
function widest(values: readonly Value[]): number {
  let most = 1;
  for (const value of values) {
    if (value instanceof BitArray) most = Math.max(most, value.bits.length);
    else if (Array.isArray(value)) most = Math.max(most, value.length);
  }
  return most;
}

const WHAT: Readonly<Record<Binding["kind"], string>> = {
  variable: "a variable",
  bits: "a bit or register",
  qubits: "a qubit or register",
  gate: "a gate",
  subroutine: "a subroutine",
  extern: "an extern",
};
const CALLABLE: ReadonlySet<string> = new Set(["gate", "subroutine", "extern"]);

/** The text of a piece of syntax, as messages show it. */
export function shown(place: ParserRuleContext): string {
  const text = place.getText();
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

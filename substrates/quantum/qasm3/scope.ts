/** The names of a text, in scopes inside one another. */
import type { DefStatementContext, GateStatementContext } from "./gen/qasm3Parser.ts";
import type { Type } from "./type.ts";
import type { Bit, Value } from "./value.ts";

/** One classical bit that measurements and assignments write. */
export interface Cell {
  value: Bit;
}

export interface Variable {
  readonly kind: "variable";
  readonly type: Type;
  readonly constant: boolean;
  value: Value;
}

/** A bit, or a register or alias of bits. */
export interface Bits {
  readonly kind: "bits";
  readonly cells: readonly Cell[];
  readonly single: boolean;
}

/** A qubit, or a register or alias of qubits. */
export interface Qubits {
  readonly kind: "qubits";
  readonly qubits: readonly number[];
  readonly single: boolean;
}

/** A gate: of the table under a name of OpenQASM 3, or made of others. */
export interface GateName {
  readonly kind: "gate";
  readonly parameters: readonly string[];
  readonly qubits: readonly string[];
  /** Name in the gate table, or the definition. */
  readonly body: string | GateStatementContext;
}

export interface Subroutine {
  readonly kind: "subroutine";
  readonly definition: DefStatementContext;
}

export interface Extern {
  readonly kind: "extern";
}

export type Binding = Variable | Bits | Qubits | GateName | Subroutine | Extern;

/** What names stand for, from here outward. */
export class Scope {
  readonly #names = new Map<string, Binding>();
  readonly #outer: Scope | undefined;
  readonly #closed: boolean;

  /** `closed`: a body of a gate or subroutine, which sees of the outside only constants and what can be called. */
  constructor(outer?: Scope, closed = false) {
    this.#outer = outer;
    this.#closed = closed;
  }

  get isGlobal(): boolean {
    return this.#outer === undefined;
  }

  find(name: string): Binding | undefined {
    const own = this.#names.get(name);
    if (own !== undefined) return own;
    const found = this.#outer?.find(name);
    if (!this.#closed || found === undefined) return found;
    if (found.kind === "bits" || found.kind === "qubits") return undefined;
    return found.kind === "variable" && !found.constant ? undefined : found;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  define(name: string, binding: Binding): void {
    this.#names.set(name, binding);
  }
}

/** The names of a file: gates and registers share them. */
import { ADDED_SINCE } from "../gates/qelib1.ts";
import { GATES } from "../gates/table.ts";
import { type Definition, tableGate } from "./definition.ts";
import { isTableGate } from "./same-gate.ts";

/** A register by name. */
export interface RegisterName {
  readonly name: string;
  readonly quantum: boolean;
  /** Its number in order of declaration, among its kind. */
  readonly number: number;
  readonly start: number;
  readonly size: number;
}

const RESERVED: ReadonlySet<string> = new Set(
  "OPENQASM include qreg creg gate opaque measure reset barrier if pi sin cos tan exp ln sqrt U CX".split(
    " ",
  ),
);

/** What each name of one file stands for. */
export class Scope {
  readonly #gates = new Map<string, Definition>([
    ["U", tableGate(0)],
    ["CX", tableGate(1)],
  ]);
  readonly #registers = new Map<string, RegisterName>();
  readonly #replaceable = new Set<string>();

  gate(name: string): Definition | undefined {
    return this.#gates.get(name);
  }

  register(name: string): RegisterName | undefined {
    return this.#registers.get(name);
  }

  /** Makes the standard library known; returns a name the file had already taken, if any. */
  includeLibrary(): string | undefined {
    for (const [code, { name }] of GATES.entries()) {
      if (code < 2) continue;
      const added = ADDED_SINCE.has(name);
      if (this.#gates.has(name) || this.#registers.has(name)) {
        if (added) continue;
        return name;
      }
      this.#gates.set(name, tableGate(code));
      if (added) this.#replaceable.add(name);
    }
    return undefined;
  }

  /** Why a name cannot be declared, or `undefined` when it can. */
  taken(name: string): string | undefined {
    if (RESERVED.has(name)) return "is a word of the language";
    if (this.#registers.has(name)) return "is already a register";
    if (this.#gates.has(name) && !this.#replaceable.has(name)) return "is already a gate";
    return undefined;
  }

  defineGate(gate: Definition): void {
    // Files define what the published qelib1.inc lacks: where theirs is ours it stays one gate, which has its noise.
    const known = this.#gates.get(gate.name);
    const same =
      known !== undefined &&
      known.code >= 0 &&
      this.#replaceable.has(gate.name) &&
      isTableGate(gate, known.code);
    this.#gates.set(gate.name, same ? known : gate);
    this.#replaceable.delete(gate.name);
  }

  defineRegister(register: RegisterName): void {
    this.#gates.delete(register.name);
    this.#registers.set(register.name, register);
  }

  /** A known name close to an unknown one, for messages. */
  similar(name: string): string | undefined {
    const lower = name.toLowerCase();
    for (const known of [...this.#gates.keys(), ...this.#registers.keys()])
      if (known.toLowerCase() === lower) return known;
    return undefined;
  }
}

/** OpenQASM 2: a recursive-descent parser that flattens a text into a circuit. */
import { type Circuit, CircuitBuilder } from "../circuit.ts";
import { expand } from "./definition.ts";
import { checkCount, lookUpGate, parseArguments, parseGateDeclaration } from "./gate-parser.ts";
import { Lexer } from "./lexer.ts";
import { QASM_LIMITS } from "./limits.ts";
import { type RegisterName, Scope } from "./scope.ts";

/** A register or one of its elements, as an operand. */
interface Operand {
  at: number;
  register: RegisterName;
  /** Index into the register; -1 for all of it. */
  index: number;
}

/** Of an instruction, about; memory for so many is set aside at once. */
const CHARS = 20;
const NO_PARAMETERS: ReadonlyMap<string, number> = new Map();

/**
 * Reads an OpenQASM 2 text. `qelib1.inc` is built in; time is linear in the text and in what it expands to.
 *
 * A text without its `OPENQASM 2.0;` line is accepted, with a warning, when it starts by including qelib1.inc.
 *
 * @param fileName  for messages only.
 * @throws ArqonError `QASM_SYNTAX`, `QASM_SEMANTIC` or `QASM_UNSUPPORTED` with `details {file, line, column}`;
 *   `LIMIT_EXCEEDED` over a bound of {@link QASM_LIMITS}.
 */
export function parseQasm2(source: string, fileName: string): Circuit {
  return new Parser(source, fileName).program();
}

class Parser {
  readonly #lexer: Lexer;
  readonly #scope = new Scope();
  readonly #out: CircuitBuilder;
  #qubits = 0;
  #bits = 0;
  #cregs = 0;
  #calls = 0;
  #operands = 0;
  #libraryIncluded = false;
  /** The operands of the statement being read, written over by the next one's. */
  readonly #given: Operand[] = [];
  readonly #wires: number[] = [];
  #lastRegister: RegisterName | undefined;

  constructor(source: string, fileName: string) {
    this.#lexer = new Lexer(source, fileName);
    this.#out = new CircuitBuilder(fileName, Math.ceil(source.length / CHARS));
  }

  program(): Circuit {
    const lexer = this.#lexer;
    this.#version();
    while (lexer.kind !== "end") this.#statement();
    return this.#out.build();
  }

  #version(): void {
    const lexer = this.#lexer;
    if (lexer.is("include")) {
      this.#out.warn("the text does not start with 'OPENQASM 2.0;'; it was read as OpenQASM 2");
      return;
    }
    if (!lexer.accept("OPENQASM")) throw lexer.expected("'OPENQASM 2.0;' at the start");
    const { text, kind, at } = lexer;
    if (kind !== "real" && kind !== "integer") throw lexer.expected("the version 2.0");
    if (text !== "2.0" && text !== "2")
      throw lexer.error("QASM_UNSUPPORTED", `expected version 2.0 of OpenQASM, found ${text}`, at);
    lexer.advance();
    lexer.expect(";", "after the version");
  }

  #statement(): void {
    const lexer = this.#lexer;
    const at = lexer.at;
    if (lexer.kind !== "word") throw lexer.expected("a statement");
    const word = lexer.text;
    if (word === "OPENQASM")
      throw lexer.error("QASM_SYNTAX", "expected a statement, found a second version line");
    switch (word) {
      case "include":
        this.#include();
        break;
      case "qreg":
      case "creg":
        this.#declareRegister(word === "qreg");
        break;
      case "gate":
      case "opaque":
        lexer.advance();
        parseGateDeclaration(lexer, this.#scope, word === "opaque");
        break;
      case "barrier":
        this.#barrier();
        break;
      case "if":
        this.#conditional();
        break;
      default:
        this.#operation(at);
    }
  }

  #include(): void {
    const lexer = this.#lexer;
    lexer.advance();
    if (lexer.kind !== "string") throw lexer.expected("a file name in quotes after 'include'");
    const { text, at } = lexer;
    if (text !== "qelib1.inc") {
      const third = text === "stdgates.inc" ? ", which belongs to OpenQASM 3" : "";
      throw lexer.error("QASM_UNSUPPORTED", `only "qelib1.inc" can be included, not "${text}"${third}`);
    }
    lexer.advance();
    lexer.expect(";", "after the file name");
    if (this.#libraryIncluded) throw lexer.error("QASM_SEMANTIC", "qelib1.inc is included twice", at);
    this.#libraryIncluded = true;
    const clash = this.#scope.includeLibrary();
    if (clash) throw lexer.error("QASM_SEMANTIC", `qelib1.inc defines '${clash}', which exists already`, at);
  }

  #declareRegister(quantum: boolean): void {
    const lexer = this.#lexer;
    lexer.advance();
    const at = lexer.at;
    const name = lexer.word("a name for the register");
    const taken = this.#scope.taken(name);
    if (taken) throw lexer.error("QASM_SEMANTIC", `'${name}' ${taken}`, at);
    lexer.expect("[", "before the size of the register");
    const place = lexer.at;
    const size = this.#integer("the size of the register");
    lexer.expect("]", "after the size of the register");
    lexer.expect(";", "after the register");
    if (size === 0) throw lexer.error("QASM_SEMANTIC", `register '${name}' has no elements`, place);
    const start = quantum ? this.#qubits : this.#bits;
    const limit = QASM_LIMITS.registerSize;
    if (start + size > limit) {
      const what = quantum ? "qubits" : "classical bits";
      throw lexer.error("LIMIT_EXCEEDED", `${start + size} ${what} declared; the limit is ${limit}`, place);
    }
    if (quantum) this.#out.qreg(name, size);
    else this.#out.creg(name, size);
    this.#scope.defineRegister({ name, quantum, number: quantum ? -1 : this.#cregs, start, size });
    if (quantum) this.#qubits += size;
    else {
      this.#bits += size;
      this.#cregs++;
    }
  }

  #integer(what: string): number {
    const lexer = this.#lexer;
    if (lexer.kind !== "integer") throw lexer.expected(what);
    const value = lexer.integer();
    if (!Number.isSafeInteger(value))
      throw lexer.error("QASM_SEMANTIC", `the number ${lexer.describe()} is too large`);
    lexer.advance();
    return value;
  }

  #conditional(): void {
    const lexer = this.#lexer;
    lexer.advance();
    lexer.expect("(", "after 'if'");
    const at = lexer.at;
    const name = lexer.word("a classical register");
    const register = this.#scope.register(name);
    if (register === undefined || register.quantum)
      throw lexer.error("QASM_SEMANTIC", `'${name}' is not a classical register`, at);
    lexer.expect("==", "and a number after the register");
    if (lexer.kind !== "integer") throw lexer.expected("a number that is not negative");
    const digits = lexer.text;
    // A value with more digits than the widest register can show is never reached: no need to read it.
    const value = digits.length > 20_000 ? -1n : BigInt(digits);
    if (value < 0n || value >> BigInt(register.size) !== 0n)
      this.#out.warn(`register '${name}' of ${register.size} bits never has the value ${lexer.describe()}`);
    lexer.advance();
    lexer.expect(")", "after the condition");
    const place = lexer.at;
    if (!this.#atOperation()) throw lexer.expected("a gate, 'measure' or 'reset' after the condition");
    this.#spend(at, 0, register.size);
    this.#out.when(register.number, value);
    this.#operation(place);
    this.#out.always();
  }

  /** Whether the current word can start a gate, measurement or reset. */
  #atOperation(): boolean {
    const others = ["if", "barrier", "gate", "opaque", "qreg", "creg", "include"];
    return this.#lexer.kind === "word" && !others.includes(this.#lexer.text);
  }

  #operation(at: number): void {
    const lexer = this.#lexer;
    const name = lexer.word("a statement");
    if (name === "measure") this.#measure(at);
    else if (name === "reset") this.#reset(at);
    else this.#gate(name, at);
  }

  #gate(name: string, at: number): void {
    const lexer = this.#lexer;
    if (this.#scope.gate(name) === undefined && this.#scope.register(name) !== undefined)
      throw lexer.error("QASM_SYNTAX", `expected a statement, found the register '${name}'`, at);
    const gate = lookUpGate(lexer, this.#scope, name, at);
    // Without names in them they are all known.
    const parameters = parseArguments(lexer, NO_PARAMETERS) as readonly number[];
    checkCount(lexer, gate, "parameters", parameters.length, at);
    const count = this.#operandList();
    checkCount(lexer, gate, "qubits", count, at);
    if (!lexer.accept(";")) throw lexer.expected(`';' after '${name}'`);
    const times = this.#broadcast(count, name);
    this.#spend(at, times * gate.calls, times * (gate.operands + count));
    const qubits = this.#wires;
    qubits.length = count;
    for (let i = 0; i < times; i++) {
      for (let k = 0; k < count; k++) qubits[k] = element(this.#given[k] as Operand, i);
      this.#refuseRepeated(qubits, name);
      if (gate.code >= 0) this.#out.gate(gate.code, parameters, qubits);
      else
        expand(gate, parameters, qubits, this.#out, (what) =>
          lexer.error("QASM_SEMANTIC", `in gate '${name}': ${what}`, at),
        );
    }
  }

  #measure(at: number): void {
    const lexer = this.#lexer;
    const from = this.#operand(true, 0);
    lexer.expect("->", "and a classical bit after the qubit");
    const to = this.#operand(false, 1);
    lexer.expect(";", "after 'measure'");
    if (from.index < 0 !== to.index < 0 || (from.index < 0 && from.register.size !== to.register.size))
      throw lexer.error(
        "QASM_SEMANTIC",
        `measure ${describe(from)} into ${describe(to)}: the sizes differ`,
        to.at,
      );
    const times = from.index < 0 ? from.register.size : 1;
    this.#spend(at, times, 2 * times);
    for (let i = 0; i < times; i++) this.#out.measure(element(from, i), element(to, i));
  }

  #reset(at: number): void {
    const operand = this.#operand(true, 0);
    this.#lexer.expect(";", "after 'reset'");
    const times = operand.index < 0 ? operand.register.size : 1;
    this.#spend(at, times, times);
    for (let i = 0; i < times; i++) this.#out.reset(element(operand, i));
  }

  #barrier(): void {
    const at = this.#lexer.at;
    this.#lexer.advance();
    const operands = this.#given.slice(0, this.#operandList());
    this.#lexer.expect(";", "after 'barrier'");
    const count = operands.reduce((sum, { index, register }) => sum + (index < 0 ? register.size : 1), 0);
    this.#spend(at, 1, count);
    const qubits: number[] = [];
    for (const operand of operands) {
      const times = operand.index < 0 ? operand.register.size : 1;
      for (let i = 0; i < times; i++) qubits.push(element(operand, i));
    }
    if (new Set(qubits).size !== qubits.length)
      throw this.#lexer.error("QASM_SEMANTIC", "a qubit is given twice to 'barrier'", at);
    this.#out.barrier(qubits);
  }

  /** Reads operands into `#given`, and says how many. */
  #operandList(): number {
    let count = 0;
    do this.#operand(true, count++);
    while (this.#lexer.accept(","));
    return count;
  }

  #operand(quantum: boolean, k: number): Operand {
    const lexer = this.#lexer;
    const at = lexer.at;
    const register = this.#register(quantum);
    let index = -1;
    if (lexer.accept("[")) {
      const place = lexer.at;
      index = this.#integer("an index");
      lexer.expect("]", "after the index");
      if (index >= register.size)
        throw lexer.error(
          "QASM_SEMANTIC",
          `index ${index} is outside '${register.name}' of size ${register.size}`,
          place,
        );
    }
    const operand = this.#given[k] ?? { at, register, index };
    operand.at = at;
    operand.register = register;
    operand.index = index;
    this.#given[k] = operand;
    return operand;
  }

  /** Most operands are in the register of the one before. */
  #register(quantum: boolean): RegisterName {
    const lexer = this.#lexer;
    const last = this.#lastRegister;
    if (last?.quantum === quantum && lexer.accept(last.name)) return last;
    const at = lexer.at;
    const name = lexer.word(quantum ? "a quantum register" : "a classical register");
    const register = this.#scope.register(name);
    if (register === undefined) throw lexer.error("QASM_SEMANTIC", `unknown register '${name}'`, at);
    if (register.quantum !== quantum)
      throw lexer.error(
        "QASM_SEMANTIC",
        `'${name}' is not a ${quantum ? "quantum" : "classical"} register`,
        at,
      );
    if (quantum) this.#lastRegister = register;
    return register;
  }

  /** How often a gate on these operands is applied; registers must be equally long. */
  #broadcast(count: number, name: string): number {
    let first: Operand | undefined;
    for (let k = 0; k < count; k++) {
      const operand = this.#given[k] as Operand;
      if (operand.index >= 0) continue;
      first ??= operand;
      if (first.register.size !== operand.register.size)
        throw this.#lexer.error(
          "QASM_SEMANTIC",
          `'${name}' on ${describe(first)} and ${describe(operand)}: the sizes differ`,
          operand.at,
        );
    }
    return first?.register.size ?? 1;
  }

  #refuseRepeated(qubits: readonly number[], name: string): void {
    if (qubits.length > 8 && new Set(qubits).size === qubits.length) return;
    for (let i = 1; i < qubits.length; i++) {
      const qubit = qubits[i] as number;
      if (qubits.indexOf(qubit) === i) continue;
      const { at, register } = this.#given[i] as Operand;
      const shown = `${register.name}[${qubit - register.start}]`;
      throw this.#lexer.error("QASM_SEMANTIC", `qubit ${shown} is given twice to '${name}'`, at);
    }
  }

  /** Counts work against the limits before it is done. */
  #spend(at: number, calls: number, operands: number): void {
    this.#calls += calls;
    this.#operands += operands;
    if (this.#calls > QASM_LIMITS.expansion) throw this.#over("instructions", QASM_LIMITS.expansion, at);
    if (this.#operands > QASM_LIMITS.operands) throw this.#over("operands", QASM_LIMITS.operands, at);
  }

  #over(what: string, limit: number, at: number): Error {
    return this.#lexer.error("LIMIT_EXCEEDED", `the circuit expands to more than ${limit} ${what}`, at);
  }
}

function element({ register, index }: Operand, i: number): number {
  return register.start + (index < 0 ? i : index);
}

function describe({ register: { name, size }, index }: Operand): string {
  return index < 0 ? `'${name}' of size ${size}` : `'${name}[${index}]'`;
}

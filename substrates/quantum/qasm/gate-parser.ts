/** Reads `gate` and `opaque` declarations. */
import { type BodyCall, compositeGate, type Definition } from "./definition.ts";
import { parseExpression } from "./expression.ts";
import type { Lexer } from "./lexer.ts";
import { QASM_LIMITS } from "./limits.ts";
import type { Scope } from "./scope.ts";

/** Comma-separated names, each once; their numbers in order. */
function names(lexer: Lexer, what: string, others: ReadonlyMap<string, number>): Map<string, number> {
  const out = new Map<string, number>();
  do {
    const at = lexer.at;
    const name = lexer.word(what);
    if (out.has(name) || others.has(name))
      throw lexer.error("QASM_SEMANTIC", `'${name}' is named twice in one declaration`, at);
    out.set(name, out.size);
  } while (lexer.accept(","));
  return out;
}

/** The gate a call names, checked for its number of parameters. */
export function lookUpGate(lexer: Lexer, scope: Scope, name: string, at: number): Definition {
  const gate = scope.gate(name);
  if (gate === undefined) {
    const similar = scope.similar(name);
    const hint = similar ? `; did you mean '${similar}'?` : '; include "qelib1.inc" or define it first';
    throw lexer.error("QASM_SEMANTIC", `unknown gate '${name}'${hint}`, at);
  }
  if (gate.body === undefined)
    throw lexer.error(
      "QASM_UNSUPPORTED",
      `opaque gate '${name}' has no definition and cannot be simulated`,
      at,
    );
  return gate;
}

/** Fails unless a call gives as many parameters as the gate has. */
export function checkCount(
  lexer: Lexer,
  gate: Definition,
  what: "parameters" | "qubits",
  given: number,
  at: number,
): void {
  const wanted = gate[what];
  if (wanted === given) return;
  const noun = wanted === 1 ? what.slice(0, -1) : what;
  throw lexer.error("QASM_SEMANTIC", `gate '${gate.name}' takes ${wanted} ${noun}, ${given} given`, at);
}

/** Reads a declaration from its name on (after the word `gate` or `opaque`) and adds it to the scope. */
export function parseGateDeclaration(lexer: Lexer, scope: Scope, opaque: boolean): void {
  const at = lexer.at;
  const name = lexer.word("a name for the gate");
  const taken = scope.taken(name);
  if (taken) throw lexer.error("QASM_SEMANTIC", `'${name}' ${taken}`, at);
  let parameters = new Map<string, number>();
  if (lexer.accept("(")) {
    if (!lexer.is(")")) parameters = names(lexer, "a parameter name or ')'", new Map());
    lexer.expect(")", "after the parameters");
  }
  const qubits = names(lexer, "a qubit name", parameters);
  if (opaque) {
    lexer.expect(";", "after the opaque declaration");
    scope.defineGate({
      name,
      parameters: parameters.size,
      qubits: qubits.size,
      code: -1,
      body: undefined,
      calls: 0,
      operands: 0,
      depth: 1,
    });
    return;
  }
  lexer.expect("{", "before the body of the gate");
  const body: BodyCall[] = [];
  while (!lexer.accept("}")) body.push(parseBodyCall(lexer, scope, name, parameters, qubits));
  const gate = compositeGate(name, parameters.size, qubits.size, body);
  if (gate.depth > QASM_LIMITS.nesting)
    throw lexer.error(
      "LIMIT_EXCEEDED",
      `gate '${name}' nests ${gate.depth} deep; the limit is ${QASM_LIMITS.nesting}`,
      at,
    );
  scope.defineGate(gate);
}

function parseBodyCall(
  lexer: Lexer,
  scope: Scope,
  inside: string,
  parameters: ReadonlyMap<string, number>,
  qubits: ReadonlyMap<string, number>,
): BodyCall {
  const at = lexer.at;
  const name = lexer.word(`a gate or '}' in the body of '${inside}'`);
  if (["measure", "reset", "if", "gate", "opaque", "qreg", "creg", "include"].includes(name))
    throw lexer.error(
      "QASM_SYNTAX",
      `expected a gate or '}' in the body of '${inside}', found '${name}'`,
      at,
    );
  if (name === inside && scope.gate(name) === undefined)
    throw lexer.error("QASM_SEMANTIC", `gate '${name}' uses itself`, at);
  const gate = name === "barrier" ? undefined : lookUpGate(lexer, scope, name, at);
  const given = gate ? parseArguments(lexer, parameters) : [];
  if (gate) checkCount(lexer, gate, "parameters", given.length, at);
  const operands: number[] = [];
  const seen = new Set<number>();
  do {
    const place = lexer.at;
    const word = lexer.word("a qubit of the gate");
    const number = qubits.get(word);
    if (number === undefined)
      throw lexer.error("QASM_SEMANTIC", `'${word}' is not a qubit of gate '${inside}'`, place);
    if (lexer.is("[")) throw lexer.expected("',' or ';'; qubits of a gate have no index");
    if (seen.has(number))
      throw lexer.error("QASM_SEMANTIC", `qubit '${word}' is given twice to '${name}'`, place);
    seen.add(number);
    operands.push(number);
  } while (lexer.accept(","));
  if (gate) checkCount(lexer, gate, "qubits", operands.length, at);
  lexer.expect(";", `after '${name}'`);
  return { gate, parameters: given, qubits: operands };
}

/** The parameters of a call, none where no parenthesis follows. */
export function parseArguments(
  lexer: Lexer,
  parameters: ReadonlyMap<string, number>,
): ReturnType<typeof parseExpression>[] {
  const out: ReturnType<typeof parseExpression>[] = [];
  if (!lexer.accept("(")) return out;
  if (lexer.accept(")")) return out;
  do out.push(parseExpression(lexer, parameters));
  while (lexer.accept(","));
  lexer.expect(")", "after the parameters");
  return out;
}

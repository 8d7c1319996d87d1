/** Declarations: registers, variables, constants, aliases, inputs and outputs. */
import type { ParserRuleContext } from "antlr4ng";
import { evaluate } from "./expression.ts";
import * as grammar from "./gen/qasm3Parser.ts";
import type { Frame } from "./machine.ts";
import { measureFresh, qubitsOfExpression, refuseInGate } from "./operand.ts";
import { quantumCall } from "./quantum-call.ts";
import { readSize, readType } from "./read-type.ts";
import type { Bits, Cell, Qubits } from "./scope.ts";
import { select } from "./select.ts";
import { convert, describeType, initial, type Type } from "./type.ts";
import { type Bit, type BitArray, outcomesIn, type Value } from "./value.ts";

/** Makes a name known for a value of a type. */
export function bindVariable(
  frame: Frame,
  name: string,
  type: Type,
  value: Value,
  place: ParserRuleContext,
): void {
  const { machine, scope } = frame;
  if (type.kind !== "bit") {
    machine.emitter.pin(outcomesIn(value));
    machine.define(scope, name, { kind: "variable", type, constant: false, value }, place);
    return;
  }
  const single = type.size === undefined;
  const cells = (single ? [value as Bit] : (value as BitArray).bits).map((bit): Cell => ({ value: bit }));
  machine.emitter.pin(outcomesIn(value));
  machine.define(scope, name, { kind: "bits", cells, single }, place);
}

/** `qubit[n] q;`, `qreg q[n];` */
export function declareQubits(
  frame: Frame,
  name: string,
  designator: grammar.DesignatorContext | null,
  place: ParserRuleContext,
): void {
  const { machine, scope } = frame;
  refuseInGate(frame, "qubit", place);
  if (!scope.isGlobal)
    throw machine.fail("QASM_SEMANTIC", `qubit '${name}' is declared inside a block`, place);
  const size = designator === null ? 1 : readSize(frame, designator);
  const first = machine.emitter.qubitCount;
  const qubits = Array.from({ length: size }, (_, i) => first + i);
  machine.define(scope, name, { kind: "qubits", qubits, single: designator === null }, place);
  machine.emitter.qubits(name, size);
}

/** `int[8] i = 3;`, `bit[2] c;`, `creg c[2];` */
export function declareClassical(
  frame: Frame,
  name: string,
  type: Type,
  given: grammar.DeclarationExpressionContext | null,
  place: ParserRuleContext,
): void {
  const { machine } = frame;
  refuseInGate(frame, describeType(type), place);
  if (type.kind === "bit" && frame.scope.isGlobal) machine.registers.push(name);
  const measured = given?.measureExpression();
  // A measurement of its own can be measured into again: nothing else refers to it.
  if (measured && type.kind === "bit") {
    const value = checked(frame, measureFresh(frame, measured), type, measured);
    const single = type.size === undefined;
    const cells = (single ? [value as Bit] : (value as BitArray).bits).map((bit): Cell => ({ value: bit }));
    machine.define(frame.scope, name, { kind: "bits", cells, single }, place);
    return;
  }
  const value = given === null ? initial(type) : checked(frame, declared(frame, given), type, given);
  bindVariable(frame, name, type, value, place);
}

function checked(frame: Frame, value: Value, type: Type, place: ParserRuleContext): Value {
  return frame.machine.attempt(place, () => convert(value, type, false));
}

function declared(frame: Frame, given: grammar.DeclarationExpressionContext): Value {
  const expression = given.expression();
  if (expression !== null) return evaluate(frame, expression);
  const measured = given.measureExpression();
  if (measured !== null) return measureFresh(frame, measured);
  const call = given.quantumCallExpression();
  if (call !== null) return quantumCall(frame, call, true) as Value;
  throw frame.machine.unsupported("an array", given);
}

/** `const int n = 3;` */
export function declareConstant(frame: Frame, statement: grammar.ConstDeclarationStatementContext): void {
  const { machine, scope } = frame;
  const type = readType(frame, statement.scalarType());
  const given = statement.declarationExpression();
  if (given.measureExpression() || given.quantumCallExpression())
    throw machine.fail("QASM_SEMANTIC", "a constant cannot be measured", given);
  const value = machine.known(given, checked(frame, declared(frame, given), type, given), "a constant");
  machine.define(
    scope,
    statement.Identifier().getText(),
    { kind: "variable", type, constant: true, value },
    statement,
  );
}

/** `input float theta;` takes its value from the caller; `output bit c;` names what the counts show. */
export function declareInputOutput(frame: Frame, statement: grammar.IoDeclarationStatementContext): void {
  const { machine, scope } = frame;
  const name = statement.Identifier().getText();
  const scalar = statement.scalarType();
  if (scalar === null) throw machine.unsupported("an array", statement);
  if (!scope.isGlobal)
    throw machine.fail("QASM_SEMANTIC", `'${name}' is an input or output inside a block`, statement);
  const type = readType(frame, scalar);
  if (statement.OUTPUT()) {
    machine.outputs.push(name);
    bindVariable(frame, name, type, initial(type), statement);
    if (type.kind !== "bit")
      machine.warn(`output '${name}' is a ${describeType(type)}: counts show bits only`);
    return;
  }
  const given = machine.inputs.get(name);
  if (given === undefined)
    throw machine.fail(
      "QASM_SEMANTIC",
      `input '${name}' of type ${describeType(type)} was given no value`,
      statement,
    );
  const value = checked(frame, given, type, statement);
  machine.define(scope, name, { kind: "variable", type, constant: true, value }, statement);
}

/** `let a = q[0:1] ++ r;` */
export function declareAlias(frame: Frame, statement: grammar.AliasDeclarationStatementContext): void {
  const { machine, scope } = frame;
  refuseInGate(frame, "let", statement);
  const name = statement.Identifier().getText();
  const parts = statement.aliasExpression().expression();
  if (scope.find(name)?.kind === "qubits" && !scope.has(name))
    machine.warn(`'${name}' hides the one declared outside of its block until the block ends`);
  const bits = parts.map((part) => aliasedBits(frame, part));
  if (bits.every((part) => part !== undefined)) {
    const single = bits.length === 1 && (bits[0] as Bits).single;
    machine.define(
      scope,
      name,
      { kind: "bits", cells: bits.flatMap(({ cells }) => cells), single },
      statement,
    );
    return;
  }
  const qubits = parts.map((part) => qubitsOfExpression(frame, part));
  const all = qubits.flatMap((part) => part.qubits);
  if (new Set(all).size !== all.length)
    throw machine.fail("QASM_SEMANTIC", `alias '${name}' names a qubit twice`, statement);
  const single = qubits.length === 1 && (qubits[0] as Qubits).single;
  machine.define(scope, name, { kind: "qubits", qubits: all, single }, statement);
}

function aliasedBits(frame: Frame, expression: grammar.ExpressionContext): Bits | undefined {
  if (expression instanceof grammar.IndexExpressionContext) {
    const bits = aliasedBits(frame, expression.expression());
    if (bits === undefined || bits.single) return undefined;
    const { indices, single } = select(
      frame,
      expression.indexOperator(),
      bits.cells.length,
      expression.getText(),
    );
    return { kind: "bits", cells: indices.map((i) => bits.cells[i] as Cell), single };
  }
  if (!(expression instanceof grammar.LiteralExpressionContext)) return undefined;
  const found = frame.scope.find(expression.Identifier()?.getText() ?? "");
  return found?.kind === "bits" ? found : undefined;
}

/** Calls of subroutines: their bodies are read in place. */
import type { ParserRuleContext } from "antlr4ng";
import { bindVariable } from "./declare.ts";
import { evaluate } from "./expression.ts";
import type * as grammar from "./gen/qasm3Parser.ts";
import { type Frame, shown } from "./machine.ts";
import { qubitsOf, qubitsOfExpression, refuseInGate } from "./operand.ts";
import { readSize, readType } from "./read-type.ts";
import { type Qubits, Scope, type Subroutine } from "./scope.ts";
import { runBody } from "./statement.ts";
import { convert } from "./type.ts";
import type { Typed } from "./typed.ts";

/** An argument: an expression, or a qubit operand after the parentheses. */
type Argument = grammar.ExpressionContext | { readonly operand: grammar.GateOperandContext };

/**
 * Runs a subroutine and gives what it returns. Qubits may also follow the parentheses, as earlier drafts wrote.
 * @throws ArqonError `QASM_SEMANTIC` for wrong arguments or recursion.
 */
export function callSubroutine(
  frame: Frame,
  name: string,
  { definition }: Subroutine,
  expressions: readonly grammar.ExpressionContext[],
  operands: readonly grammar.GateOperandContext[],
  place: ParserRuleContext,
): Typed | undefined {
  const { machine } = frame;
  refuseInGate(frame, name, place);
  const wanted = definition.argumentDefinitionList()?.argumentDefinition() ?? [];
  const given: Argument[] = [...expressions, ...operands.map((operand) => ({ operand }))];
  if (wanted.length !== given.length)
    throw machine.fail(
      "QASM_SEMANTIC",
      `'${name}' takes ${wanted.length} arguments, ${given.length} given`,
      place,
    );
  const scope = new Scope(machine.global, true);
  const inner: Frame = { machine, scope, gate: undefined, inSubroutine: true, inLoop: false };
  wanted.forEach((argument, i) => {
    bindArgument(frame, inner, argument, given[i] as Argument, place);
  });
  const signature = definition.returnSignature();
  const type = signature === null ? undefined : readType(inner, signature.scalarType());
  return machine.deeper(place, () => {
    const flow = runBody(inner, definition.scope().statementOrScope());
    if (flow?.kind === "end") throw machine.unsupported("'end' inside a subroutine", place);
    const value = flow?.kind === "return" ? flow.value : undefined;
    if (type === undefined) {
      if (value !== undefined)
        throw machine.fail("QASM_SEMANTIC", `'${name}' is declared to return nothing`, place);
      return undefined;
    }
    if (value === undefined)
      throw machine.fail("QASM_SEMANTIC", `'${name}' ends without returning a value`, place);
    return { value: machine.attempt(place, () => convert(value, type, false)), type };
  });
}

function bindArgument(
  outer: Frame,
  inner: Frame,
  wanted: grammar.ArgumentDefinitionContext,
  given: Argument,
  place: ParserRuleContext,
): void {
  const { machine } = outer;
  if (wanted.arrayReferenceType()) throw machine.unsupported("an array", wanted);
  const name = wanted.Identifier().getText();
  const scalar = wanted.scalarType();
  if (scalar !== null || wanted.CREG()) {
    const designator = wanted.designator();
    const type =
      scalar === null
        ? { kind: "bit" as const, size: designator === null ? undefined : readSize(inner, designator) }
        : readType(inner, scalar);
    if ("operand" in given) throw machine.fail("QASM_SEMANTIC", `'${name}' is a value, given a qubit`, place);
    const value = evaluate(outer, given);
    bindVariable(
      inner,
      name,
      type,
      machine.attempt(given, () => convert(value, type, false)),
      wanted,
    );
    return;
  }
  const designator = wanted.qubitType()?.designator() ?? wanted.designator();
  const size = designator === null ? undefined : readSize(inner, designator);
  const qubits = "operand" in given ? qubitsOf(outer, given.operand) : qubitsOfExpression(outer, given);
  machine.define(inner.scope, name, fitted(outer, name, qubits, size, place), wanted);
}

function fitted(
  frame: Frame,
  name: string,
  given: Qubits,
  size: number | undefined,
  place: ParserRuleContext,
): Qubits {
  const { qubits } = given;
  if (qubits.length !== (size ?? 1))
    throw frame.machine.fail(
      "QASM_SEMANTIC",
      `'${name}' is ${size === undefined ? "one qubit" : `${size} qubits`}, given ${qubits.length} in '${shown(place)}'`,
      place,
    );
  return { kind: "qubits", qubits, single: size === undefined };
}

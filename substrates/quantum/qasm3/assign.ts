/** Assignments to bits, variables and parts of them. */
import { evaluateTyped } from "./expression.ts";
import type * as grammar from "./gen/qasm3Parser.ts";
import { type Frame, shown } from "./machine.ts";
import { assignBits, bitsOf, measureFresh, measureInto, refuseInGate } from "./operand.ts";
import { quantumCall } from "./quantum-call.ts";
import type { Bits, Variable } from "./scope.ts";
import { select } from "./select.ts";
import { timeOf } from "./time.ts";
import { convert, type Type } from "./type.ts";
import { binaryOf, bitsIn, bitsOfConstant, fromBits, type Typed } from "./typed.ts";
import { BitArray, type Constant, choose, outcomesIn, Timing, type Value } from "./value.ts";

/** `c = measure q;`, `i += 2;`, `a[3] = true;` */
export function assign(frame: Frame, statement: grammar.AssignmentStatementContext): void {
  const { machine } = frame;
  refuseInGate(frame, "an assignment", statement);
  const target = statement.indexedIdentifier();
  const operator = (statement._op?.text ?? "=").slice(0, -1);
  const bits = bitsOf(frame, target);
  const measured = statement.measureExpression();
  if (measured !== null && bits !== undefined && operator === "") {
    measureInto(frame, bits, measured);
    return;
  }
  const given = givenValue(frame, statement);
  if (bits !== undefined) {
    const type: Type = { kind: "bit", size: bits.single ? undefined : bits.cells.length };
    const current = { value: currentBits(bits), type };
    const value = operator === "" ? given.value : combined(frame, statement, operator, current, given);
    assignBits(
      frame,
      bits,
      machine.attempt(statement, () => convert(value, type, false)),
    );
    return;
  }
  assignVariable(frame, target, operator, given, statement);
}

function givenValue(frame: Frame, statement: grammar.AssignmentStatementContext): Typed {
  const expression = statement.expression();
  if (expression !== null) return evaluateTyped(frame, expression);
  const measured = statement.measureExpression();
  if (measured !== null) return { value: measureFresh(frame, measured), type: undefined };
  const call = statement.quantumCallExpression() as grammar.QuantumCallExpressionContext;
  return { value: quantumCall(frame, call, true) as Value, type: undefined };
}

function currentBits({ cells, single }: Bits): Value {
  return single ? (cells[0]?.value ?? false) : new BitArray(cells.map(({ value }) => value));
}

function combined(
  frame: Frame,
  statement: grammar.AssignmentStatementContext,
  operator: string,
  { value: a, type: typeA }: Typed,
  { value: b, type: typeB }: Typed,
): Value {
  if (a instanceof Timing || b instanceof Timing) return timeOf(frame, operator, a, b, statement);
  return frame.machine.lift(statement, [a, b], ([x, y]) =>
    binaryOf(operator, x as Constant, y as Constant, typeA, typeB),
  );
}

function assignVariable(
  frame: Frame,
  target: grammar.IndexedIdentifierContext,
  operator: string,
  given: Typed,
  statement: grammar.AssignmentStatementContext,
): void {
  const { machine } = frame;
  const name = target.Identifier().getText();
  const found = frame.scope.find(name);
  if (found === undefined) throw machine.fail("QASM_SEMANTIC", `unknown name '${name}'`, target);
  if (found.kind !== "variable")
    throw machine.fail(
      "QASM_SEMANTIC",
      `'${name}' is a ${found.kind}: nothing can be assigned to it`,
      target,
    );
  if (found.constant) throw machine.fail("QASM_SEMANTIC", `'${name}' is constant`, target);
  const [index, ...more] = target.indexOperator();
  if (more.length > 0) throw machine.unsupported(`an index of an index, in '${shown(target)}',`, target);
  if (index !== undefined) {
    assignSomeBits(frame, found, index, name, operator, given.value, statement);
    return;
  }
  const value = operator === "" ? given.value : combined(frame, statement, operator, found, given);
  store(
    frame,
    found,
    machine.attempt(statement, () => convert(value, found.type, false)),
  );
}

/** Under a measured condition both values stay possible. */
function store(frame: Frame, variable: Variable, value: Value): void {
  const { emitter } = frame.machine;
  variable.value = choose(emitter.guard, value, variable.value);
  emitter.pin(outcomesIn(variable.value));
}

/** `n[3] = true;`, `n[4:7] = "1010";`, of an integer or an angle with a size. */
function assignSomeBits(
  frame: Frame,
  variable: Variable,
  operator: grammar.IndexOperatorContext,
  name: string,
  compound: string,
  given: Value,
  statement: grammar.AssignmentStatementContext,
): void {
  const { machine } = frame;
  const { type: own } = variable;
  const size = bitsIn(own);
  if (size === undefined || compound !== "")
    throw machine.unsupported(`an assignment to part of '${name}'`, statement);
  const { indices, single } = select(frame, operator, size, name);
  const type: Type = { kind: "bit", size: single ? undefined : indices.length };
  const set = machine.attempt(statement, () => convert(given, type, false));
  const value = machine.lift(statement, [variable.value, set], ([old, bits]) => {
    const all = bitsOfConstant(old as Constant, own) as boolean[];
    indices.forEach((at, k) => {
      all[at] = single ? bits === true : (bits as readonly boolean[])[k] === true;
    });
    return fromBits(all, own);
  });
  store(frame, variable, value);
}

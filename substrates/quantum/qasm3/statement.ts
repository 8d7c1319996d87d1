/** Runs statements: what they declare, emit and decide. */

import { assign } from "./assign.ts";
import { checkGateBody, checkSubroutineBody } from "./body.ts";
import { breakable, forLoop, ifElse, switchCase, whileLoop } from "./control-flow.ts";
import {
  declareAlias,
  declareClassical,
  declareConstant,
  declareInputOutput,
  declareQubits,
} from "./declare.ts";
import { evaluate } from "./expression.ts";
import * as grammar from "./gen/qasm3Parser.ts";
import { STANDARD_GATES } from "./library.ts";
import type { Frame } from "./machine.ts";
import { bitsOf, measureFresh, measureInto, qubitsOf, refuseInGate } from "./operand.ts";
import { gateCall, quantumCall } from "./quantum-call.ts";
import { readSize, readType } from "./read-type.ts";
import { Scope } from "./scope.ts";
import { callSubroutine } from "./subroutine.ts";
import { knownTime } from "./time.ts";
import type { Value } from "./value.ts";

/** How control leaves a statement other than at its end. */
export interface Flow {
  readonly kind: "break" | "continue" | "end" | "return";
  readonly value: Value | undefined;
}

/** Runs the statements of a body in a scope of their own. */
export function runBody(
  frame: Frame,
  statements: readonly grammar.StatementOrScopeContext[],
): Flow | undefined {
  const inner: Frame = { ...frame, scope: new Scope(frame.scope) };
  for (const statement of statements) {
    const flow = run(inner, statement);
    if (flow !== undefined) return flow;
  }
  return undefined;
}

/** Runs one statement, or a block. */
export function run(frame: Frame, context: grammar.StatementOrScopeContext): Flow | undefined {
  const { machine } = frame;
  machine.step(context);
  machine.place = context;
  const block = context.scope();
  if (block !== null) return machine.deeper(block, () => runBody(frame, block.statementOrScope()));
  return machine.deeper(context, () => dispatch(frame, context.statement() as grammar.StatementContext));
}

function dispatch(frame: Frame, statement: grammar.StatementContext): Flow | undefined {
  const { machine } = frame;
  if (statement.pragma() !== null) {
    machine.warn("pragmas were ignored");
    return undefined;
  }
  if (statement.annotation().length > 0) machine.warn("annotations were ignored");
  if (action(frame, statement)) return undefined;
  const branch = statement.ifStatement();
  if (branch !== null) return ifElse(frame, branch);
  const loop = statement.forStatement();
  if (loop !== null) return forLoop(frame, loop);
  const repeated = statement.whileStatement();
  if (repeated !== null) return whileLoop(frame, repeated);
  const chosen = statement.switchStatement();
  if (chosen !== null) return switchCase(frame, chosen);
  const box = statement.boxStatement();
  if (box !== null) {
    const designator = box.designator();
    const duration = designator === null ? undefined : knownTime(frame, designator);
    const body = (): Flow | undefined => runBody(frame, box.scope().statementOrScope());
    // As a barrier, a box in a gate that is inverted or controlled has no place of its own any more.
    return frame.gate === undefined ? machine.emitter.box(duration, body) : body();
  }
  const returned = statement.returnStatement();
  if (returned !== null) return returnFrom(frame, returned);
  if (statement.breakStatement() || statement.continueStatement())
    return breakable(frame, statement.breakStatement() ? "break" : "continue", statement);
  if (statement.endStatement()) return breakable(frame, "end", statement);
  if (declaration(frame, statement) || directive(frame, statement)) return undefined;
  throw machine.unsupported(`'${statement.start?.text}'`, statement);
}

/** The statements programs are mostly made of. */
function action(frame: Frame, statement: grammar.StatementContext): boolean {
  const call = statement.gateCallStatement();
  if (call !== null) gateCall(frame, call);
  const assignment = statement.assignmentStatement();
  if (assignment !== null) assign(frame, assignment);
  const measured = statement.measureArrowAssignmentStatement();
  if (measured !== null) measureArrow(frame, measured);
  return call !== null || assignment !== null || measured !== null;
}

function declaration(frame: Frame, statement: grammar.StatementContext): boolean {
  const { machine } = frame;
  const classical = statement.classicalDeclarationStatement();
  if (classical !== null) {
    const scalar = classical.scalarType();
    if (scalar === null) throw machine.unsupported("an array", classical);
    const type = readType(frame, scalar);
    declareClassical(
      frame,
      classical.Identifier().getText(),
      type,
      classical.declarationExpression(),
      classical,
    );
    return true;
  }
  const quantum = statement.quantumDeclarationStatement();
  if (quantum !== null) {
    declareQubits(frame, quantum.Identifier().getText(), quantum.qubitType().designator(), quantum);
    return true;
  }
  const old = statement.oldStyleDeclarationStatement();
  if (old !== null) {
    const designator = old.designator();
    const size = designator === null || old.QREG() ? undefined : readSize(frame, designator);
    if (old.QREG()) declareQubits(frame, old.Identifier().getText(), designator, old);
    else declareClassical(frame, old.Identifier().getText(), { kind: "bit", size }, null, old);
    return true;
  }
  const constant = statement.constDeclarationStatement();
  if (constant !== null) declareConstant(frame, constant);
  const alias = statement.aliasDeclarationStatement();
  if (alias !== null) declareAlias(frame, alias);
  const io = statement.ioDeclarationStatement();
  if (io !== null) declareInputOutput(frame, io);
  return constant !== null || alias !== null || io !== null || callable(frame, statement);
}

/** Gates and subroutines: bodies are read where they are called. */
function callable(frame: Frame, statement: grammar.StatementContext): boolean {
  const { machine, scope } = frame;
  const gate = statement.gateStatement();
  if (gate !== null) {
    const names = (list: grammar.IdentifierListContext | null | undefined): string[] =>
      list?.Identifier().map((name) => name.getText()) ?? [];
    const [parameters, qubits] = [names(gate._params), names(gate._qubits)];
    if (new Set([...parameters, ...qubits]).size !== parameters.length + qubits.length)
      throw machine.fail("QASM_SEMANTIC", "a name is declared twice in one gate", gate);
    checkGateBody(frame, gate, [...parameters, ...qubits]);
    machine.define(
      scope,
      gate.Identifier().getText(),
      { kind: "gate", parameters, qubits, body: gate },
      gate,
    );
    return true;
  }
  const subroutine = statement.defStatement();
  if (subroutine !== null) {
    const name = subroutine.Identifier().getText();
    checkSubroutineBody(frame, subroutine);
    machine.define(scope, name, { kind: "subroutine", definition: subroutine }, subroutine);
    return true;
  }
  const outside = statement.externStatement();
  if (outside === null) return false;
  machine.define(scope, outside.Identifier().getText(), { kind: "extern" }, outside);
  return true;
}

function directive(frame: Frame, statement: grammar.StatementContext): boolean {
  const { machine } = frame;
  const reset = statement.resetStatement();
  if (reset !== null) {
    refuseInGate(frame, "reset", reset);
    for (const qubit of qubitsOf(frame, reset.gateOperand()).qubits) machine.emitter.reset(qubit);
    return true;
  }
  const barrier = statement.barrierStatement();
  if (barrier !== null) {
    const operands = barrier.gateOperandList()?.gateOperand();
    const qubits =
      operands?.flatMap((operand) => qubitsOf(frame, operand).qubits) ?? machine.emitter.allQubits();
    // In a gate that is inverted or controlled, a barrier has no place of its own any more.
    if (frame.gate === undefined) machine.emitter.barrier([...new Set(qubits)]);
    return true;
  }
  const expression = statement.expressionStatement();
  if (expression !== null) {
    expressionStatement(frame, expression);
    return true;
  }
  const delay = statement.delayStatement();
  if (delay !== null) {
    wait(frame, delay);
    return true;
  }
  const nop = statement.nopStatement();
  for (const operand of nop?.gateOperandList()?.gateOperand() ?? []) qubitsOf(frame, operand);
  const include = statement.includeStatement();
  if (include !== null) includeLibrary(frame, include);
  return nop !== null || include !== null;
}

function wait(frame: Frame, delay: grammar.DelayStatementContext): void {
  const { machine } = frame;
  const duration = knownTime(frame, delay.designator());
  const operands = delay.gateOperandList()?.gateOperand();
  const qubits =
    operands?.flatMap((operand) => qubitsOf(frame, operand).qubits) ?? machine.emitter.allQubits();
  if (frame.gate === undefined) machine.emitter.delay(duration, [...new Set(qubits)]);
  else machine.warn("delays inside gates were left out");
}

/** A call for what it does; its value, if any, is dropped. */
function expressionStatement(frame: Frame, statement: grammar.ExpressionStatementContext): void {
  const expression = statement.expression();
  if (!(expression instanceof grammar.CallExpressionContext)) {
    evaluate(frame, expression);
    return;
  }
  const name = expression.Identifier().getText();
  const found = frame.scope.find(name);
  const given = expression.expressionList()?.expression() ?? [];
  if (found?.kind === "subroutine") callSubroutine(frame, name, found, given, [], expression);
  else if (found?.kind === "gate")
    throw frame.machine.fail("QASM_SEMANTIC", `gate '${name}' is given no qubits`, statement);
  else evaluate(frame, expression);
}

function includeLibrary(frame: Frame, include: grammar.IncludeStatementContext): void {
  const { machine, scope } = frame;
  const file = include.StringLiteral().getText().slice(1, -1);
  if (file !== "stdgates.inc")
    throw machine.fail("QASM_UNSUPPORTED", `only "stdgates.inc" can be included, not "${file}"`, include);
  if (!scope.isGlobal) throw machine.fail("QASM_SEMANTIC", "'include' inside a block", include);
  if (machine.standardIncluded) throw machine.fail("QASM_SEMANTIC", `"${file}" is included twice`, include);
  machine.standardIncluded = true;
  for (const [name, gate] of STANDARD_GATES) {
    if (scope.has(name))
      throw machine.fail("QASM_SEMANTIC", `"${file}" defines '${name}', which exists already`, include);
    machine.define(scope, name, gate, include);
  }
}

function measureArrow(frame: Frame, statement: grammar.MeasureArrowAssignmentStatementContext): void {
  const { machine } = frame;
  const target = statement.indexedIdentifier();
  const measured = statement.measureExpression();
  const call = statement.quantumCallExpression();
  if (measured === null) {
    if (call === null || target !== null) throw machine.unsupported("'->' after a call", statement);
    quantumCall(frame, call, false);
    return;
  }
  const bits = target === null ? undefined : bitsOf(frame, target);
  if (target === null) measureFresh(frame, measured);
  else if (bits === undefined)
    throw machine.fail("QASM_SEMANTIC", `'${target.getText()}' is no classical bit or register`, target);
  else measureInto(frame, bits, measured);
}

function returnFrom(frame: Frame, statement: grammar.ReturnStatementContext): Flow {
  const { machine } = frame;
  if (!frame.inSubroutine) throw machine.fail("QASM_SEMANTIC", "'return' outside of a subroutine", statement);
  const expression = statement.expression();
  const measured = statement.measureExpression();
  const call = statement.quantumCallExpression();
  const flow = breakable(frame, "return", statement);
  if (expression !== null) return { ...flow, value: evaluate(frame, expression) };
  if (measured !== null) return { ...flow, value: measureFresh(frame, measured) };
  return call === null ? flow : { ...flow, value: quantumCall(frame, call, true) };
}

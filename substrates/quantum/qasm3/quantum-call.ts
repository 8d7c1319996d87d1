/** Gate calls with their modifiers, and calls of subroutines written like them. */
import type { ParserRuleContext } from "antlr4ng";
import { evaluate } from "./expression.ts";
import type * as grammar from "./gen/qasm3Parser.ts";
import { BUILT_IN } from "./library.ts";
import { QASM3_LIMITS } from "./limits.ts";
import type { Frame } from "./machine.ts";
import { qubitsOf } from "./operand.ts";
import { real } from "./operate.ts";
import {
  type Control,
  control,
  emitOperation,
  invert,
  type Operation,
  phaseOperation,
  raise,
  tableOperation,
} from "./operation.ts";
import { type GateName, type Qubits, Scope } from "./scope.ts";
import { wholeNumber } from "./select.ts";
import { runBody } from "./statement.ts";
import { callSubroutine } from "./subroutine.ts";
import type { Constant, Value } from "./value.ts";

/** A modifier, read: how it changes a gate, and how many control qubits it adds. */
type Modifier =
  | { readonly kind: "inv" }
  | { readonly kind: "pow"; readonly exponent: number; readonly place: ParserRuleContext }
  | { readonly kind: "ctrl"; readonly on: boolean; readonly count: number };

/** A gate statement: reads it once and applies it to each element of its registers. */
export function gateCall(frame: Frame, statement: grammar.GateCallStatementContext): void {
  const { machine } = frame;
  const name = statement.GPHASE() ? "gphase" : (statement.Identifier()?.getText() as string);
  const given = statement.expressionList()?.expression() ?? [];
  const operands = statement.gateOperandList()?.gateOperand() ?? [];
  const found = statement.GPHASE() ? BUILT_IN.get("gphase") : frame.scope.find(name);
  if (found?.kind === "subroutine" && statement.gateModifier().length === 0) {
    callSubroutine(frame, name, found, given, operands, statement);
    return;
  }
  if (found?.kind !== "gate") throw unknownGate(frame, name, found !== undefined, statement);
  if (statement.designator()) machine.warn("durations of gates were left out: timing is not simulated");
  const parameters = given.map((expression) => angle(frame, expression));
  if (parameters.length !== found.parameters.length)
    throw machine.fail(
      "QASM_SEMANTIC",
      `gate '${name}' takes ${found.parameters.length} parameters, ${parameters.length} given`,
      statement,
    );
  const modifiers = statement.gateModifier().map((modifier) => readModifier(frame, modifier));
  const controls = modifiers.reduce((sum, m) => sum + (m.kind === "ctrl" ? m.count : 0), 0);
  const wanted = controls + found.qubits.length;
  if (controls > QASM3_LIMITS.controls)
    throw machine.fail(
      "LIMIT_EXCEEDED",
      `${controls} controls; the limit is ${QASM3_LIMITS.controls}`,
      statement,
    );
  if (wanted !== operands.length)
    throw machine.fail(
      "QASM_SEMANTIC",
      `gate '${name}' takes ${wanted} qubits, ${operands.length} given`,
      statement,
    );
  const qubits = operands.map((operand) => qubitsOf(frame, operand));
  for (const wires of broadcast(frame, name, qubits, statement)) {
    const operations = modified(frame, found, parameters, wires, modifiers, statement);
    if (frame.gate !== undefined) collect(frame, frame.gate, operations, statement);
    else
      for (const operation of operations)
        emitOperation(operation, (...gate) => machine.emitter.gate(...gate));
  }
}

/** Adds to the body of the gate that is being read. */
function collect(
  frame: Frame,
  into: Operation[],
  operations: readonly Operation[],
  place: ParserRuleContext,
): void {
  const size = into.length + operations.length;
  if (size > QASM3_LIMITS.operations)
    throw frame.machine.fail(
      "LIMIT_EXCEEDED",
      `a gate of ${size} operations; the limit is ${QASM3_LIMITS.operations}`,
      place,
    );
  for (const operation of operations) into.push(operation);
}

/** The error for a gate that is none. */
export function unknownGate(frame: Frame, name: string, known: boolean, place: ParserRuleContext): Error {
  const what = known ? `'${name}' is not a gate` : `unknown gate '${name}'`;
  const hint = known || frame.machine.standardIncluded ? "" : '; include "stdgates.inc" or define it first';
  return frame.machine.fail("QASM_SEMANTIC", what + hint, place);
}

function angle(frame: Frame, expression: grammar.ExpressionContext): number {
  const { machine } = frame;
  const value = machine.known(expression, evaluate(frame, expression), "an angle");
  const number = machine.attempt(expression, () => real(value as Constant));
  if (!Number.isFinite(number))
    throw machine.fail("QASM_SEMANTIC", "an angle that is not finite", expression);
  return number;
}

function readModifier(frame: Frame, modifier: grammar.GateModifierContext): Modifier {
  const { machine } = frame;
  const expression = modifier.expression();
  if (modifier.INV()) return { kind: "inv" };
  if (modifier.POW() && expression !== null)
    return { kind: "pow", exponent: angle(frame, expression), place: modifier };
  const count = expression === null ? 1 : wholeNumber(frame, expression, "the number of controls");
  if (count < 1) throw machine.fail("QASM_SEMANTIC", `${count} controls; the least is 1`, modifier);
  return { kind: "ctrl", on: modifier.CTRL() !== null, count };
}

/** The qubits of each application: registers are gone through together. */
function* broadcast(
  frame: Frame,
  name: string,
  operands: readonly Qubits[],
  place: ParserRuleContext,
): Generator<number[]> {
  const { machine } = frame;
  const registers = operands.filter(({ single }) => !single);
  const times = registers[0]?.qubits.length ?? 1;
  if (registers.some(({ qubits }) => qubits.length !== times))
    throw machine.fail("QASM_SEMANTIC", `'${name}' on registers of different sizes`, place);
  for (let i = 0; i < times; i++) {
    machine.step(place);
    const wires = operands.map(({ qubits, single }) => qubits[single ? 0 : i] as number);
    if (new Set(wires).size !== wires.length)
      throw machine.fail("QASM_SEMANTIC", `'${name}' is given a qubit twice`, place);
    yield wires;
  }
}

/** A gate under its modifiers, which are written from the outside in. */
function modified(
  frame: Frame,
  gate: GateName,
  parameters: readonly number[],
  wires: readonly number[],
  modifiers: readonly Modifier[],
  place: ParserRuleContext,
): Operation[] {
  let used = modifiers.reduce((sum, m) => sum + (m.kind === "ctrl" ? m.count : 0), 0);
  let operations = applied(frame, gate, parameters, wires.slice(used), place);
  for (const modifier of modifiers.toReversed()) {
    frame.machine.step(place, operations.length);
    if (modifier.kind === "inv") operations = invert(operations);
    else if (modifier.kind === "pow")
      operations = powered(frame, operations, modifier.exponent, modifier.place);
    else {
      const qubits = wires.slice(used - modifier.count, used);
      operations = control(
        operations,
        qubits.map((qubit): Control => ({ qubit, on: modifier.on })),
      );
      used -= modifier.count;
    }
  }
  return operations;
}

function powered(
  frame: Frame,
  operations: Operation[],
  exponent: number,
  place: ParserRuleContext,
): Operation[] {
  const { machine } = frame;
  if (Number.isInteger(exponent)) {
    const one = exponent < 0 ? invert(operations) : operations;
    if (Math.abs(exponent) * Math.max(1, one.length) > QASM3_LIMITS.operations)
      throw machine.fail("LIMIT_EXCEEDED", `a gate to the power of ${exponent}`, place);
    machine.step(place, Math.abs(exponent) * one.length);
    return Array.from({ length: Math.abs(exponent) }, () => one).flat();
  }
  const raised = raise(operations, exponent);
  if (typeof raised === "string") throw machine.unsupported(`the power ${exponent} of ${raised}`, place);
  return raised;
}

/** What a gate does to its qubits. */
function applied(
  frame: Frame,
  gate: GateName,
  parameters: readonly number[],
  wires: readonly number[],
  place: ParserRuleContext,
): Operation[] {
  const { machine } = frame;
  if (gate.body === "gphase") return [phaseOperation(parameters[0] as number)];
  if (typeof gate.body === "string") return [tableOperation(gate.body, parameters, wires)];
  const { body } = gate;
  const scope = new Scope(machine.global, true);
  gate.parameters.forEach((name, i) => {
    const value = parameters[i] as number;
    scope.define(name, { kind: "variable", type: { kind: "float", size: undefined }, constant: true, value });
  });
  gate.qubits.forEach((name, i) => {
    scope.define(name, { kind: "qubits", qubits: [wires[i] as number], single: true });
  });
  const operations: Operation[] = [];
  machine.deeper(place, () =>
    runBody(
      { machine, scope, gate: operations, inSubroutine: false, inLoop: false },
      body.scope().statementOrScope(),
    ),
  );
  return operations;
}

/** A subroutine called in the form of earlier drafts, with its qubits after the parentheses. */
export function quantumCall(
  frame: Frame,
  call: grammar.QuantumCallExpressionContext,
  needsValue: boolean,
): Value | undefined {
  const { machine } = frame;
  const name = call.Identifier().getText();
  const found = frame.scope.find(name);
  if (found?.kind === "extern")
    throw machine.unsupported(`'${name}', which is extern and has no definition,`, call);
  if (found?.kind !== "subroutine") throw machine.fail("QASM_SEMANTIC", `unknown subroutine '${name}'`, call);
  const given = call.expressionList()?.expression() ?? [];
  const returned = callSubroutine(frame, name, found, given, call.gateOperandList().gateOperand(), call);
  if (needsValue && returned === undefined)
    throw machine.fail("QASM_SEMANTIC", `'${name}' returns nothing`, call);
  return returned?.value;
}

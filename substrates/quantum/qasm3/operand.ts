/** Qubits and classical bits as operands, and measurement of the ones into the others. */
import type { ParserRuleContext } from "antlr4ng";
import * as grammar from "./gen/qasm3Parser.ts";
import type { Frame } from "./machine.ts";
import type { Bits, Cell, Qubits } from "./scope.ts";
import { select } from "./select.ts";
import { type Bit, BitArray, choose, outcome, outcomeOf, outcomesIn, type Value } from "./value.ts";

/** The qubits an operand names. */
export function qubitsOf(frame: Frame, operand: grammar.GateOperandContext): Qubits {
  const hardware = operand.HardwareQubit();
  if (hardware !== null) return hardwareQubit(frame, hardware.getText());
  const indexed = operand.indexedIdentifier() as grammar.IndexedIdentifierContext;
  return narrowed(frame, indexed.Identifier().getText(), indexed.indexOperator(), operand);
}

/** The qubits an expression names, as arguments of subroutines and aliases do. */
export function qubitsOfExpression(frame: Frame, expression: grammar.ExpressionContext): Qubits {
  const operators: grammar.IndexOperatorContext[] = [];
  let at = expression;
  while (at instanceof grammar.IndexExpressionContext) {
    operators.unshift(at.indexOperator());
    at = at.expression();
  }
  const literal = at instanceof grammar.LiteralExpressionContext ? at : undefined;
  const hardware = literal?.HardwareQubit();
  if (hardware) return hardwareQubit(frame, hardware.getText());
  const name = literal?.Identifier()?.getText();
  if (name === undefined)
    throw frame.machine.fail("QASM_SEMANTIC", "a qubit or register is needed here", expression);
  return narrowed(frame, name, operators, expression);
}

function hardwareQubit(frame: Frame, text: string): Qubits {
  const found = frame.machine.global.find("$");
  if (found?.kind !== "qubits") throw new TypeError("hardware qubits are not declared");
  return { kind: "qubits", qubits: [found.qubits[Number(text.slice(1))] as number], single: true };
}

function narrowed(
  frame: Frame,
  name: string,
  operators: readonly grammar.IndexOperatorContext[],
  place: ParserRuleContext,
): Qubits {
  const found = frame.scope.find(name);
  if (found === undefined)
    throw frame.machine.fail("QASM_SEMANTIC", `unknown qubit or register '${name}'`, place);
  if (found.kind !== "qubits") throw frame.machine.fail("QASM_SEMANTIC", `'${name}' is not a qubit`, place);
  let qubits: Qubits = found;
  for (const operator of operators) {
    if (qubits.single)
      throw frame.machine.fail("QASM_SEMANTIC", `'${name}' is one qubit and has no index`, operator);
    const { indices, single } = select(frame, operator, qubits.qubits.length, name);
    qubits = { kind: "qubits", qubits: indices.map((i) => qubits.qubits[i] as number), single };
  }
  return qubits;
}

/** The bits that a place to assign to names, or `undefined` when it is a variable of another type. */
export function bitsOf(frame: Frame, target: grammar.IndexedIdentifierContext): Bits | undefined {
  const name = target.Identifier().getText();
  const found = frame.scope.find(name);
  if (found?.kind !== "bits") return undefined;
  let bits: Bits = found;
  for (const operator of target.indexOperator()) {
    if (bits.single)
      throw frame.machine.fail("QASM_SEMANTIC", `'${name}' is one bit and has no index`, operator);
    const { indices, single } = select(frame, operator, bits.cells.length, name);
    bits = { kind: "bits", cells: indices.map((i) => bits.cells[i] as Cell), single };
  }
  return bits;
}

/** Stores a value that is no measurement; what it was decided by stays readable. */
export function assignBits(frame: Frame, { cells, single }: Bits, value: Value): void {
  const { emitter } = frame.machine;
  const given = single ? [value as Bit] : (value as BitArray).bits;
  cells.forEach((cell, i) => {
    cell.value = choose(emitter.guard, given[i] as Bit, cell.value) as Bit;
    emitter.pin(outcomesIn(cell.value));
  });
}

/** Measures qubits into bits that are kept for nothing yet. */
export function measureFresh(frame: Frame, measured: grammar.MeasureExpressionContext): Value {
  const { machine } = frame;
  refuseInGate(frame, "measure", measured);
  const { qubits, single } = qubitsOf(frame, measured.gateOperand());
  const cells = qubits.map((): Cell => ({ value: false }));
  measureInto(frame, { kind: "bits", cells, single }, measured);
  machine.step(measured, cells.length);
  return single ? (cells[0] as Cell).value : new BitArray(cells.map(({ value }) => value));
}

/** Measures qubits into bits, in place where nothing else refers to what the bit held. */
export function measureInto(
  frame: Frame,
  { cells, single }: Bits,
  measured: grammar.MeasureExpressionContext,
): void {
  const { machine } = frame;
  refuseInGate(frame, "measure", measured);
  const source = qubitsOf(frame, measured.gateOperand());
  if (source.single !== single && (source.qubits.length !== 1 || cells.length !== 1))
    throw machine.fail(
      "QASM_SEMANTIC",
      `measures ${describe(source.single, source.qubits.length, "qubit")} into ${describe(single, cells.length, "bit")}`,
      measured,
    );
  if (source.qubits.length !== cells.length)
    throw machine.fail(
      "QASM_SEMANTIC",
      `measures ${source.qubits.length} qubits into ${cells.length} bits`,
      measured,
    );
  for (const [i, qubit] of source.qubits.entries()) measureOne(frame, qubit, cells[i] as Cell);
}

function measureOne(frame: Frame, qubit: number, cell: Cell): void {
  const { emitter } = frame.machine;
  const held = outcomeOf(cell.value);
  const bit = held !== undefined && emitter.canMeasureInto(held) ? held : emitter.freshBit();
  const { guard } = emitter;
  emitter.measure(qubit, bit);
  // Where the guard does not hold, a bit measured in place keeps its value, and a fresh one is 0.
  const inPlace = bit === held || cell.value === false;
  cell.value = inPlace ? outcome(bit) : (choose(guard, outcome(bit), cell.value) as Bit);
  if (!inPlace && guard !== true) emitter.pin(outcomesIn(cell.value));
}

export function refuseInGate(frame: Frame, what: string, place: ParserRuleContext): void {
  if (frame.gate !== undefined)
    throw frame.machine.fail("QASM_SEMANTIC", `'${what}' cannot be in the body of a gate`, place);
}

function describe(single: boolean, size: number, what: string): string {
  return single ? `one ${what}` : `a register of ${size}`;
}

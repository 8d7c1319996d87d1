/** The value of an expression. */
import type { ParserRuleContext, Token } from "antlr4ng";
import { CONSTANTS, FUNCTIONS } from "./functions.ts";
import * as grammar from "./gen/qasm3Parser.ts";
import { type Frame, shown } from "./machine.ts";
import { binary, toBits, unary } from "./operate.ts";
import { readType } from "./read-type.ts";
import { select } from "./select.ts";
import { callSubroutine } from "./subroutine.ts";
import { convert, describeType, type Type } from "./type.ts";
import {
  type Bit,
  BitArray,
  Conjunction,
  type Constant,
  equalRegister,
  outcomesIn,
  Timing,
  type Value,
} from "./value.ts";

/**
 * The value of an expression.
 * @throws ArqonError `QASM_SEMANTIC`, `QASM_UNSUPPORTED`, `LIMIT_EXCEEDED`, with the place.
 */
export function evaluate(frame: Frame, expression: grammar.ExpressionContext): Value {
  frame.machine.step(expression);
  return frame.machine.deeper(expression, () => evaluateNode(frame, expression));
}

function evaluateNode(frame: Frame, node: grammar.ExpressionContext): Value {
  const { machine } = frame;
  if (node instanceof grammar.LiteralExpressionContext) return literal(frame, node);
  if (node instanceof grammar.ParenthesisExpressionContext) return evaluate(frame, node.expression());
  if (node instanceof grammar.UnaryExpressionContext) {
    const value = evaluate(frame, node.expression());
    const operator = operatorOf(node._op);
    if (value instanceof Timing) return value;
    return machine.lift(node, [value], ([a]) => unary(operator, a as Constant));
  }
  if (node instanceof grammar.CallExpressionContext) return call(frame, node);
  if (node instanceof grammar.CastExpressionContext) return cast(frame, node);
  if (node instanceof grammar.IndexExpressionContext) return indexed(frame, node);
  if (node instanceof grammar.DurationofExpressionContext) return new Timing();
  return operation(frame, node);
}

type Operation = grammar.AdditiveExpressionContext;

function operation(frame: Frame, node: grammar.ExpressionContext): Value {
  const { machine } = frame;
  const { _op } = node as Operation;
  const operator = operatorOf(_op);
  const [left, right] = (node as Operation).expression() as [
    grammar.ExpressionContext,
    grammar.ExpressionContext,
  ];
  const a = evaluate(frame, left);
  // What cannot matter is not looked at: `known && measured` may well be known.
  if (operator === "&&" && a === false) return false;
  if (operator === "||" && a === true) return true;
  const b = evaluate(frame, right);
  if (a instanceof Timing || b instanceof Timing) {
    if (["+", "-", "*", "/"].includes(operator)) return new Timing();
    throw machine.unsupported("a value that depends on timing", node);
  }
  if (operator === "/" && typeof a === "bigint" && typeof b === "bigint" && b !== 0n && a % b !== 0n)
    machine.warn(`${shown(node)} divides integers and gives ${a / b}; write ${a}.0 for the fraction`);
  const wide = operator === "==" ? (equalRegister(a, b) ?? equalRegister(b, a)) : undefined;
  if (wide !== undefined) return wide;
  return machine.lift(node, [a, b], ([x, y]) => binary(operator, x as Constant, y as Constant));
}

function operatorOf(token: Token | null | undefined): string {
  return token?.text ?? "";
}

function literal(frame: Frame, node: grammar.LiteralExpressionContext): Value {
  const { machine } = frame;
  const name = node.Identifier();
  if (name !== null) return named(frame, name.getText(), node);
  const text = node.getText().replaceAll("_", "");
  if (node.FloatLiteral()) {
    const value = Number(text);
    if (!Number.isFinite(value))
      throw machine.fail("QASM_SEMANTIC", `the number ${shown(node)} is too large`, node);
    return value;
  }
  if (node.BooleanLiteral()) return text === "true";
  if (node.BitstringLiteral())
    return new BitArray(Array.from(text.slice(1, -1), (digit) => digit === "1").reverse());
  if (node.TimingLiteral()) return new Timing();
  if (node.ImaginaryLiteral()) throw machine.unsupported("a complex number", node);
  if (node.HardwareQubit()) throw machine.fail("QASM_SEMANTIC", `${text} is a qubit, not a value`, node);
  if (text.length > 1000) throw machine.fail("QASM_SEMANTIC", `the number ${shown(node)} is too large`, node);
  return BigInt(text.toLowerCase());
}

/** The value of a name. */
export function named(frame: Frame, name: string, place: ParserRuleContext): Value {
  const found = frame.scope.find(name);
  if (found?.kind === "variable") return found.value;
  if (found?.kind === "bits")
    return found.single
      ? (found.cells[0]?.value ?? false)
      : new BitArray(found.cells.map(({ value }) => value));
  if (found !== undefined)
    throw frame.machine.fail(
      "QASM_SEMANTIC",
      `'${name}' is a ${found.kind.replace(/s$/, "")}, not a value`,
      place,
    );
  const constant = Object.hasOwn(CONSTANTS, name) ? CONSTANTS[name] : undefined;
  if (constant === undefined) throw frame.machine.fail("QASM_SEMANTIC", `unknown name '${name}'`, place);
  return constant;
}

function cast(frame: Frame, node: grammar.CastExpressionContext): Value {
  const { machine } = frame;
  const scalar = node.scalarType();
  if (scalar === null) throw machine.unsupported("an array", node);
  const type = readType(frame, scalar);
  const value = evaluate(frame, node.expression());
  warnOfSign(frame, value, type, node);
  return machine.attempt(node, () => convert(value, type, true));
}

/** Bits read as int are in two's complement: int[2] of "11" is -1, which surprises. */
function warnOfSign(frame: Frame, value: Value, type: Type, node: ParserRuleContext): void {
  if (type.kind !== "int" || !(value instanceof BitArray) || value.bits.length !== type.size) return;
  if (outcomesIn(value).length > 0)
    frame.machine.warn(
      `${shown(node)} is below 0 when its highest bit is 1; u${describeType(type)} reads bits without a sign`,
    );
}

function indexed(frame: Frame, node: grammar.IndexExpressionContext): Value {
  const inner = node.expression();
  const value = evaluate(frame, inner);
  return index(frame, value, node.indexOperator(), shown(inner));
}

/** Elements of a register, or bits of an integer. */
export function index(
  frame: Frame,
  value: Value,
  operator: grammar.IndexOperatorContext,
  name: string,
): Value {
  const { machine } = frame;
  if (typeof value === "bigint") {
    const { indices, single } = select(frame, operator, 64, name);
    const bits = toBits(value, 64);
    return single
      ? (bits[indices[0] as number] as boolean)
      : new BitArray(indices.map((i) => bits[i] as boolean));
  }
  const list =
    value instanceof BitArray ? value.bits : Array.isArray(value) ? (value as boolean[]) : undefined;
  if (list === undefined)
    throw machine.unsupported(`an index into '${name}', which is no register or known integer,`, operator);
  const { indices, single } = select(frame, operator, list.length, name);
  return single ? (list[indices[0] as number] as Bit) : new BitArray(indices.map((i) => list[i] as Bit));
}

function call(frame: Frame, node: grammar.CallExpressionContext): Value {
  const { machine } = frame;
  const name = node.Identifier().getText();
  const given = node.expressionList()?.expression() ?? [];
  const found = frame.scope.find(name);
  if (found?.kind === "subroutine") {
    const value = callSubroutine(frame, name, found, given, [], node);
    if (value === undefined) throw machine.fail("QASM_SEMANTIC", `'${name}' returns nothing`, node);
    return value;
  }
  if (found?.kind === "extern")
    throw machine.unsupported(`'${name}', which is extern and has no definition,`, node);
  if (name === "sizeof") throw machine.unsupported("sizeof", node);
  if (name === "real" || name === "imag") throw machine.unsupported("a complex number", node);
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (known === undefined) throw machine.fail("QASM_SEMANTIC", `unknown function '${name}'`, node);
  const [count, apply] = known;
  if (given.length !== count)
    throw machine.fail("QASM_SEMANTIC", `'${name}' takes ${count} arguments, ${given.length} given`, node);
  const values = given.map((expression) => evaluate(frame, expression));
  return machine.lift(node, values, apply);
}

/** The value of an expression as a condition. */
export function condition(frame: Frame, expression: grammar.ExpressionContext): Bit {
  const value = evaluate(frame, expression);
  if (value instanceof Conjunction) return value;
  return frame.machine.attempt(expression, () =>
    convert(value, { kind: "bool", size: undefined }, true),
  ) as Bit;
}

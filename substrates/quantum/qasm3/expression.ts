/** The value of an expression. */
import type { ParserRuleContext, Token } from "antlr4ng";
import { CONSTANTS, FUNCTIONS } from "./functions.ts";
import * as grammar from "./gen/qasm3Parser.ts";
import { type Frame, shown } from "./machine.ts";
import { isBits } from "./operate.ts";
import { readType } from "./read-type.ts";
import type { Cell } from "./scope.ts";
import { select } from "./select.ts";
import { callSubroutine } from "./subroutine.ts";
import { negatedTime, timeLiteral, timeOf } from "./time.ts";
import { convert, describeType, type Type } from "./type.ts";
import { binaryOf, bitsIn, bitsOfConstant, fromBits, type Typed, typeOfBinary, unaryOf } from "./typed.ts";
import {
  type Bit,
  BitArray,
  Conjunction,
  type Constant,
  equalRegister,
  lift,
  outcomesIn,
  Timing,
  type Value,
} from "./value.ts";

/**
 * The value of an expression.
 * @throws ArqonError `QASM_SEMANTIC`, `QASM_UNSUPPORTED`, `LIMIT_EXCEEDED`, with the place.
 */
export function evaluate(frame: Frame, expression: grammar.ExpressionContext): Value {
  return evaluateTyped(frame, expression).value;
}

/** The same, with its type. */
export function evaluateTyped(frame: Frame, expression: grammar.ExpressionContext): Typed {
  frame.machine.step(expression);
  return frame.machine.deeper(expression, () => evaluateNode(frame, expression));
}

function evaluateNode(frame: Frame, node: grammar.ExpressionContext): Typed {
  const { machine } = frame;
  if (node instanceof grammar.LiteralExpressionContext) return literal(frame, node);
  if (node instanceof grammar.ParenthesisExpressionContext) return evaluateTyped(frame, node.expression());
  if (node instanceof grammar.UnaryExpressionContext) {
    const { value, type } = evaluateTyped(frame, node.expression());
    const operator = operatorOf(node._op);
    if (value instanceof Timing) return untyped(negatedTime(frame, operator, value, node));
    const out = machine.lift(node, [value], ([a]) => unaryOf(operator, a as Constant, type));
    return { value: out, type: operator === "!" ? BOOL : type };
  }
  if (node instanceof grammar.CallExpressionContext) return call(frame, node);
  if (node instanceof grammar.CastExpressionContext) return cast(frame, node);
  if (node instanceof grammar.IndexExpressionContext) return indexed(frame, node);
  if (node instanceof grammar.DurationofExpressionContext)
    return untyped(new Timing("durationof, which is for a scheduler to tell,"));
  return operation(frame, node);
}

const BOOL: Type = { kind: "bool", size: undefined };
const FLOAT: Type = { kind: "float", size: undefined };
const BIT: Type = { kind: "bit", size: undefined };

function untyped(value: Value): Typed {
  return { value, type: undefined };
}

type Operation = grammar.AdditiveExpressionContext;

function operation(frame: Frame, node: grammar.ExpressionContext): Typed {
  const { machine } = frame;
  const { _op } = node as Operation;
  const operator = operatorOf(_op);
  const [left, right] = (node as Operation).expression() as [
    grammar.ExpressionContext,
    grammar.ExpressionContext,
  ];
  const { value: a, type: typeA } = evaluateTyped(frame, left);
  // What cannot matter is not looked at: `known && measured` may well be known.
  if (operator === "&&" && a === false) return { value: false, type: BOOL };
  if (operator === "||" && a === true) return { value: true, type: BOOL };
  const { value: b, type: typeB } = evaluateTyped(frame, right);
  if (a instanceof Timing || b instanceof Timing) {
    const value = timeOf(frame, operator, a, b, node);
    return { value, type: typeof value === "number" ? FLOAT : typeof value === "boolean" ? BOOL : undefined };
  }
  if (operator === "/" && typeof a === "bigint" && typeof b === "bigint" && b !== 0n && a % b !== 0n)
    machine.warn(`${shown(node)} divides integers and gives ${a / b}; write ${a}.0 for the fraction`);
  const type = typeOfBinary(operator, typeA, typeB);
  const wide = operator === "==" ? (equalRegister(a, b) ?? equalRegister(b, a)) : undefined;
  if (wide !== undefined) return { value: wide, type };
  const value = machine.lift(node, [a, b], ([x, y]) =>
    binaryOf(operator, x as Constant, y as Constant, typeA, typeB),
  );
  return { value, type };
}

function operatorOf(token: Token | null | undefined): string {
  return token?.text ?? "";
}

function literal(frame: Frame, node: grammar.LiteralExpressionContext): Typed {
  const { machine } = frame;
  const name = node.Identifier();
  if (name !== null) return named(frame, name.getText(), node);
  const text = node.getText().replaceAll("_", "");
  if (node.FloatLiteral()) {
    const value = Number(text);
    if (!Number.isFinite(value))
      throw machine.fail("QASM_SEMANTIC", `the number ${shown(node)} is too large`, node);
    return { value, type: FLOAT };
  }
  if (node.BooleanLiteral()) return { value: text === "true", type: BOOL };
  if (node.BitstringLiteral()) {
    const bits = Array.from(text.slice(1, -1), (digit) => digit === "1").reverse();
    return { value: new BitArray(bits), type: { kind: "bit", size: bits.length } };
  }
  if (node.TimingLiteral()) return untyped(timeLiteral(frame, text, node));
  if (node.ImaginaryLiteral()) throw machine.unsupported("a complex number", node);
  if (node.HardwareQubit()) throw machine.fail("QASM_SEMANTIC", `${text} is a qubit, not a value`, node);
  if (text.length > 1000) throw machine.fail("QASM_SEMANTIC", `the number ${shown(node)} is too large`, node);
  return untyped(BigInt(text.toLowerCase()));
}

/** The value of a name. */
function named(frame: Frame, name: string, place: ParserRuleContext): Typed {
  const found = frame.scope.find(name);
  if (found?.kind === "variable") return { value: found.value, type: found.type };
  if (found?.kind === "bits") {
    const { cells, single } = found;
    frame.machine.step(place, cells.length);
    if (single) return { value: cells[0]?.value ?? false, type: BIT };
    return {
      value: new BitArray(cells.map(({ value }) => value)),
      type: { kind: "bit", size: cells.length },
    };
  }
  if (found !== undefined)
    throw frame.machine.fail(
      "QASM_SEMANTIC",
      `'${name}' is a ${found.kind.replace(/s$/, "")}, not a value`,
      place,
    );
  const constant = Object.hasOwn(CONSTANTS, name) ? CONSTANTS[name] : undefined;
  if (constant === undefined) throw frame.machine.fail("QASM_SEMANTIC", `unknown name '${name}'`, place);
  return { value: constant, type: FLOAT };
}

function cast(frame: Frame, node: grammar.CastExpressionContext): Typed {
  const { machine } = frame;
  const scalar = node.scalarType();
  if (scalar === null) throw machine.unsupported("an array", node);
  const type = readType(frame, scalar);
  const given = evaluateTyped(frame, node.expression());
  warnOfSign(frame, given.value, type, node);
  return { value: machine.attempt(node, () => castValue(given, type)), type };
}

function castValue({ value, type: from }: Typed, type: Type): Value {
  if (from?.kind === "angle" && from.size !== undefined) {
    if (type.kind === "int" || type.kind === "uint" || type.kind === "float")
      throw new RangeError("an angle becomes a number by its bits only: cast it to bits first");
    if (type.kind === "bit")
      return convert(
        lift([value], ([angle]) => bitsOfConstant(angle as Constant, from) as boolean[]),
        type,
        true,
      );
  }
  return convert(value, type, true);
}

/** Bits read as int are in two's complement: int[2] of "11" is -1, which surprises. */
function warnOfSign(frame: Frame, value: Value, type: Type, node: ParserRuleContext): void {
  if (type.kind !== "int" || !(value instanceof BitArray) || value.bits.length !== type.size) return;
  if (outcomesIn(value).length > 0)
    frame.machine.warn(
      `${shown(node)} is below 0 when its highest bit is 1; u${describeType(type)} reads bits without a sign`,
    );
}

/** Elements of a register, or bits of an integer or angle. */
function indexed(frame: Frame, node: grammar.IndexExpressionContext): Typed {
  const { machine } = frame;
  const inner = node.expression();
  const operator = node.indexOperator();
  const name = shown(inner);
  // Of a register by name only what is asked for is read.
  const identifier = inner instanceof grammar.LiteralExpressionContext ? inner.Identifier() : null;
  const found = identifier === null ? undefined : frame.scope.find(identifier.getText());
  if (found?.kind === "bits" && !found.single) {
    const { indices, single } = select(frame, operator, found.cells.length, name);
    const bits = indices.map((i) => (found.cells[i] as Cell).value);
    if (single) return { value: bits[0] as Bit, type: BIT };
    return { value: new BitArray(bits), type: { kind: "bit", size: bits.length } };
  }
  const { value, type } = evaluateTyped(frame, inner);
  const list = bitList(frame, value, type, node);
  if (list === undefined)
    throw machine.unsupported(`an index into '${name}', which has no bits of its own,`, operator);
  const { indices, single } = select(frame, operator, list.length, name);
  if (single) return { value: list[indices[0] as number] as Bit, type: BIT };
  const bits = new BitArray(indices.map((i) => list[i] as Bit));
  return { value: bits, type: { kind: "bit", size: indices.length } };
}

function bitList(
  frame: Frame,
  value: Value,
  type: Type | undefined,
  place: ParserRuleContext,
): readonly Bit[] | undefined {
  if (value instanceof BitArray) return value.bits;
  if (Array.isArray(value)) return value as boolean[];
  const size = bitsIn(type) ?? (typeof value === "bigint" ? 64 : undefined);
  if (size === undefined) return undefined;
  return Array.from(
    { length: size },
    (_, i) =>
      frame.machine.lift(
        place,
        [value],
        ([constant]) => bitsOfConstant(constant as Constant, type)?.[i] as boolean,
      ) as Bit,
  );
}

function call(frame: Frame, node: grammar.CallExpressionContext): Typed {
  const { machine } = frame;
  const name = node.Identifier().getText();
  const given = node.expressionList()?.expression() ?? [];
  const found = frame.scope.find(name);
  if (found?.kind === "subroutine") {
    const returned = callSubroutine(frame, name, found, given, [], node);
    if (returned === undefined) throw machine.fail("QASM_SEMANTIC", `'${name}' returns nothing`, node);
    return returned;
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
  const values = given.map((expression) => evaluateTyped(frame, expression));
  const types = values.map(({ type }) => type);
  const [first] = types;
  const value = machine.lift(
    node,
    values.map((one) => one.value),
    ON_BITS.has(name) ? (constants) => onBits(constants, first, apply) : apply,
  );
  if (name === "mod") return { value, type: typeOfBinary("%", first, types[1]) };
  return { value, type: ON_BITS.has(name) ? first : typeof value === "number" ? FLOAT : undefined };
}

/** Functions that look at the bits of their first argument. */
const ON_BITS = new Set(["popcount", "rotl", "rotr"]);

function onBits(
  given: readonly Constant[],
  type: Type | undefined,
  apply: (given: readonly Constant[]) => Constant,
): Constant {
  const bits = type === undefined ? undefined : bitsOfConstant(given[0] as Constant, type);
  if (bits === undefined) return apply(given);
  const out = apply([bits, ...given.slice(1)]);
  return isBits(out) ? fromBits(out, type as Type) : out;
}

/** The value of an expression as a condition. */
export function condition(frame: Frame, expression: grammar.ExpressionContext): Bit {
  const value = evaluate(frame, expression);
  if (value instanceof Conjunction) return value;
  return frame.machine.attempt(expression, () =>
    convert(value, { kind: "bool", size: undefined }, true),
  ) as Bit;
}

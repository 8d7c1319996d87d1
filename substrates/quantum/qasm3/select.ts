/** Indices, ranges and sets: which elements of a register they name. */
import { type ParserRuleContext, TerminalNode } from "antlr4ng";
import { QASM_LIMITS } from "../qasm/limits.ts";
import { evaluate } from "./expression.ts";
import type {
  ExpressionContext,
  IndexOperatorContext,
  RangeExpressionContext,
  SetExpressionContext,
} from "./gen/qasm3Parser.ts";
import type { Frame } from "./machine.ts";
import { integer } from "./operate.ts";
import type { Constant } from "./value.ts";

/** Elements by number, and whether they were named as a single one. */
export interface Selection {
  readonly indices: readonly number[];
  readonly single: boolean;
}

/** The integer an expression stands for. */
export function wholeNumber(frame: Frame, expression: ExpressionContext, what: string): number {
  const { machine } = frame;
  const value = machine.known(expression, evaluate(frame, expression), what);
  const number = machine.attempt(expression, () => integer(value as Constant));
  if (number > Number.MAX_SAFE_INTEGER || number < Number.MIN_SAFE_INTEGER)
    throw machine.fail("QASM_SEMANTIC", `${what} is too large`, expression);
  return Number(number);
}

/** What an index operator selects of `size` elements. Numbers below 0 count from the end. */
export function select(frame: Frame, operator: IndexOperatorContext, size: number, name: string): Selection {
  const { machine } = frame;
  const set = operator.setExpression();
  if (set !== null) return { indices: within(frame, setValues(frame, set), size, name, set), single: false };
  const ranges = operator.rangeExpression();
  const expressions = operator.expression();
  if (ranges.length + expressions.length !== 1)
    throw machine.unsupported(`an index of ${ranges.length + expressions.length} dimensions`, operator);
  const [range] = ranges;
  if (range !== undefined)
    return { indices: within(frame, rangeValues(frame, range, size), size, name, range), single: false };
  const [expression] = expressions as [ExpressionContext];
  const index = wholeNumber(frame, expression, "an index");
  return { indices: within(frame, [index], size, name, expression), single: true };
}

function within(
  frame: Frame,
  indices: readonly number[],
  size: number,
  name: string,
  place: ParserRuleContext,
): number[] {
  return indices.map((index) => {
    const counted = index < 0 ? index + size : index;
    if (counted >= 0 && counted < size) return counted;
    throw frame.machine.fail("QASM_SEMANTIC", `index ${index} is outside '${name}' of size ${size}`, place);
  });
}

export function setValues(frame: Frame, set: SetExpressionContext): number[] {
  return set.expression().map((expression) => wholeNumber(frame, expression, "an index"));
}

/** The numbers of a range, both ends included; of `size` elements where ends are left out. */
export function rangeValues(frame: Frame, range: RangeExpressionContext, size?: number): number[] {
  const { machine } = frame;
  const parts = rangeParts(range);
  const step = parts.step === undefined ? 1 : wholeNumber(frame, parts.step, "a step");
  if (step === 0) throw machine.fail("QASM_SEMANTIC", "a range with a step of 0", range);
  const end = (expression: ExpressionContext | undefined, first: boolean): number => {
    if (expression !== undefined) {
      const value = wholeNumber(frame, expression, "the end of a range");
      return size !== undefined && value < 0 ? value + size : value;
    }
    if (size === undefined) throw machine.fail("QASM_SEMANTIC", "a range without both ends", range);
    return first === step > 0 ? 0 : size - 1;
  };
  const [from, to] = [end(parts.from, true), end(parts.to, false)];
  const count = Math.max(0, Math.floor((to - from) / step) + 1);
  if (size !== undefined && count > QASM_LIMITS.registerSize)
    throw machine.fail("LIMIT_EXCEEDED", `a range of ${count} elements`, range);
  machine.step(range, count);
  return Array.from({ length: count }, (_, i) => from + i * step);
}

interface RangeParts {
  from?: ExpressionContext;
  to?: ExpressionContext;
  step?: ExpressionContext;
}

/** `from:to` or `from:step:to`, any of which the grammar lets be left out. */
function rangeParts(range: RangeExpressionContext): RangeParts {
  const parts: RangeParts = {};
  const names = range.COLON().length === 2 ? (["from", "step", "to"] as const) : (["from", "to"] as const);
  let at = 0;
  for (const child of range.children) {
    if (child instanceof TerminalNode) at++;
    else parts[names[at] as "from"] = child as ExpressionContext;
  }
  return parts;
}

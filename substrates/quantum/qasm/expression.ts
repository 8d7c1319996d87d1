/** Parameter expressions: numbers where they are constant, small trees inside gate definitions. */
import { cos, exp, log, pow, sin, tan } from "@arqon/core/math";
import type { Lexer } from "./lexer.ts";
import { QASM_LIMITS } from "./limits.ts";

/** A constant, a parameter of the enclosing gate, or an operation on others. */
export type Expression = number | { readonly parameter: number } | Operation;

interface Operation {
  readonly operation: string;
  readonly left: Expression;
  readonly right: Expression;
}

const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  sin,
  cos,
  tan,
  exp,
  ln: log,
  sqrt: Math.sqrt,
};

const STRENGTH: Readonly<Record<string, number>> = { "+": 1, "-": 1, "*": 2, "/": 2, "^": 4 };
const UNARY = 3;

/** Values of an operation on two numbers; functions and negation ignore the second. */
function apply(operation: string, a: number, b: number): number {
  switch (operation) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "^":
      return pow(a, b);
    case "negate":
      return -a;
    default:
      return (FUNCTIONS[operation] as (x: number) => number)(a);
  }
}

function checked(operation: string, a: number, b: number, fail: (what: string) => Error): number {
  if (operation === "/" && b === 0) throw fail(`division of ${a} by zero`);
  const value = apply(operation, a, b);
  if (Number.isFinite(value)) return value;
  const shown = operation in FUNCTIONS ? `${operation}(${a})` : `${a} ${operation} ${b}`;
  throw fail(`${shown} is not a finite number`);
}

/**
 * The value of an expression for given parameters; `fail` makes the error for one that has none.
 * A long sum is a deep tree to the left, so that side is walked in a loop; the parser bounds the depth of the other.
 */
export function evaluate(
  expression: Expression,
  parameters: readonly number[],
  fail: (what: string) => Error,
): number {
  const pending: Operation[] = [];
  let leaf = expression;
  while (typeof leaf !== "number" && "operation" in leaf) {
    pending.push(leaf);
    leaf = leaf.left;
  }
  let value = typeof leaf === "number" ? leaf : (parameters[leaf.parameter] as number);
  for (const { operation, right } of pending.reverse())
    value = checked(operation, value, evaluate(right, parameters, fail), fail);
  return value;
}

/**
 * Reads one expression. `^` binds strongest and to the right, then unary minus, then `*` and `/`, then `+` and `-`.
 *
 * @param parameters  names that stand for parameters of the enclosing gate, with their numbers.
 */
export function parseExpression(lexer: Lexer, parameters: ReadonlyMap<string, number>): Expression {
  let depth = 0;

  const combine = (operation: string, left: Expression, right: Expression, at: number): Expression => {
    if (typeof left !== "number" || typeof right !== "number") return { operation, left, right };
    return checked(operation, left, right, (what) => lexer.error("QASM_SEMANTIC", what, at));
  };

  const operand = (): Expression => {
    const { kind, text, at } = lexer;
    if (kind === "integer" || kind === "real") {
      const value = Number(text);
      if (!Number.isFinite(value))
        throw lexer.error("QASM_SEMANTIC", `the number ${lexer.describe()} is too large`);
      lexer.advance();
      return value;
    }
    if (lexer.accept("(")) {
      const inner = binary(0);
      lexer.expect(")", "to close the parenthesis");
      return inner;
    }
    if (kind === "word") {
      const parameter = parameters.get(text);
      if (parameter !== undefined) {
        lexer.advance();
        return { parameter };
      }
      if (lexer.accept("pi")) return Math.PI;
      if (Object.hasOwn(FUNCTIONS, text)) {
        lexer.advance();
        lexer.expect("(", `after '${text}'`);
        const inner = binary(0);
        lexer.expect(")", `to close '${text}('`);
        return combine(text, inner, 0, at);
      }
      throw lexer.error(
        "QASM_SEMANTIC",
        `'${text}' is neither a parameter here, nor 'pi', nor one of ${Object.keys(FUNCTIONS).join(", ")}`,
      );
    }
    throw lexer.expected("a number, a parameter, 'pi', a function or '('");
  };

  const prefix = (): Expression => {
    const at = lexer.at;
    if (lexer.accept("-")) return combine("negate", binary(UNARY), 0, at);
    if (lexer.accept("+")) return binary(UNARY);
    return operand();
  };

  const binary = (least: number): Expression => {
    if (++depth > QASM_LIMITS.nesting)
      throw lexer.error("LIMIT_EXCEEDED", `an expression is nested deeper than ${QASM_LIMITS.nesting}`);
    let left = prefix();
    for (;;) {
      const strength = lexer.kind === "symbol" ? STRENGTH[lexer.text] : undefined;
      if (strength === undefined || strength <= least) break;
      const { text, at } = lexer;
      lexer.advance();
      left = combine(text, left, binary(text === "^" ? strength - 1 : strength), at);
    }
    depth--;
    return left;
  };
  return binary(0);
}

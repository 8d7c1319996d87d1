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

/** By character code; 0 of what is no operator. */
const STRENGTH = new Uint8Array(128);
const OPERATORS: readonly (readonly [operator: string, strength: number])[] = [
  ["+", 1],
  ["-", 1],
  ["*", 2],
  ["/", 2],
  ["^", 4],
];
for (const [operator, strength] of OPERATORS) STRENGTH[operator.charCodeAt(0)] = strength;
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
  return binary(lexer, parameters, 0, 1);
}

type Names = ReadonlyMap<string, number>;

function binary(lexer: Lexer, parameters: Names, least: number, depth: number): Expression {
  if (depth > QASM_LIMITS.nesting)
    throw lexer.error("LIMIT_EXCEEDED", `an expression is nested deeper than ${QASM_LIMITS.nesting}`);
  let left = prefix(lexer, parameters, depth);
  for (;;) {
    const { symbol, at } = lexer;
    const strength = STRENGTH[symbol] as number;
    if (strength === 0 || strength <= least) return left;
    lexer.advance();
    const operation = String.fromCharCode(symbol);
    const right = binary(lexer, parameters, operation === "^" ? strength - 1 : strength, depth + 1);
    left = combine(lexer, operation, left, right, at);
  }
}

function prefix(lexer: Lexer, parameters: Names, depth: number): Expression {
  const { kind, at } = lexer;
  if (kind === "integer" || kind === "real") {
    const value = kind === "integer" ? lexer.integer() : Number(lexer.text);
    if (!Number.isFinite(value))
      throw lexer.error("QASM_SEMANTIC", `the number ${lexer.describe()} is too large`);
    lexer.advance();
    return value;
  }
  if (lexer.accept("-")) return combine(lexer, "negate", binary(lexer, parameters, UNARY, depth + 1), 0, at);
  if (lexer.accept("+")) return binary(lexer, parameters, UNARY, depth + 1);
  if (lexer.accept("(")) {
    const inner = binary(lexer, parameters, 0, depth + 1);
    lexer.expect(")", "to close the parenthesis");
    return inner;
  }
  if (kind !== "word") throw lexer.expected("a number, a parameter, 'pi', a function or '('");
  return named(lexer, parameters, depth);
}

function named(lexer: Lexer, parameters: Names, depth: number): Expression {
  const { text, at } = lexer;
  const parameter = parameters.get(text);
  if (parameter !== undefined) {
    lexer.advance();
    return { parameter };
  }
  if (lexer.accept("pi")) return Math.PI;
  if (!Object.hasOwn(FUNCTIONS, text))
    throw lexer.error(
      "QASM_SEMANTIC",
      `'${text}' is neither a parameter here, nor 'pi', nor one of ${Object.keys(FUNCTIONS).join(", ")}`,
    );
  lexer.advance();
  lexer.expect("(", `after '${text}'`);
  const inner = binary(lexer, parameters, 0, depth + 1);
  lexer.expect(")", `to close '${text}('`);
  return combine(lexer, text, inner, 0, at);
}

function combine(
  lexer: Lexer,
  operation: string,
  left: Expression,
  right: Expression,
  at: number,
): Expression {
  if (typeof left !== "number" || typeof right !== "number") return { operation, left, right };
  return checked(operation, left, right, (what) => lexer.error("QASM_SEMANTIC", what, at));
}

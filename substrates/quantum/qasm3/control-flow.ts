/** Branches and loops: known ones are followed, and branches on measurements become conditions of instructions. */
import type { ParserRuleContext } from "antlr4ng";
import { bindVariable } from "./declare.ts";
import { condition, evaluate, evaluateTyped } from "./expression.ts";
import type * as grammar from "./gen/qasm3Parser.ts";
import { type Frame, shown } from "./machine.ts";
import { refuseInGate } from "./operand.ts";
import { integer } from "./operate.ts";
import { readType } from "./read-type.ts";
import { Scope } from "./scope.ts";
import { rangeValues, setValues } from "./select.ts";
import { type Flow, run, runBody } from "./statement.ts";
import { convert } from "./type.ts";
import { binaryOf, type Typed } from "./typed.ts";
import { type Bit, BitArray, type Constant, choose, type Value } from "./value.ts";

/** Leaves a loop, subroutine or program; not where only a measurement says whether to. */
export function breakable(frame: Frame, kind: Flow["kind"], place: ParserRuleContext): Flow {
  const { machine } = frame;
  refuseInGate(frame, kind, place);
  if ((kind === "break" || kind === "continue") && !frame.inLoop)
    throw machine.fail("QASM_SEMANTIC", `'${kind}' outside of a loop`, place);
  if (machine.emitter.guard !== true)
    throw machine.unsupported(`'${kind}' that depends on a measurement`, place);
  return { kind, value: undefined };
}

function inScope(frame: Frame, body: grammar.StatementOrScopeContext): Flow | undefined {
  return run({ ...frame, scope: new Scope(frame.scope) }, body);
}

/** Does something where a condition holds. A known condition is followed or not; another one guards what is emitted. */
function where(
  frame: Frame,
  holds: Bit,
  body: () => Flow | undefined,
  place: ParserRuleContext,
): Flow | undefined {
  if (typeof holds === "boolean") return holds ? body() : undefined;
  refuseInGate(frame, "a measured condition", place);
  frame.machine.attempt(place, () => frame.machine.emitter.under(holds, () => void body()));
  return undefined;
}

function not(bit: Bit): Bit {
  return choose(bit, false, true) as Bit;
}

export function ifElse(frame: Frame, statement: grammar.IfStatementContext): Flow | undefined {
  const holds = condition(frame, statement.expression());
  const { _if_body, _else_body } = statement;
  const then = _if_body as grammar.StatementOrScopeContext;
  let flow: Flow | undefined;
  frame.machine.emitter.decide(holds, () => {
    flow = where(frame, holds, () => inScope(frame, then), statement);
    if (_else_body === undefined || flow !== undefined) return;
    flow = where(frame, not(holds), () => inScope(frame, _else_body), statement);
  });
  return flow;
}

export function switchCase(frame: Frame, statement: grammar.SwitchStatementContext): Flow | undefined {
  const { machine } = frame;
  const chosen = evaluateTyped(frame, statement.expression());
  let flow: Flow | undefined;
  machine.emitter.decide(chosen.value, () => {
    flow = chosenCase(frame, statement, chosen);
  });
  return flow;
}

function chosenCase(
  frame: Frame,
  statement: grammar.SwitchStatementContext,
  { value, type }: Typed,
): Flow | undefined {
  const { machine } = frame;
  let rest: Bit = true;
  const items = statement.switchCaseItem();
  const seen = new Set<unknown>();
  for (const [i, item] of items.entries()) {
    const labels = item.expressionList()?.expression();
    if (labels === undefined && i < items.length - 1)
      throw machine.fail("QASM_SEMANTIC", "a case after 'default', which is never reached", items[i + 1]);
    const holds =
      labels === undefined
        ? rest
        : labels.reduce<Bit>((any, label) => {
            const other = evaluateTyped(frame, label);
            const key = machine.lift(label, [machine.known(label, other.value, "a case")], ([constant]) =>
              integer(constant as Constant),
            );
            if (seen.has(key)) throw machine.fail("QASM_SEMANTIC", `a second case of ${shown(label)}`, label);
            seen.add(key);
            const same = machine.lift(label, [value, other.value], ([a, b]) =>
              binaryOf("==", a as Constant, b as Constant, type, other.type),
            );
            return choose(any, true, same) as Bit;
          }, false);
    const chosen = choose(rest, holds, false) as Bit;
    rest = choose(holds, false, rest) as Bit;
    const flow = where(frame, chosen, () => runBody(frame, item.scope().statementOrScope()), item);
    if (flow !== undefined) return flow;
  }
  return undefined;
}

/** Runs a body again; `undefined` to go on, or how to leave the loop. */
function once(
  frame: Frame,
  body: grammar.StatementOrScopeContext,
): { leave: true; flow: Flow | undefined } | undefined {
  const flow = inScope({ ...frame, inLoop: true }, body);
  if (flow === undefined || flow.kind === "continue") return undefined;
  return { leave: true, flow: flow.kind === "break" ? undefined : flow };
}

export function whileLoop(frame: Frame, statement: grammar.WhileStatementContext): Flow | undefined {
  const { machine } = frame;
  for (;;) {
    const holds = condition(frame, statement.expression());
    if (typeof holds !== "boolean")
      throw machine.unsupported("a 'while' loop that depends on a measurement", statement.expression());
    if (!holds) return undefined;
    const left = once(frame, statement._body as grammar.StatementOrScopeContext);
    if (left) return left.flow;
  }
}

export function forLoop(frame: Frame, statement: grammar.ForStatementContext): Flow | undefined {
  const { machine } = frame;
  const type = readType(frame, statement.scalarType());
  const name = statement.Identifier().getText();
  for (const value of loopValues(frame, statement)) {
    machine.step(statement);
    const scope = new Scope(frame.scope);
    const inner: Frame = { ...frame, scope };
    bindVariable(
      inner,
      name,
      type,
      machine.attempt(statement, () => convert(value, type, false)),
      statement,
    );
    const left = once(inner, statement._body as grammar.StatementOrScopeContext);
    if (left) return left.flow;
  }
  return undefined;
}

function loopValues(frame: Frame, statement: grammar.ForStatementContext): readonly Value[] {
  const set = statement.setExpression();
  if (set !== null) return setValues(frame, set).map(BigInt);
  const range = statement.rangeExpression();
  if (range !== null) return rangeValues(frame, range).map(BigInt);
  const expression = statement.expression() as grammar.ExpressionContext;
  const value = evaluate(frame, expression);
  if (value instanceof BitArray) return value.bits;
  throw frame.machine.unsupported("a loop over what is no range, set or register", expression);
}

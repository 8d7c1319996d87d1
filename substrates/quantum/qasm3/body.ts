/** What the body of a gate or subroutine names is looked up where it is defined, though it is read only where it is called. */
import { type ParserRuleContext, type ParseTree, TerminalNode } from "antlr4ng";
import { CONSTANTS, FUNCTIONS } from "./functions.ts";
import * as grammar from "./gen/qasm3Parser.ts";
import type { Frame } from "./machine.ts";
import { unknownGate } from "./quantum-call.ts";

/**
 * Refuses a gate that calls itself or a gate not yet known, or that names neither a parameter nor a constant.
 *
 * @param names  of its parameters and qubits.
 * @cost  linear in the body.
 */
export function checkGateBody(
  frame: Frame,
  gate: grammar.GateStatementContext,
  names: readonly string[],
): void {
  const { machine, scope } = frame;
  const own = gate.Identifier().getText();
  const local = new Set(names);
  for (const node of nodes(frame, gate.scope())) {
    if (
      node instanceof grammar.ForStatementContext ||
      node instanceof grammar.ConstDeclarationStatementContext
    )
      local.add(node.Identifier().getText());
    if (node instanceof grammar.GateCallStatementContext && !node.GPHASE()) {
      const name = node.Identifier()?.getText() as string;
      if (name === own) throw machine.fail("QASM_SEMANTIC", `gate '${name}' uses itself`, node);
      const found = scope.find(name);
      if (found?.kind !== "gate") throw unknownGate(frame, name, found !== undefined, node);
    }
    if (node instanceof grammar.LiteralExpressionContext) {
      const name = node.Identifier()?.getText();
      if (name === undefined || local.has(name) || Object.hasOwn(CONSTANTS, name)) continue;
      const found = scope.find(name);
      if (found?.kind === "variable" && found.constant) continue;
      throw machine.fail(
        "QASM_SEMANTIC",
        `'${name}' is neither a parameter of gate '${own}' nor a constant`,
        node,
      );
    }
  }
}

/** Refuses a subroutine that calls itself, or a function nobody defined. */
export function checkSubroutineBody(frame: Frame, subroutine: grammar.DefStatementContext): void {
  const { machine, scope } = frame;
  const own = subroutine.Identifier().getText();
  for (const node of nodes(frame, subroutine.scope())) {
    const calls =
      node instanceof grammar.CallExpressionContext ||
      node instanceof grammar.QuantumCallExpressionContext ||
      node instanceof grammar.GateCallStatementContext;
    const name = calls ? node.Identifier()?.getText() : undefined;
    if (name === undefined) continue;
    if (name === own) throw machine.fail("QASM_SEMANTIC", `subroutine '${name}' uses itself`, node);
    if (scope.find(name) || Object.hasOwn(FUNCTIONS, name) || NAMED_LATER.has(name)) continue;
    if (node instanceof grammar.GateCallStatementContext) throw unknownGate(frame, name, false, node);
    throw machine.fail("QASM_SEMANTIC", `unknown function '${name}'`, node);
  }
}

/** Functions that are refused by name where they are called. */
const NAMED_LATER = new Set(["sizeof", "real", "imag"]);

/** All nodes of a tree that are no tokens, in the order of the text. */
function* nodes(frame: Frame, root: ParserRuleContext): Generator<ParserRuleContext> {
  const open: ParseTree[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node instanceof TerminalNode) continue;
    const context = node as ParserRuleContext;
    frame.machine.step(context);
    yield context;
    for (let k = context.children.length - 1; k >= 0; k--) open.push(context.children[k] as ParseTree);
  }
}

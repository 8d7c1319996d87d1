/** Reads the classical types. */
import { QASM_LIMITS } from "../qasm/limits.ts";
import type { DesignatorContext, ScalarTypeContext } from "./gen/qasm3Parser.ts";
import type { Frame } from "./machine.ts";
import { wholeNumber } from "./select.ts";
import type { Type } from "./type.ts";

/** A scalar type as it stands in the text. */
export function readType(frame: Frame, context: ScalarTypeContext): Type {
  const designator = context.designator();
  const size = designator === null ? undefined : readSize(frame, designator);
  if (context.COMPLEX()) throw frame.machine.unsupported("a complex number", context);
  if (context.BOOL()) return { kind: "bool", size: undefined };
  if (context.DURATION()) return { kind: "duration", size: undefined };
  if (context.STRETCH()) return { kind: "stretch", size: undefined };
  if (context.BIT()) return { kind: "bit", size };
  if (context.FLOAT()) return { kind: "float", size };
  if (size !== undefined && size > 4096)
    throw frame.machine.fail("LIMIT_EXCEEDED", `a number of ${size} bits; the limit is 4096`, context);
  if (context.ANGLE()) return { kind: "angle", size };
  return { kind: context.INT() ? "int" : "uint", size };
}

/** The size in brackets. */
export function readSize(frame: Frame, designator: DesignatorContext): number {
  const { machine } = frame;
  const expression = designator.expression();
  const size = wholeNumber(frame, expression, "a size");
  if (size < 1) throw machine.fail("QASM_SEMANTIC", `a size of ${size}; the least is 1`, expression);
  if (size > QASM_LIMITS.registerSize)
    throw machine.fail(
      "LIMIT_EXCEEDED",
      `a size of ${size}; the limit is ${QASM_LIMITS.registerSize}`,
      expression,
    );
  return size;
}

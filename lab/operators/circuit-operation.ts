/** What the plugins that run circuits read of an operation. */
import type { Operation } from "../runtime/index.ts";

/** The name its errors give the program. */
export function fileNameOf({ name }: Operation): string {
  return name || "circuit.qasm";
}

/** @throws TypeError when nobody filled them in. */
export function shotsOf({ parameters }: Operation): number {
  const { shots } = parameters;
  if (typeof shots !== "number") throw new TypeError("parameters.shots must be filled in");
  return shots;
}

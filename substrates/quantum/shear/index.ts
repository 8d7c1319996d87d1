/** Circuits as layers of diagonals and rotations: one sweep over the state does a whole diagonal and many rotations. */
import type { Circuit } from "../circuit.ts";
import type { Precision } from "../precision.ts";
import { LayerCompiler } from "./compile.ts";
import { type ShearPlan, ShearPlanner } from "./plan.ts";

export { executeShear } from "./execute.ts";
export type { ShearPlan } from "./plan.ts";

/** Brings gates to layers and plans them; nothing where a gate has no such form. Linear in the gates. */
export function planShear(
  circuit: Circuit,
  instructions: readonly number[],
  place: (qubit: number) => number,
  {
    width,
    active,
    precision,
  }: { readonly width: number; readonly active: number; readonly precision: Precision },
): ShearPlan | undefined {
  const compiler = new LayerCompiler(width);
  for (const i of instructions) if (!compiler.add(circuit, i, place)) return undefined;
  const planner = new ShearPlanner(width, active, precision);
  for (const layer of compiler.finish().layers) planner.add(layer);
  return planner.finish();
}

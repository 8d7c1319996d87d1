/** The fast engine: fused gates, grouped by cache blocks, in WebAssembly SIMD. */
import type { Program } from "../simulate/program.ts";
import type { Engine } from "../simulate/state.ts";
import { Fusion } from "./fuse.ts";
import { Kernel } from "./kernel.ts";
import { type Group, schedule } from "./schedule.ts";

/** The work on a list of instructions: fused and grouped. `most` bounds how many of them are looked at. */
export function plan(
  { circuit, positions, width }: Program,
  instructions: readonly number[],
  most: number = instructions.length,
): Group[] {
  const fusion = new Fusion();
  for (const i of instructions.slice(0, most)) fusion.add(circuit, i, (qubit) => positions[qubit] as number);
  return schedule(fusion.finish(), width);
}

/**
 * The state lives in the kernel's memory; its active part grows as gates reach higher positions.
 * Plans of steps are kept, since shots that branch run them again.
 */
export const fast: Engine = (program) => {
  const kernel = new Kernel(program.width);
  const plans = new Map<readonly number[], Group[]>();
  kernel.re[0] = 1;
  return {
    re: kernel.re,
    im: kernel.im,
    active: 0,
    apply(instructions, tick) {
      const groups = plans.get(instructions) ?? plan(program, instructions);
      plans.set(instructions, groups);
      for (const [done, group] of groups.entries()) {
        this.active = Math.max(this.active, group.top);
        kernel.apply(group, this.active, (part) => tick((done + part) / groups.length));
      }
    },
  };
};

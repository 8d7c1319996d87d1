/** The fast engine: fused gates, grouped by cache blocks, in WebAssembly SIMD. */
import type { Program } from "../simulate/program.ts";
import type { Engine } from "../simulate/state.ts";
import { Fusion } from "./fuse.ts";
import { Kernel } from "./kernel.ts";
import { type Group, schedule } from "./schedule.ts";

/** Instructions planned at a time: bounds the memory of plans, which are kept only for steps that fit into one. */
const CHUNK = 50_000;

/** The work on instructions `from` to `to` of a list: fused and grouped. */
export function plan(
  { circuit, positions, width }: Program,
  instructions: readonly number[],
  from: number,
  to: number,
): Group[] {
  const fusion = new Fusion();
  for (let k = from; k < Math.min(to, instructions.length); k++)
    fusion.add(circuit, instructions[k] as number, (qubit) => positions[qubit] as number);
  return schedule(fusion.finish(), width);
}

/**
 * The state lives in the kernel's memory; its active part grows as gates reach higher positions.
 * Plans of short steps are kept, since shots that branch run them again.
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
      const all = instructions.length;
      for (let from = 0; from < all; from += CHUNK) {
        const groups = plans.get(instructions) ?? plan(program, instructions, from, from + CHUNK);
        if (all <= CHUNK) plans.set(instructions, groups);
        const share = Math.min(CHUNK, all - from) / all;
        for (const [done, group] of groups.entries()) {
          this.active = Math.max(this.active, group.top);
          kernel.apply(group, this.active, (part) =>
            tick(from / all + (share * (done + part)) / groups.length),
          );
        }
      }
    },
  };
};

/** What fused gates would cost, from which qubits they share alone. */
import type { Circuit } from "../circuit.ts";
import { operandsOf } from "../circuit.ts";
import { DENSE_COST, ONE_COST } from "./operation.ts";

/** Gates in a row on at most two positions. */
interface Block {
  positions: readonly number[];
  cost: number;
}

/**
 * Vector instructions per vector of the blocks that {@link Fusion} would make, each gate taken to be general: no product is
 * formed, so gates that undo one another count.
 */
export function roughCost(
  circuit: Circuit,
  instructions: readonly number[],
  place: (qubit: number) => number,
): number {
  const open = new Map<number, Block>();
  let total = 0;
  for (const i of instructions) {
    const positions = Array.from(operandsOf(circuit, i), place);
    if (positions.length > 2) {
      total += ONE_COST.exchange;
      for (const p of positions) open.delete(p);
      continue;
    }
    const before = new Set<Block>();
    for (const p of positions) {
      const block = open.get(p);
      if (block) before.add(block);
    }
    let union = [...new Set([...positions, ...[...before].flatMap((block) => block.positions)])];
    if (union.length > 2) {
      for (const block of before)
        if (block.positions.length === 2) {
          before.delete(block);
          for (const p of block.positions) open.delete(p);
        }
      union = positions;
    }
    let cost = positions.length === 1 ? ONE_COST.complex : 1;
    for (const block of before) {
      cost += block.cost;
      total -= block.cost;
    }
    const most = union.length === 1 ? ONE_COST.complex : DENSE_COST;
    const joined = { positions: union, cost: Math.min(cost, most) };
    total += joined.cost;
    for (const p of union) open.set(p, joined);
  }
  return total;
}

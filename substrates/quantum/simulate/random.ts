/** The random numbers of shots, each reachable on its own. */
import { philox4x32 } from "@arqon/core/base";

const counter = new Uint32Array(4);
const block = new Uint32Array(4);

/**
 * The `draw`-th double of shot `shot`: equal to the `draw`-th `nextDouble()` of `createRandom(seed, BigInt(shot))`.
 * So what a shot gets does not depend on which other shots run beside it.
 */
export function shotUniform(seedLow: number, seedHigh: number, shot: number, draw: number): number {
  counter[0] = draw >>> 1;
  counter[2] = shot;
  philox4x32(counter, seedLow, seedHigh, block);
  const word = (draw & 1) * 2;
  const low = (block[word] as number) >>> 5;
  const top = (block[word + 1] as number) >>> 6;
  return (low * 67108864 + top) / 9007199254740992;
}

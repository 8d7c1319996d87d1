/** Seeds as people and recipes write them. */
import { ArqonError, type Entropy, formatSeed, parseSeed } from "@arqon/core/base";

/**
 * The recipe's form of a seed; a fresh one when none is given.
 * @throws ArqonError `USAGE` unless it is an integer in [0, 2^64).
 */
export function seedText(seed: bigint | number | string | undefined, entropy: Entropy): string {
  if (seed === undefined) {
    const view = new DataView(entropy(8).buffer);
    return formatSeed(view.getBigUint64(0));
  }
  const value = parseSeed(String(seed));
  if (value === undefined)
    throw new ArqonError("USAGE", `seed ${String(seed)} is not an integer from 0 to 2^64 - 1`);
  return formatSeed(value);
}

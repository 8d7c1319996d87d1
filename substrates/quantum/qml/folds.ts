/** Ways to part samples that keep the share of each class. */
import type { Random } from "@arqon/core/base";

/** For each sample the part it is in, 0 to `parts` - 1; classes are spread evenly, members drawn by `random`. */
export function stratified(labels: readonly number[], parts: number, random: Random): Uint32Array {
  const out = new Uint32Array(labels.length);
  let next = 0;
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) {
    const members = labels.flatMap((each, index) => (each === label ? [index] : []));
    shuffle(members, random);
    for (const index of members) out[index] = next++ % parts;
  }
  return out;
}

/** Training and test indices: `share` of every class, rounded, is for training; at least one of each on both sides if it has two. */
export function stratifiedSplit(
  labels: readonly number[],
  share: number,
  random: Random,
): { readonly train: number[]; readonly test: number[] } {
  const [train, test]: [number[], number[]] = [[], []];
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) {
    const members = labels.flatMap((each, index) => (each === label ? [index] : []));
    shuffle(members, random);
    const cut = Math.min(Math.max(1, members.length - 1), Math.max(1, Math.round(share * members.length)));
    train.push(...members.slice(0, cut));
    test.push(...members.slice(cut));
  }
  return { train: train.sort((a, b) => a - b), test: test.sort((a, b) => a - b) };
}

/** In place, by Fisher and Yates. */
export function shuffle(items: number[], random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.nextInt(i + 1);
    [items[i], items[j]] = [items[j] as number, items[i] as number];
  }
}

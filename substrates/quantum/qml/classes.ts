/** Several classes by pairs: every two are separated, and a sample goes where most separations put it. */
import { decide, type Svm, trainSvm } from "./svm.ts";

/** A machine for each pair of classes, over the samples of both. */
export interface PairwiseSvm {
  readonly classes: number;
  readonly machines: readonly {
    readonly positive: number;
    readonly negative: number;
    /** Indices of training samples. */
    readonly members: readonly number[];
    readonly svm: Svm;
  }[];
}

/** @param kernel  n x n over all training samples. */
export function trainPairs(
  kernel: Float64Array,
  labels: readonly number[],
  classes: number,
  c: number,
): PairwiseSvm {
  const n = labels.length;
  const machines: PairwiseSvm["machines"][number][] = [];
  for (let positive = 0; positive < classes; positive++)
    for (let negative = positive + 1; negative < classes; negative++) {
      const members = labels.flatMap((label, k) => (label === positive || label === negative ? [k] : []));
      const part = new Float64Array(members.length * members.length);
      for (const [r, i] of members.entries())
        for (const [s, j] of members.entries()) part[r * members.length + s] = kernel[i * n + j] as number;
      const sides = members.map((k) => (labels[k] === positive ? 1 : -1));
      machines.push({ positive, negative, members, svm: trainSvm(part, sides, c) });
    }
  return { classes, machines };
}

/** The class of each sample. @param kernel  samples x training samples. Of equal votes the lower class wins. */
export function predictPairs(
  { classes, machines }: PairwiseSvm,
  kernel: Float64Array,
  trained: number,
): number[] {
  return Array.from({ length: kernel.length / trained }, (_, sample) => {
    const votes = new Uint32Array(classes);
    for (const { positive, negative, members, svm } of machines) {
      const row = Float64Array.from(members, (k) => kernel[sample * trained + k] as number);
      const winner = decide(svm, row) > 0 ? positive : negative;
      votes[winner] = (votes[winner] as number) + 1;
    }
    return votes.indexOf(Math.max(...votes));
  });
}

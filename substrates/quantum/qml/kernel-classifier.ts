/** Classification by a kernel, with everything that is free chosen on the training samples alone. */
import { ArqonError, createRandom } from "@arqon/core/base";
import { predictPairs, trainPairs } from "./classes.ts";
import { type FeatureMap, featureStates, type PairMap } from "./feature-map.ts";
import { stratified } from "./folds.ts";
import { fidelityKernel, rbfKernel, sampledKernel } from "./kernel.ts";
import { type LabelledSet, QML_LIMITS } from "./labelled-set.ts";
import { fitProjection } from "./projection.ts";

/** What may be chosen; the best in cross-validation is, of equal ones the first. */
export interface KernelGrid {
  readonly pairs: readonly PairMap[];
  readonly bandwidths: readonly number[];
  readonly repetitions: readonly number[];
  readonly costs: readonly number[];
}

/** The grid of the control: a radial basis function with unit-variance components. */
export interface RbfGrid {
  readonly gammas: readonly number[];
  readonly costs: readonly number[];
}

export const KERNEL_GRID: KernelGrid = {
  pairs: ["product"],
  bandwidths: [0.05, 0.1, 0.2, 0.3, 0.4, 0.6],
  repetitions: [1, 2],
  costs: [0.1, 1, 10, 100, 1000],
};
export const RBF_GRID: RbfGrid = { gammas: [0.003, 0.01, 0.03, 0.1, 0.3, 1], costs: [0.1, 1, 10, 100, 1000] };

/** How to learn. */
export interface KernelOptions {
  /** Principal components kept: qubits of the feature map. At most 12. */
  readonly qubits: number;
  /** Fixes folds and shots. */
  readonly seed: bigint;
  /** Parts of the cross-validation. Default 5. */
  readonly folds?: number;
  /** Shots for each entry of the kernel; 0, the default, takes exact ones. */
  readonly shots?: number;
}

/** A way to compare samples, which training chose. */
export type ChosenKernel = FeatureMap | { readonly gamma: number };

/** What was learned and what it says of the unseen samples. */
export interface KernelPrediction {
  readonly kernel: ChosenKernel;
  readonly cost: number;
  /** Mean accuracy of the chosen one in cross-validation: optimistic, because it was chosen for it. */
  readonly validationAccuracy: number;
  readonly supportVectors: number;
  /** For each unseen sample the index of a class. */
  readonly predicted: readonly number[];
}

/** Learns with fidelity kernels of the ZZ feature map. @cost  a state for each sample and map, and samples^2 overlaps of 2^qubits. */
export function quantumKernelClassifier(
  training: LabelledSet,
  unseen: readonly (readonly number[])[],
  options: KernelOptions,
  grid: KernelGrid = KERNEL_GRID,
): KernelPrediction {
  const { shots = 0, seed } = options;
  const maps: FeatureMap[] = grid.pairs.flatMap((pairs) =>
    grid.repetitions.flatMap((repetitions) =>
      grid.bandwidths.map((bandwidth) => ({ pairs, bandwidth, repetitions })),
    ),
  );
  return learn(training, unseen, options, maps, grid.costs, (map, rows, others, isTest) => {
    const states = featureStates(rows, map);
    const exact = fidelityKernel(isTest ? featureStates(others, map) : states, states);
    if (shots === 0) return exact;
    const stream = BigInt(2 * maps.indexOf(map) + (isTest ? 1 : 0)) + SHOT_STREAMS;
    return sampledKernel(exact, rows.length, shots, createRandom(seed, stream), !isTest);
  });
}

/** Learns with radial basis functions: the control, given the same components, folds and costs. */
export function rbfClassifier(
  training: LabelledSet,
  unseen: readonly (readonly number[])[],
  options: KernelOptions,
  grid: RbfGrid = RBF_GRID,
): KernelPrediction {
  const kernels = grid.gammas.map((gamma) => ({ gamma }));
  return learn(training, unseen, options, kernels, grid.costs, ({ gamma }, rows, others, isTest) =>
    rbfKernel(isTest ? others : rows, rows, gamma),
  );
}

const FOLD_STREAM = 1n;
const SHOT_STREAMS = 16n;

type KernelOf<K> = (
  kernel: K,
  rows: readonly (readonly number[])[],
  others: readonly (readonly number[])[],
  isTest: boolean,
) => Float64Array;

function learn<K extends ChosenKernel>(
  { features, labels, classes }: LabelledSet,
  unseen: readonly (readonly number[])[],
  { qubits, seed, folds = 5 }: KernelOptions,
  kernels: readonly K[],
  costs: readonly number[],
  kernelOf: KernelOf<K>,
): KernelPrediction {
  if (!Number.isInteger(qubits) || qubits < 1 || qubits > QML_LIMITS.qubits)
    throw new ArqonError("USAGE", `qubits must be from 1 to ${QML_LIMITS.qubits}, not ${qubits}`);
  const projection = fitProjection(features, qubits);
  const rows = projection.apply(features);
  const parts = stratified(labels, folds, createRandom(seed, FOLD_STREAM));
  let best: { kernel: K; matrix: Float64Array; cost: number; accuracy: number } | undefined;
  for (const kernel of kernels) {
    const matrix = kernelOf(kernel, rows, [], false);
    for (const cost of costs) {
      const accuracy = validate(matrix, labels, classes.length, cost, parts, folds);
      if (!best || accuracy > best.accuracy) best = { kernel, matrix, cost, accuracy };
    }
  }
  if (!best) throw new TypeError("the grid is empty");
  const model = trainPairs(best.matrix, labels, classes.length, best.cost);
  const unseenKernel = kernelOf(best.kernel, rows, projection.apply(unseen), true);
  const support = new Set(
    model.machines.flatMap(({ members, svm }) => members.filter((_, k) => svm.weights[k] !== 0)),
  );
  return {
    kernel: best.kernel,
    cost: best.cost,
    validationAccuracy: best.accuracy,
    supportVectors: support.size,
    predicted: predictPairs(model, unseenKernel, rows.length),
  };
}

/** Mean accuracy over the parts, each predicted by a machine trained on the others. */
function validate(
  matrix: Float64Array,
  labels: readonly number[],
  classes: number,
  cost: number,
  parts: Uint32Array,
  folds: number,
): number {
  const n = labels.length;
  let right = 0;
  for (let fold = 0; fold < folds; fold++) {
    const inside = labels.flatMap((_, k) => (parts[k] === fold ? [] : [k]));
    const outside = labels.flatMap((_, k) => (parts[k] === fold ? [k] : []));
    if (outside.length === 0) continue;
    const cut = (from: readonly number[]): Float64Array =>
      Float64Array.from({ length: from.length * inside.length }, (_, index) => {
        const [r, c] = [Math.floor(index / inside.length), index % inside.length];
        return matrix[(from[r] as number) * n + (inside[c] as number)] as number;
      });
    const insideLabels = inside.map((k) => labels[k] as number);
    const model = trainPairs(cut(inside), insideLabels, classes, cost);
    const predicted = predictPairs(model, cut(outside), inside.length);
    right += predicted.filter((label, k) => label === labels[outside[k] as number]).length;
  }
  return right / n;
}

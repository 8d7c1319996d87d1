import { createRandom } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { statevector } from "../run.ts";
import { featureMapCircuit, featureStates } from "./feature-map.ts";
import { stratified, stratifiedSplit } from "./folds.ts";
import { fidelityKernel, rbfKernel, sampledKernel } from "./kernel.ts";
import { quantumKernelClassifier, rbfClassifier } from "./kernel-classifier.ts";
import { labelledSet, rowsAt } from "./labelled-set.ts";
import { fitProjection } from "./projection.ts";
import { decide, trainSvm } from "./svm.ts";
import { variationalClassifier } from "./variational.ts";

const MAP = { pairs: "havlicek", bandwidth: 1, repetitions: 2 } as const;

/** Two clouds in three dimensions; `wide` of them overlap. */
function clouds(count: number, wide: number, seed: bigint) {
  const random = createRandom(seed);
  const labels = Array.from({ length: count }, (_, k) => (k % 2 ? "right" : "left"));
  const features = labels.map((label) =>
    [1, -1, 0.5].map((centre) => (label === "right" ? centre : -centre) + wide * (random.nextDouble() - 0.5)),
  );
  return labelledSet(features, labels);
}

describe("the ZZ feature map", () => {
  test("phases of one repetition are those of the paper", () => {
    // After H and the phases, amplitude b has the phase sum 2 x_i b_i + 2 (pi - x_i)(pi - x_j) (b_i xor b_j).
    const x = [0.3, 1.1, 2.2];
    const { re, im } = statevector(featureMapCircuit(x, { ...MAP, repetitions: 1 }));
    const pair = (a: number, b: number): number =>
      (Math.PI - (x[a] as number)) * (Math.PI - (x[b] as number));
    for (let state = 0; state < 8; state++) {
      const bit = (q: number): number => (state >> q) & 1;
      let phase = 0;
      for (let q = 0; q < 3; q++) phase += 2 * (x[q] as number) * bit(q);
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [1, 2],
      ] as const)
        phase += 2 * pair(a, b) * (bit(a) ^ bit(b));
      expect(re[state]).toBeCloseTo(Math.cos(phase) / Math.sqrt(8), 12);
      expect(im[state]).toBeCloseTo(Math.sin(phase) / Math.sqrt(8), 12);
    }
  });

  test("a kernel is symmetric, 1 on its diagonal, within [0, 1], and positive semidefinite", () => {
    const sample = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 2, maxLength: 5 }),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
        (samples, weights) => {
          const states = featureStates(samples, MAP);
          const kernel = fidelityKernel(states, states);
          const n = samples.length;
          let form = 0;
          for (let r = 0; r < n; r++)
            for (let c = 0; c < n; c++) {
              const value = kernel[r * n + c] as number;
              expect(value).toBeCloseTo(kernel[c * n + r] as number, 12);
              expect(value).toBeGreaterThanOrEqual(0);
              expect(value).toBeLessThanOrEqual(1);
              form += (weights[r] as number) * (weights[c] as number) * value;
            }
          for (let r = 0; r < n; r++) expect(kernel[r * n + r]).toBeCloseTo(1, 12);
          expect(form).toBeGreaterThanOrEqual(-1e-10);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("a sampled kernel is near the exact one, symmetric, and the same for a seed", () => {
    const states = featureStates(
      [
        [0.1, 0.2],
        [0.4, 0.1],
        [1, 2],
      ],
      MAP,
    );
    const exact = fidelityKernel(states, states);
    const draw = (): Float64Array => sampledKernel(exact, 3, 10_000, createRandom(7n), true);
    const sampled = draw();
    expect(draw()).toEqual(sampled);
    for (const [at, value] of exact.entries())
      expect(Math.abs((sampled[at] as number) - value)).toBeLessThan(0.025);
    expect(sampled[1]).toBe(sampled[3]);
  });
});

describe("support-vector machines", () => {
  test("two points are parted in the middle", () => {
    const rows = [[0], [2]];
    const linear = Float64Array.from(rows.flatMap(([a]) => rows.map(([b]) => (a as number) * (b as number))));
    const svm = trainSvm(linear, [-1, 1], 100);
    expect(svm.bias).toBeCloseTo(-1, 6);
    expect(decide(svm, Float64Array.from([0, 2 * 1]))).toBeCloseTo(0, 6);
  });

  test("conditions of optimality hold for every sample", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1000n }), fc.constantFrom(0.1, 1, 10), (seed, c) => {
        const { features, labels } = clouds(30, 4, seed);
        const kernel = rbfKernel(features, features, 0.5);
        const sides = labels.map((label) => (label ? 1 : -1));
        const svm = trainSvm(kernel, sides, c);
        let balance = 0;
        for (const [k, side] of sides.entries()) {
          const margin = side * decide(svm, kernel.subarray(k * 30, (k + 1) * 30));
          const alpha = side * (svm.weights[k] as number);
          balance += svm.weights[k] as number;
          expect(alpha).toBeGreaterThanOrEqual(-1e-12);
          expect(alpha).toBeLessThanOrEqual(c + 1e-9);
          if (alpha < 1e-9) expect(margin).toBeGreaterThan(1 - 5e-3);
          else if (alpha > c - 1e-9) expect(margin).toBeLessThan(1 + 5e-3);
          else expect(margin).toBeCloseTo(1, 2);
        }
        expect(balance).toBeCloseTo(0, 8);
      }),
      { numRuns: 30 },
    );
  });
});

describe("parting and projecting samples", () => {
  test("every fold has its share of every class, and a split leaves nobody out", () => {
    const labels = Array.from({ length: 60 }, (_, k) => (k < 40 ? 0 : 1));
    const parts = stratified(labels, 4, createRandom(1n));
    for (let part = 0; part < 4; part++) {
      const members = labels.filter((_, k) => parts[k] === part);
      expect(members.length).toBe(15);
      expect(members.filter((label) => label === 1).length).toBe(5);
    }
    const { train, test: rest } = stratifiedSplit(labels, 0.5, createRandom(2n));
    expect([...train, ...rest].sort((a, b) => a - b)).toEqual(labels.map((_, k) => k));
    expect(train.filter((k) => labels[k] === 1).length).toBe(10);
  });

  test("components have mean 0 and variance 1, and do not correlate", () => {
    const { features } = clouds(50, 2, 3n);
    const points = fitProjection(features, 2).apply(features);
    for (const [a, b, expected] of [
      [0, 0, 1],
      [1, 1, 1],
      [0, 1, 0],
    ] as const) {
      const product = points.reduce((sum, p) => sum + (p[a] as number) * (p[b] as number), 0) / 50;
      expect(product).toBeCloseTo(expected, 10);
    }
    expect(points.reduce((sum, p) => sum + (p[0] as number), 0)).toBeCloseTo(0, 10);
  });

  test("a feature without variance and rows on a line leave fewer components", () => {
    const rows = [
      [1, 2, 5],
      [2, 4, 5],
      [3, 6, 5],
    ];
    expect(fitProjection(rows, 3).apply(rows)[0]).toHaveLength(1);
  });
});

describe("classifiers", () => {
  test("both kernels tell apart what can be told apart, the same every time", () => {
    const set = clouds(60, 1.5, 5n);
    const training = rowsAt(
      set,
      set.labels.flatMap((_, k) => (k < 40 ? [k] : [])),
    );
    const unseen = rowsAt(
      set,
      set.labels.flatMap((_, k) => (k < 40 ? [] : [k])),
    );
    const options = { qubits: 2, seed: 1n };
    const grid = { pairs: ["product"], bandwidths: [0.2], repetitions: [1], costs: [1, 10] } as const;
    const quantum = quantumKernelClassifier(training, unseen.features, options, grid);
    expect(quantum.predicted).toEqual(unseen.labels);
    expect(rbfClassifier(training, unseen.features, options).predicted).toEqual(unseen.labels);
    expect(quantumKernelClassifier(training, unseen.features, options, grid)).toEqual(quantum);
    const shots = quantumKernelClassifier(training, unseen.features, { ...options, shots: 1000 }, grid);
    expect(shots.predicted.filter((label, k) => label === unseen.labels[k]).length).toBeGreaterThan(17);
  });

  test("three classes are told apart by pairs", () => {
    const random = createRandom(9n);
    const labels = Array.from({ length: 60 }, (_, k) => "abc"[k % 3] as string);
    const features = labels.map((label) => {
      const turn = (2 * Math.PI * "abc".indexOf(label)) / 3;
      return [Math.cos(turn), Math.sin(turn)].map((x) => x + 0.4 * (random.nextDouble() - 0.5));
    });
    const set = labelledSet(features, labels);
    const training = rowsAt(
      set,
      labels.flatMap((_, k) => (k < 36 ? [k] : [])),
    );
    const { predicted } = quantumKernelClassifier(training, features.slice(36), { qubits: 2, seed: 1n });
    expect(predicted).toEqual(set.labels.slice(36));
  });

  test("the variational classifier learns, with falling loss", () => {
    const set = clouds(30, 1, 11n);
    const result = variationalClassifier(set, set.features, { qubits: 2, seed: 1n, epochs: 10 });
    expect(result.losses.at(-1) as number).toBeLessThan(0.7 * (result.losses[0] as number));
    const right = result.predicted.filter((label, k) => label === set.labels[k]).length;
    expect(right).toBeGreaterThanOrEqual(28);
  });

  test("what is no set of samples is refused by row", () => {
    expect(() => labelledSet([[1], [2, 3]], ["a", "b"])).toThrow("row 2 has 2 features, the first 1");
    expect(() => labelledSet([[1], [Number.NaN]], ["a", "b"])).toThrow(
      "row 2, feature 1 is not a finite number",
    );
    expect(() => labelledSet([[1], [2]], ["a", "a"])).toThrow('only one class, "a"');
    expect(() => labelledSet([[1]], ["a", "b"])).toThrow("1 rows of features, 2 labels");
  });
});

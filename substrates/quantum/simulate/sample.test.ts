import { createRandom } from "@arqon/core/base";
import { expect, test } from "vitest";
import { drawIndices } from "./sample.ts";

function stateOf(probabilities: readonly number[]) {
  const size = probabilities.length;
  return {
    re: Float64Array.from(probabilities, (p) => Math.sqrt(p)),
    im: new Float64Array(size),
    active: Math.log2(size),
    apply: () => {},
  };
}

test("numbers fall on the state whose part of the sum they hit", () => {
  const state = stateOf([0.25, 0, 0.5, 0.25]);
  expect([...drawIndices(state, Float64Array.of(0.24, 0.26, 0, 0.999, 0.74, 0.76))]).toEqual([
    [0, 2],
    [2, 2],
    [3, 2],
  ]);
});

test("a number that rounding leaves past the last sum belongs to the last state with weight", () => {
  expect([...drawIndices(stateOf([0.5, 0.5, 0, 0]), Float64Array.of(1))]).toEqual([[1, 1]]);
});

test("the distribution need not be normalised", () => {
  expect([...drawIndices(stateOf([2, 6, 0, 0]), Float64Array.of(0.2, 0.3, 0.9))]).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

test("draws follow the distribution: chi-square over 16,384 states, across blocks", () => {
  const random = createRandom(3n);
  const weights = Array.from({ length: 16384 }, () => random.nextDouble());
  const total = weights.reduce((a, b) => a + b);
  const shots = 2_000_000;
  const drawn = drawIndices(
    stateOf(weights),
    Float64Array.from({ length: shots }, () => random.nextDouble()),
  );
  let chi = 0;
  for (const [i, weight] of weights.entries()) {
    const expected = (weight / total) * shots;
    chi += ((drawn.get(i) ?? 0) - expected) ** 2 / expected;
  }
  // Mean 16,383 and standard deviation 181.
  expect(Math.abs(chi - 16383)).toBeLessThan(4 * 181);
});

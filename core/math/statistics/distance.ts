/** How far apart two distributions of outcomes are. Weights are normalised first, so counts may be given. */
import { log } from "../exponential.ts";

/** Weights by outcome: counts or probabilities; an outcome that is missing has none. */
export type Weights = ReadonlyMap<string, number>;

/** Pairs of probabilities over all outcomes of either, in ascending order of the outcome. */
function pairs(p: Weights, q: Weights): [number, number][] {
  const [sumP, sumQ] = [totalOf(p), totalOf(q)];
  const keys = [...new Set([...p.keys(), ...q.keys()])].sort();
  return keys.map((key) => [(p.get(key) ?? 0) / sumP, (q.get(key) ?? 0) / sumQ]);
}

function totalOf(weights: Weights): number {
  let sum = 0;
  for (const key of [...weights.keys()].sort()) {
    const weight = weights.get(key) as number;
    if (!(weight >= 0) || !Number.isFinite(weight)) throw new TypeError(`"${key}" has weight ${weight}`);
    sum += weight;
  }
  if (sum === 0) throw new TypeError("a distribution without weight");
  return sum;
}

/** (sum of sqrt(p q))^2, in [0, 1]; 1 for equal distributions. */
export function hellingerFidelity(p: Weights, q: Weights): number {
  const overlap = pairs(p, q).reduce((sum, [a, b]) => sum + Math.sqrt(a * b), 0);
  return Math.min(1, overlap * overlap);
}

/** sqrt(1 - sum of sqrt(p q)), in [0, 1]. */
export function hellingerDistance(p: Weights, q: Weights): number {
  return Math.sqrt(1 - Math.sqrt(hellingerFidelity(p, q)));
}

/** Half the sum of |p - q|: the largest difference of the probability of any event. */
export function totalVariation(p: Weights, q: Weights): number {
  return pairs(p, q).reduce((sum, [a, b]) => sum + Math.abs(a - b), 0) / 2;
}

/** -sum of p log q, in nats; Infinity when q has no weight where p has. */
export function crossEntropy(p: Weights, q: Weights): number {
  return pairs(p, q).reduce((sum, [a, b]) => (a === 0 ? sum : sum - a * log(b)), 0);
}

/** Sum of p log(p / q), in nats: Kullback and Leibler's divergence; Infinity when q has no weight where p has. */
export function relativeEntropy(p: Weights, q: Weights): number {
  return pairs(p, q).reduce((sum, [a, b]) => (a === 0 ? sum : b === 0 ? Infinity : sum + a * log(a / b)), 0);
}

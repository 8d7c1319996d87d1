/** Statistics of outcomes: intervals, resampling, distances, tests. */
export {
  type BootstrapOptions,
  bca,
  bootstrap,
  quantile,
  resample,
  resampleCounts,
  type Statistic,
} from "./bootstrap.ts";
export { type ChiSquare, chiSquareFit, chiSquareTail } from "./chi-square.ts";
export {
  crossEntropy,
  hellingerDistance,
  hellingerFidelity,
  relativeEntropy,
  totalVariation,
  type Weights,
} from "./distance.ts";
export { clopperPearson, type Interval, wilson } from "./interval.ts";
export { chiSquareCritical, chiSquarePower } from "./power.ts";
export { type PropagateOptions, propagate, propagateInterval, type Uncertain } from "./propagate.ts";
export { betaQuantile, incompleteBeta, logGamma, normalCdf, normalQuantile, upperGamma } from "./special.ts";

/** Density matrices of noisy circuits: shots, whole distributions, expectation values. */
export { densityDistribution } from "./exact.ts";
export { densityFast, Transfers } from "./fast.ts";
export { densityOracle } from "./oracle.ts";
export { densityShots } from "./shots.ts";
export type { DensityEngine, DensityState, Tick } from "./state.ts";
export { workOf } from "./transfer.ts";

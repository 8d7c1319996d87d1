/** Gradients of observables in the parameters of a circuit. */
export type { GradientEstimate } from "./evaluate.ts";
export {
  type CircuitGradient,
  circuitGradient,
  type Estimated,
  estimateGradient,
  type GradientOptions,
  gradientEvaluations,
} from "./gradient.ts";
export { parseObservable } from "./observable.ts";
export { type CircuitParameter, gateAngles, inputAngles, type ParameterUse } from "./parameters.ts";

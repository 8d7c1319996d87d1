/** Gradients of observables in the parameters of a circuit. */
export {
  type CircuitGradient,
  circuitGradient,
  type Estimated,
  type GradientOptions,
  gradientEvaluations,
} from "./gradient.ts";
export { parseObservable } from "./observable.ts";
export { type CircuitParameter, gateAngles, inputAngles, type ParameterUse } from "./parameters.ts";

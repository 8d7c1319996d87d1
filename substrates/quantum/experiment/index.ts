/** One experiment as a whole: a circuit's text with engine, precision, inputs, noise and observables. */
export {
  type AskedObservable,
  EXPERIMENT_ENGINES,
  EXPERIMENT_KEYS,
  type ExperimentEngine,
  type ExperimentNoise,
  type ExperimentOptions,
  readExperimentOptions,
} from "./options.ts";
export { pauliNoiseOf } from "./pauli-noise.ts";
export { type ExperimentEstimate, estimateExperiment } from "./plan.ts";
export { type Experiment, prepareExperiment } from "./prepare.ts";
export { type ExperimentResult, type ExperimentRun, runExperiment } from "./run.ts";

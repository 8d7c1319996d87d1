/** Chooses where a job runs: catalogue, scores, signed decisions. */
export * from "./backend-offer.ts";
export { boundJobs, type JobClient } from "./bound-jobs.ts";
export * from "./decide.ts";
export { answerEstimate, type CircuitEstimate, estimateCircuit, requireFits } from "./estimate-circuit.ts";
export * from "./gradient-job.ts";
export { LiveCatalogue, type RegistryClient } from "./live-catalogue.ts";
export * from "./quantum-job.ts";
export { readCircuit, sourceText } from "./read-circuit.ts";
export * from "./score.ts";
export {
  type BoundJobs,
  decisionOf,
  followBound,
  type SchedulerParts,
  schedulerHandler,
} from "./service.ts";

/** Chooses where a job runs: catalogue, scores, signed decisions. */
export * from "./backend-offer.ts";
export * from "./decide.ts";
export * from "./quantum-job.ts";
export { readCircuit, sourceText } from "./read-circuit.ts";
export * from "./score.ts";
export { BOUND, type BoundJobs, decisionOf, type SchedulerParts, schedulerHandler } from "./service.ts";

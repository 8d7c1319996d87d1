/** Chooses where a job runs: catalogue, scores, signed decisions. */
export * from "./backend-offer.ts";
export * from "./decide.ts";
export * from "./quantum-job.ts";
export * from "./score.ts";

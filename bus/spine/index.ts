/** Realities: sequence, subscriptions, delivery, history and jobs. */

export { RECENT_AGE_US } from "./id-ring.ts";
export { JOB_STATES, resultsTopic, SEAL_TOPIC } from "./job.ts";
export { JOB_LIMITS, type JobLimits } from "./job-host.ts";
export type { Lane } from "./lane.ts";
export type { RealityEntry } from "./law-book.ts";
export * from "./laws.ts";
export * from "./outbox.ts";
export * from "./port.ts";
export { Reality } from "./reality.ts";
export type { RealityOptions } from "./reality-options.ts";
export type { RealityStats } from "./reality-stats.ts";
export * from "./spine.ts";
export * from "./turn.ts";

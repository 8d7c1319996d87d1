/** Realities: sequence, subscriptions, delivery, history and jobs. */

export { RECENT_AGE_US } from "./id-ring.ts";
export type { JobRecord, Worker } from "./job.ts";
export { JOB_STATES, resultsTopic, SEAL_TOPIC } from "./job.ts";
export { JOB_LIMITS, type JobLimits } from "./job-host.ts";
export { LEASE_TOPIC } from "./job-messages.ts";
export type { Lane } from "./lane.ts";
export { LawBook, type RealityEntry } from "./law-book.ts";
export * from "./laws.ts";
export * from "./outbox.ts";
export * from "./port.ts";
export { Reality } from "./reality.ts";
export type { RealityOptions } from "./reality-options.ts";
export type { RealityStats } from "./reality-stats.ts";
export { BLOCK } from "./sequencer.ts";
export * from "./spine.ts";
export * from "./turn.ts";

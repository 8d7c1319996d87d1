/** Where a bus keeps what must survive: the engine contract and the engines that keep it. */
export * from "./engine.ts";
export { type CrashModel, type FaultEngine, faultEngine } from "./fault-engine.ts";
export type { FaultRates } from "./faults.ts";

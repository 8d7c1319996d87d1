/** Where a bus keeps what must survive: the engine contract and the engines that keep it. */

export { BatchBuilder, type Digest, type Mark } from "./batch.ts";
export type { Disk, DiskFile, OpenMode } from "./disk.ts";
export * from "./engine.ts";
export { type CrashModel, type FaultEngine, faultEngine } from "./fault-engine.ts";
export type { FaultRates } from "./faults.ts";
export { type FileKey, type FileKeys, wrappingKeys } from "./file-keys.ts";
export { nodeDisk } from "./node-disk.ts";
export { logDirectory, openSegmentEngine, type SegmentEngineOptions } from "./segment-engine.ts";
export type { SegmentLimits } from "./segment-log.ts";
export { type DiskFaults, SimulatedDisk } from "./simulated-disk.ts";
export { threadDigest } from "./thread-digest.ts";

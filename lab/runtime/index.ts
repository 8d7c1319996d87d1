/** The one door: `execute(op, ctx)`, the plugins behind it, and the runs that become artifacts. */
export { beforeDoor, type Refuser } from "./before-door.ts";
export type { CalibrationSource, Injected } from "./calibration.ts";
export { capsuleSha256 } from "./capsule.ts";
export { discoverPlugins } from "./discovery.ts";
export { calibrate, type ExecContext, execute } from "./door.ts";
export { type DraftExtras, draftOf, programFile, rfc3339 } from "./draft.ts";
export type { Compensation, Execution, Refusal } from "./execution.ts";
export { HopWatch } from "./hops.ts";
export * from "./operation.ts";
export { type PermitClaims, PermitVerifier, signPermit } from "./permit-token.ts";
export * from "./plugin.ts";
export * from "./policy.ts";
export { PluginRegistry } from "./registry.ts";
export { Run, type RunInfo } from "./run.ts";
export { sealRun } from "./seal.ts";
export { DUTIES, type Duty, type Span } from "./span.ts";
export type { RuntimeLimits } from "./validation.ts";
export * from "./work.ts";

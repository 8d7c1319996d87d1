/** Errors, ids, clock and randomness interfaces, bytes and canonical JSON: what every other room stands on. */
export * from "./bytes.ts";
export * from "./clock.ts";
export * from "./digest.ts";
export { ERRORS, type ErrorCode, type ErrorKind } from "./error-table.ts";
export * from "./errors.ts";
export * from "./figures.ts";
export * from "./json.ts";
export * from "./labels.ts";
export * from "./loopback.ts";
export * from "./philox.ts";
export * from "./qasm-version.ts";
export * from "./system.ts";
export * from "./text-buffer.ts";
export * from "./trace.ts";
export * from "./uuid.ts";

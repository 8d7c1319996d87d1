/** The edge: listeners, upgrade, authentication, capabilities, limits and audit of refusals. */
export * from "./access.ts";
export { type AuditRecord, type AuditSink, BoundedAudit } from "./audit.ts";
export { JSON_SUBPROTOCOL } from "./json-messages.ts";
export { SHIELD_LIMITS, type ShieldLimits } from "./limits.ts";
export type { ByteStream, Listener, Net, StreamHandler } from "./net.ts";
export { nodeNet } from "./node-net.ts";
export type { Session } from "./session.ts";
export * from "./shield.ts";
export * from "./tls/index.ts";

/** What the gateway allows its callers, beside what the bus allows them. */

/** Limits of a gateway. */
export interface GatewayLimits {
  /** Largest request body. */
  readonly bodyBytes: number;
  /** From the first byte of a connection to a whole request head, and again from there to the end of the body. */
  readonly receiveMs: number;
  /** Longest `wait_ms` of GetJob. */
  readonly waitMs: number;
  /** Longest deadline a caller may ask for, and longest watch. */
  readonly callMs: number;
  /** Silence after which a connection without calls is closed. */
  readonly idleMs: number;
  readonly maxSockets: number;
  /** Calls at the same time on one HTTP/2 connection. */
  readonly maxStreams: number;
  /** Calls at the same time with one API key. */
  readonly maxCallsPerKey: number;
  /** API keys with a connection to the bus at the same time. */
  readonly maxKeys: number;
  /** Origins of web pages that may call, beside those of this machine. */
  readonly allowedOrigins: readonly string[];
}

export const GATEWAY_LIMITS: GatewayLimits = {
  bodyBytes: 2_097_152,
  receiveMs: 30_000,
  waitMs: 60_000,
  callMs: 3_600_000,
  idleMs: 60_000,
  maxSockets: 512,
  maxStreams: 100,
  maxCallsPerKey: 64,
  maxKeys: 64,
  allowedOrigins: [],
};

/** What one server allows its clients. */
import { LIMITS } from "@arqon/core/wire";

/** Limits of the Shield. */
export interface ShieldLimits {
  readonly frameBytes: number;
  readonly helloFrameBytes: number;
  /** From the first byte to an accepted hello. */
  readonly helloTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerPrincipal: number;
  /** Bytes that may wait for one connection. */
  readonly outboundBytes: number;
  /** What a client that agreed on credit may publish before it is granted more. */
  readonly publishMessages: number;
  readonly publishBytes: number;
  /** Publications of one connection; Infinity: not limited. */
  readonly messagesPerS: number;
  readonly bytesPerS: number;
  /** Origins of web pages that may connect, beside those of this machine, e.g. "https://lab.example". */
  readonly allowedOrigins: readonly string[];
}

export const SHIELD_LIMITS: ShieldLimits = {
  frameBytes: LIMITS.frameBytes,
  helloFrameBytes: LIMITS.helloFrameBytes,
  helloTimeoutMs: LIMITS.helloTimeoutMs,
  heartbeatMs: LIMITS.heartbeatMs,
  maxConnections: 16_384,
  maxConnectionsPerPrincipal: 16_384,
  outboundBytes: 8_388_608,
  publishMessages: 8_192,
  publishBytes: 8_388_608,
  messagesPerS: Number.POSITIVE_INFINITY,
  bytesPerS: Number.POSITIVE_INFINITY,
  allowedOrigins: [],
};

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether a page of this origin may connect: none, one of this machine, or one that is listed. */
export function originAllowed(
  origin: string | undefined,
  limits: Pick<ShieldLimits, "allowedOrigins">,
): boolean {
  if (origin === undefined || limits.allowedOrigins.includes(origin)) return true;
  try {
    return LOOPBACK.has(new URL(origin).hostname);
  } catch {
    return false;
  }
}

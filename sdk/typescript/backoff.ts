/** When to try a lost connection again. */
import type { Entropy } from "@arqon/core/base";

/** How a lost connection is restored. */
export interface ReconnectPolicy {
  /** Bound of the first delay. Default 200 ms. */
  readonly firstDelayMs?: number;
  /** Bound of every delay. Default 10 s. */
  readonly maxDelayMs?: number;
  /** Attempts in a row before giving up. Default: no limit. */
  readonly maxAttempts?: number;
}

/**
 * Delay before attempt `attempt` (0, 1, 2 ...): a random part of a bound that doubles, so that many clients of a
 * restarted server do not come back at the same moment.
 * @returns milliseconds between half of the bound and the bound.
 */
export function backoffMs(attempt: number, policy: ReconnectPolicy, entropy: Entropy): number {
  const bound = Math.min(
    policy.maxDelayMs ?? 10_000,
    (policy.firstDelayMs ?? 200) * 2 ** Math.min(attempt, 30),
  );
  const [high = 0, low = 0] = entropy(2);
  return (bound / 2) * (1 + (high * 256 + low) / 65_536);
}

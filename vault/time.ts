import type { Clock } from "@arqon/core/base";

/** The clock's time as RFC 3339, UTC, in milliseconds. */
export function isoTime(clock: Clock): string {
  return new Date(Math.floor(clock.nowUs() / 1000)).toISOString();
}

import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

test("delays double up to their bound and chance moves them within the upper half", () => {
  const policy = { firstDelayMs: 100, maxDelayMs: 1000 };
  const least = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
  const most = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes).fill(255);
  expect([0, 1, 2, 3, 4, 99].map((n) => backoffMs(n, policy, least))).toEqual([50, 100, 200, 400, 500, 500]);
  expect(backoffMs(4, policy, most)).toBeGreaterThan(999);
  expect(backoffMs(4, policy, most)).toBeLessThanOrEqual(1000);
});

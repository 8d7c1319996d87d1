import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hybridCounter, hybridMs, MAX_AHEAD_MS, tick, tickAfter } from "./index.ts";

describe("hybrid logical clock", () => {
  const node = fc.record({
    skewMs: fc.integer({ min: -20_000, max: 20_000 }),
    jumpsMs: fc.array(fc.integer({ min: -2_000, max: 2_000 }), { minLength: 40, maxLength: 40 }),
  });

  test("goes up along every path of messages and stays within the skew of the clocks", () => {
    fc.assert(
      fc.property(
        fc.array(node, { minLength: 2, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.boolean()), { minLength: 40, maxLength: 40 }),
        (nodes, steps) => {
          const last = nodes.map(() => 0n);
          let fastest = 0;
          steps.forEach(([a, b, restarts], step) => {
            const at = a % nodes.length;
            const from = b % nodes.length;
            const { skewMs, jumpsMs } = nodes[at] as { skewMs: number; jumpsMs: number[] };
            const nowMs = 1_767_225_600_000 + 10 * step + skewMs + (jumpsMs[step] as number);
            fastest = Math.max(fastest, nowMs);
            const before = last[at] as bigint;
            const received = last[from] as bigint;
            // A restart keeps nothing but the largest time that was written down.
            const next = at === from || restarts ? tick(before, nowMs) : tickAfter(before, received, nowMs);
            expect(next > before).toBe(true);
            if (at !== from && !restarts) expect(next > received).toBe(true);
            expect(hybridMs(next)).toBeGreaterThanOrEqual(nowMs);
            expect(hybridMs(next)).toBeLessThanOrEqual(fastest);
            last[at] = next;
          });
        },
      ),
    );
  });

  test("a full counter carries into the milliseconds", () => {
    let time = tick(0n, 5);
    for (let i = 0; i < 65_536; i++) time = tick(time, 5);
    expect([hybridMs(time), hybridCounter(time)]).toEqual([6, 0]);
  });

  test("a time too far ahead is refused and taken over by nobody", () => {
    const far = tick(0n, 1_000_001 + MAX_AHEAD_MS);
    expect(() => tickAfter(0n, far, 1_000_000)).toThrow("60001 ms ahead");
    expect(hybridMs(tickAfter(0n, far, 1_000_001))).toBe(1_000_001 + MAX_AHEAD_MS);
  });

  test("a clock that is no clock is a mistake", () => {
    expect(() => tick(0n, Number.NaN)).toThrow(TypeError);
    expect(() => tick(0n, 2 ** 48)).toThrow(TypeError);
  });
});

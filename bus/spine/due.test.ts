import { ManualTime } from "@arqon/core/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DueQueue } from "./due.ts";

test("every value falls due once, not before its time, and in order", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 50, noNaN: true })), (times) => {
      const time = new ManualTime();
      const seen: number[] = [];
      const queue = new DueQueue<number>(time, time, (atMs) => {
        expect(time.monotonicMs()).toBeGreaterThanOrEqual(atMs);
        seen.push(atMs);
      });
      for (const atMs of times) queue.add(atMs, atMs);
      for (let i = 0; i < 60; i++) time.advance(1);
      expect(seen).toHaveLength(times.length);
      expect(seen.map(Math.ceil)).toEqual(seen.map(Math.ceil).sort((a, b) => a - b));
    }),
  );
});

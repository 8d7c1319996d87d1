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

test("values that mean nothing any more do not pile up until their time, and a closed queue takes none", () => {
  const time = new ManualTime();
  const seen: number[] = [];
  const alive = (value: number) => value % 100 === 0;
  const queue = new DueQueue<number>(time, time, (value) => seen.push(value), alive);
  for (let value = 0; value < 100_000; value++) queue.add(1_000_000 - value, value);
  expect(queue.size).toBeLessThan(4_096);
  time.advance(1_000_000);
  expect(seen.filter(alive)).toEqual(Array.from({ length: 1_000 }, (_, i) => 99_900 - i * 100));
  queue.close();
  queue.add(1, 1);
  expect(queue.size).toBe(0);
});

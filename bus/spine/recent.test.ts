import { expect, test } from "vitest";
import { RecentIds } from "./recent.ts";

test("an id is known while its append is under way, and its repetition hears the outcome", () => {
  const recent = new RecentIds();
  const heard: number[] = [];
  const check = (id: string) => recent.check(id, 1, (sequence) => heard.push(sequence));
  expect(check("a")).toBe(false);
  recent.add("a", 1);
  expect(check("a")).toBe(true);
  expect(heard).toEqual([]);
  recent.settle("a", 7);
  expect(check("a")).toBe(true);
  expect(heard).toEqual([7, 7]);
});

test("an id whose append failed may be used again", () => {
  const recent = new RecentIds();
  recent.add("a", 1);
  recent.settle("a", 0);
  expect(recent.check("a", 1, () => {})).toBe(false);
});

test("the oldest ids are forgotten by number and by age", () => {
  const recent = new RecentIds(3, 100);
  for (let i = 0; i < 5; i++) recent.add(String(i), i, i + 1);
  expect(recent.size).toBe(3);
  expect(recent.check("0", 5, () => {})).toBe(false);
  expect(recent.check("4", 5, () => {})).toBe(true);
  expect(recent.check("4", 500, () => {})).toBe(false);
});

test("a full window costs no more than an empty one", () => {
  const recent = new RecentIds(20_000);
  let next = 0;
  const run = (count: number): number => {
    const startMs = performance.now();
    for (let i = 0; i < count; i++) {
      const id = String(next++);
      recent.check(id, next, () => {});
      recent.add(id, next, next);
    }
    return performance.now() - startMs;
  };
  run(5_000);
  const filling = run(15_000);
  expect(run(150_000) / 10).toBeLessThan(Math.max(20, 5 * filling));
  expect(recent.size).toBe(20_000);
});

test("refused ids do not pile up", () => {
  const recent = new RecentIds(10);
  for (let i = 0; i < 100; i++) {
    recent.add(String(i), 1);
    recent.settle(String(i), 0);
  }
  recent.add("kept", 1, 5);
  expect(recent.size).toBe(1);
  for (let i = 0; i < 20; i++) recent.add(`open${i}`, 1);
  expect(recent.check("open0", 1, () => {})).toBe(true);
});

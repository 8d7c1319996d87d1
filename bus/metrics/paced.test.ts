import { ManualTime } from "@arqon/core/base";
import { expect, test } from "vitest";
import { Paced } from "./paced.ts";

test("figures are gathered anew for whoever asks now and then, and at a bounded rate in a flood", () => {
  const time = new ManualTime();
  let gathered = 0;
  const paced = new Paced(time, 10, () => ++gathered);
  expect([paced.get(), paced.get(), paced.get()]).toEqual([1, 2, 3]);
  for (let i = 0; i < 1_000; i++) paced.get();
  expect(gathered).toBe(10);
  time.advance(100);
  expect([paced.get(), paced.get()]).toEqual([11, 11]);
  time.advance(10_000);
  for (let i = 0; i < 1_000; i++) paced.get();
  expect(gathered).toBe(21);
});

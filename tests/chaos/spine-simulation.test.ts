import { expect, test } from "vitest";
import { live } from "./spine-world.ts";

/** More with SEEDS=10000, another stretch with FIRST_SEED. */
const FIRST = Number(process.env["FIRST_SEED"] ?? 1);
const SEEDS = Number(process.env["SEEDS"] ?? 100);

test(
  `in ${SEEDS} seeded lives nothing acknowledged is lost, nothing is delivered twice or out of order, no job ends twice`,
  async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const wrong = await live(seed);
      expect(wrong, `seed ${seed}`).toEqual([]);
    }
  },
  120_000 + SEEDS * 1_000,
);

test("a seed repeats its life", async () => {
  expect(await live(7)).toEqual(await live(7));
});

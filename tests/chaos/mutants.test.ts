import { describe, expect, test } from "vitest";
import { MUTANTS } from "./mutant-table.ts";
import { runMutant } from "./mutants.ts";

/** Enough for every planted bug with some to spare: `node tests/chaos/mutants.ts` prints how many each took. */
const SEEDS = 600;

describe("the simulated world", () => {
  test.each(MUTANTS.map(({ what }, index) => ({ what, index })))(
    "notices a planted bug: $what",
    ({ index }) => {
      expect(runMutant(index, SEEDS)).toHaveProperty("wrong");
    },
  );

  test("notices nothing where nothing is planted", () => {
    expect(runMutant(-1, 20)).toEqual({ seeds: 20 });
  });
});

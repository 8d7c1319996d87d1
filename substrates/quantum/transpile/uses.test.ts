import { createRandom } from "@arqon/core/base";
import { expect, test } from "vitest";
import { costOf, type Item, type One, type Zz } from "./item.ts";
import { gateMatrix } from "./one-qubit.ts";
import { synthesize, unitaryOf } from "./two-qubit.ts";
import { mayTakeFewer } from "./uses.ts";

test("what synthesis makes shorter is never ruled out, and most of what it cannot is", () => {
  const random = createRandom(5n);
  let [ruledOut, cannot] = [0, 0];
  for (let i = 0; i < 2000; i++) {
    const items: (One | Zz)[] = [];
    const uses = 2 + (i % 2);
    for (let k = 0; k < uses; k++) {
      for (const qubit of [0, 1]) {
        const angles = Array.from({ length: 3 }, () =>
          random.nextDouble() < 0.6
            ? (Math.floor(8 * random.nextDouble()) * Math.PI) / 4
            : 6 * random.nextDouble(),
        );
        items.push({ kind: "one", qubit, matrix: gateMatrix("u", angles) });
      }
      items.push({ kind: "zz", a: 0, b: 1, angle: Math.PI / 2 });
    }
    const unitary = unitaryOf(items, 0);
    const made = synthesize(unitary, 0, 1, false) as readonly Item[];
    const fewer = made.reduce((sum, item) => sum + costOf(item, false), 0) < uses;
    if (fewer) expect(mayTakeFewer(unitary, uses)).toBe(true);
    else {
      cannot++;
      if (!mayTakeFewer(unitary, uses)) ruledOut++;
    }
  }
  expect(cannot).toBeGreaterThan(500);
  expect(ruledOut / cannot).toBeGreaterThan(0.95);
});

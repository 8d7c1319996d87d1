/** Whatever a notebook hands to a circuit is refused by code: what a type checker would have said is not there to say it. */
import { ArqonError } from "@arqon/core/base";
import { expect, test } from "vitest";
import { quantumCircuit } from "./index.ts";

const JUNK: readonly unknown[] = [
  ...[
    undefined,
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    1.5,
    2 ** 53,
    0,
    1,
    "0",
    "",
    "x",
    "100ns",
    {},
    [],
  ],
  ...[
    [0],
    [0, 0],
    [0, 1],
    [[1]],
    [null],
    true,
    5n,
    () => {},
    new Date(0),
    { length: 5 },
    new Float64Array(8),
  ],
];
const METHODS =
  "h cx ccx rz u cu measure reset barrier delay when ifTest mcx unitary gphase append compose inverse control power depth countOps";

test.each(METHODS.split(" "))("%s takes what it can and refuses the rest by code", (method) => {
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let k = 0; k < 300; k++) {
    const given = Array.from({ length: next(5) }, () => JUNK[next(JUNK.length)]);
    const circuit = quantumCircuit(3, 2) as unknown as Record<string, (...given: unknown[]) => unknown>;
    try {
      circuit[method]?.(...given);
    } catch (thrown) {
      expect(thrown, `${method}(${given.map(String).join(", ")})`).toBeInstanceOf(ArqonError);
    }
  }
});

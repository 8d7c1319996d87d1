import type { Json } from "@arqon/core/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { orderedJson } from "./ordered-json.ts";

test("counts stand in the order of their keys, other objects as they are", () => {
  const text = orderedJson({ seed: "0x1", counts: { "11": 1, "00": 2, "10": 3, "01 0": 4 }, backend: "b" });
  expect(text.match(/"[^"]+"(?=:)/g)).toEqual([
    '"seed"',
    '"counts"',
    '"00"',
    '"01 0"',
    '"10"',
    '"11"',
    '"backend"',
  ]);
});

test("it is the indented JSON of JavaScript wherever that keeps the order", () => {
  const word = fc.string({ minLength: 1 }).filter((key) => !/^[0-9]/.test(key) && key !== "__proto__");
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree")),
      fc.dictionary(word, tie("tree"), { noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(orderedJson(value as Json)).toBe(JSON.stringify(value, null, 2));
    }),
  );
});

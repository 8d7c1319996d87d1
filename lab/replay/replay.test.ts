import {
  canonicalJson,
  type Json,
  ManualTime,
  systemClock,
  systemEntropy,
  uuidv7Generator,
} from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Comparison } from "./comparison.ts";
import { distanceOf, fieldDifferences } from "./difference.ts";
import { Growth } from "./growth.ts";
import { ReplayInput } from "./input.ts";
import { coveringFilter } from "./live.ts";
import type { DeterministicOperator } from "./operator.ts";
import { canonicalOutput, eventOf, OutputChain, outputId } from "./output.ts";
import { overridden, parseOverride } from "./override.ts";
import { Pace } from "./pace.ts";
import { Step } from "./step.ts";

const newId = uuidv7Generator(systemClock, systemEntropy);
const nobody = { external: async (): Promise<Json> => null, wake: () => {} };
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);

const dice: DeterministicOperator = {
  id: "dice",
  inputs: ["lab.in.roll"],
  start: () => (input, context) => {
    for (let i = 0; i < 3; i++)
      context.publish("lab.out.rolled", {
        roll: context.random(),
        side: context.randomInt(6),
        us: context.now(),
      });
    if (input.topic === "lab.in.loop") context.publish("lab.in.roll", 1);
  },
};

function roll(id = newId(), topic = "lab.in.roll"): ReplayInput {
  return new ReplayInput(eventOf({ id, topic, cause: "" }, 1), {
    sequence: 5,
    timeUs: 1_767_225_600_000_000,
  });
}

describe("a step of an operator", () => {
  test("depends on seed, operator and message, and on nothing else", async () => {
    const input = roll();
    const given = async (
      operator: DeterministicOperator,
      seed: bigint,
      one: ReplayInput,
    ): Promise<string[]> => (await new Step(operator, seed, nobody).handle(one)).map(canonicalOutput);
    const first = await given(dice, 7n, input);
    expect(await given(dice, 7n, input)).toEqual(first);
    expect(await given(dice, 8n, input)).not.toEqual(first);
    expect(await given({ ...dice, id: "other" }, 7n, input)).not.toEqual(first);
    expect(await given(dice, 7n, roll())).not.toEqual(first);
    expect(new Set(first).size, "each draw is another one").toBe(3);
  });

  test("draws the same for a message whatever was handled before", async () => {
    const [a, b] = [roll(), roll()];
    const one = new Step(dice, 7n, nobody);
    await one.handle(a);
    expect((await one.handle(b)).map(canonicalOutput)).toEqual(
      (await new Step(dice, 7n, nobody).handle(b)).map(canonicalOutput),
    );
  });

  test("names its outputs after their message, so that nothing is published twice", async () => {
    const input = roll();
    const outputs = await new Step(dice, 7n, nobody).handle(input);
    expect(outputs.map(({ id }) => id)).toEqual([0, 1, 2].map((i) => outputId("dice", input.id, i)));
    expect(outputs.every(({ cause }) => cause === input.id)).toBe(true);
  });

  test("refuses what could not be replayed", async () => {
    const step = new Step(dice, 7n, nobody);
    await expect(step.handle(roll(newId(), "lab.in.loop"))).rejects.toThrow("would answer itself");
    let kept: (() => void) | undefined;
    const late: DeterministicOperator = {
      ...dice,
      start: () => (_, context) => {
        kept = () => context.publish("lab.out.late", 1);
        expect(() => context.wake("tick", 1)).toThrow("does not say so");
      },
    };
    await new Step(late, 7n, nobody).handle(roll());
    expect(() => kept?.()).toThrow("after it was handled");
  });
});

describe("the chain of outputs", () => {
  test("changes with every field that counts, and with order", () => {
    const cause = newId();
    const base = { id: newId(), topic: "lab.out.x", cause, schema: "s" };
    const head = (...messages: ReturnType<typeof eventOf>[]): string => {
      const chain = new OutputChain();
      for (const one of messages) chain.add(canonicalOutput(one));
      return chain.head;
    };
    const a = eventOf(base, { x: 1 });
    expect(head(eventOf({ ...base, id: newId() }, { x: 1 })), "ids, clocks, sequences do not count").toBe(
      head(a),
    );
    const others = [
      eventOf(base, { x: 2 }),
      eventOf(base, '{"x":1}'),
      eventOf({ ...base, topic: "lab.out.y" }, { x: 1 }),
      eventOf({ ...base, schema: "t" }, { x: 1 }),
      eventOf({ ...base, cause: newId() }, { x: 1 }),
    ];
    for (const other of others) {
      expect(head(other)).not.toBe(head(a));
      expect(head(a, other)).not.toBe(head(other, a));
    }
  });

  test("does not depend on the order in which keys were written", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        const at = { id: newId(), topic: "lab.out.x", cause: "" };
        if (!canUse(value)) return;
        expect(canonicalOutput(eventOf(at, turned))).toBe(canonicalOutput(eventOf(at, value)));
      }),
    );
  });
});

describe("differences", () => {
  test("there are none exactly where the canonical texts are the same", () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        if (!canUse(a) || !canUse(b)) return;
        expect(fieldDifferences(a, b).length === 0).toBe(canonicalJson(a) === canonicalJson(b));
        expect(fieldDifferences(a, a)).toEqual([]);
        expect(distanceOf(a, b)).toBe(distanceOf(b, a));
      }),
    );
  });

  test("a field may be named as what every object has", () => {
    expect(fieldDifferences({ toString: 1 }, {})).toEqual([{ pointer: "/toString", recorded: 1 }]);
    expect(fieldDifferences({}, { valueOf: null })).toEqual([{ pointer: "/valueOf", replayed: null }]);
  });

  test("are named by pointer, and measured over the numbers both have", () => {
    expect(fieldDifferences({ "a/b": [1, { c: 2 }], d: 1 }, { "a/b": [1, { c: 3 }], e: 1 })).toEqual([
      { pointer: "/a~1b/1/c", recorded: 2, replayed: 3 },
      { pointer: "/d", recorded: 1 },
      { pointer: "/e", replayed: 1 },
    ]);
    expect(distanceOf({ x: 1, y: [5], z: 1 }, { x: 4, y: [1], w: 9 })).toBe(5);
    expect(distanceOf({ x: "a" }, { x: "b" })).toBeUndefined();
  });

  test("an output that only one side has is told, with its place", () => {
    const place = { sequence: 9, timeUs: 1 };
    const message = eventOf({ id: newId(), topic: "lab.out.x", cause: newId() }, { x: 1 });
    const missing = new Comparison("a");
    missing.missing(message, 12, place);
    expect(missing.report(true)).toMatchObject({
      verdict: "DIVERGED",
      first: { kind: "missing", sequence: 12, index: 0 },
    });
    const extra = new Comparison("a");
    extra.extra({ message, cause: place });
    expect(extra.report(true)).toMatchObject({ verdict: "DIVERGED", differing: 1, first: { kind: "extra" } });
    const beyond = new Comparison("a");
    beyond.beyond();
    expect(beyond.report(true)).toMatchObject({ verdict: "IDENTICAL", beyond: 1 });
  });
});

describe("growth of a difference", () => {
  test("an exponential gives its exponent, until it saturates", () => {
    const growth = new Growth();
    for (let i = 0; i < 50_000; i++)
      growth.add({
        timeUs: 1_000_000 + 100_000 * i,
        index: i,
        distance: Math.min(1, 1e-9 * Math.exp(0.25 * i)),
      });
    const found = growth.lyapunov();
    expect(found?.perOutput).toBeCloseTo(0.25, 3);
    expect(found?.perSecond).toBeCloseTo(2.5, 2);
    expect(growth.series.length).toBeLessThan(1_000);
    expect(growth.largest).toBe(1);
  });

  test("what does not grow has none", () => {
    const growth = new Growth();
    for (let i = 0; i < 10; i++) growth.add({ timeUs: i, index: i, distance: 3 });
    expect(growth.lyapunov()).toBeUndefined();
  });
});

describe("overrides", () => {
  test("change what the pointer leads to, and only in messages of the filter", () => {
    const message = eventOf(
      { id: newId(), topic: "lab.config.set", cause: "" },
      { a: { "b/c": [1, 2] }, d: 1 },
    );
    const after = (text: string): Json =>
      new ReplayInput(overridden(message, [parseOverride(text)]), { sequence: 1, timeUs: 1 }).json();
    expect(after("lab.config.*#/a/b~1c/1=7")).toEqual({ a: { "b/c": [1, 7] }, d: 1 });
    expect(after('lab.>#="x"')).toBe("x");
    for (const nothing of ["lab.other.set#/d=2", "lab.>#/e=2", "lab.>#/a/b~1c/2=1", "lab.>#/d/0=1"])
      expect(overridden(message, [parseOverride(nothing)])).toBe(message);
  });

  test.each(["", "lab.x.y", "lab.x.y=1", "lab.x.y#/a", "lab.x.y#a=1", "lab.>.x#/a=1", "lab.x.y#/a={"])(
    "%j is refused",
    (text) => {
      expect(() => parseOverride(text)).toThrow(expect.objectContaining({ name: "ArqonError" }));
    },
  );
});

test("one filter covers all that an operator listens to", () => {
  expect(coveringFilter(["lab.a.x", "lab.a.y"])).toBe("lab.a.>");
  expect(coveringFilter(["lab.a.*"])).toBe("lab.a.*");
  expect(coveringFilter(["lab.a.x", "timer.op.>"])).toBe(">");
  expect(coveringFilter(["lab.*.x", "lab.*.y"])).toBe("lab.>");
  expect(coveringFilter(["lab.jobs", "lab.jobs.dlq"])).toBe("lab.>");
});

test("a replay at double speed takes half the time", async () => {
  const time = new ManualTime();
  const pace = new Pace(time, time, 2, undefined);
  await pace.until(1_000_000);
  let isDue = false;
  const due = pace.until(3_000_000).then(() => {
    isDue = true;
  });
  time.advance(999);
  await Promise.resolve();
  expect(isDue).toBe(false);
  time.advance(1);
  await due;
  expect(() => new Pace(time, time, 0, undefined)).toThrow("speed 0");
});

/** Whether the wire can carry it: no lone surrogates, no key named "__proto__". */
function canUse(value: Json): boolean {
  try {
    return !canonicalJson(value).includes("__proto__");
  } catch {
    return false;
  }
}

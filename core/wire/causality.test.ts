import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArqonError, createRandom, type Random } from "../base/index.ts";
import {
  CausalActor,
  CausalContext,
  type CausalStamp,
  compareStamps,
  covers,
  decodeVectorClock,
  encodeVectorClock,
  happenedBefore,
  MAX_PAST_ENTRIES,
  type VectorStamp,
} from "./index.ts";

/** The slow oracle: every event with the events it directly follows. */
class EventGraph {
  readonly #parents: number[][] = [];

  add(parents: readonly number[]): number {
    return this.#parents.push([...parents]) - 1;
  }

  /** Whether there is a way from `late` back to `early`. */
  leads(early: number, late: number): boolean {
    const seen = new Set<number>();
    const open = [...(this.#parents[late] as number[])];
    for (let event = open.pop(); event !== undefined; event = open.pop()) {
      if (event === early) return true;
      if (seen.has(event)) continue;
      seen.add(event);
      open.push(...(this.#parents[event] as number[]));
    }
    return false;
  }
}

interface Life {
  readonly graph: EventGraph;
  readonly stamps: CausalStamp[];
}

/** Actors number events for clients who have seen some of the events before; some clients keep few entries. */
function live(random: Random, actors: number, events: number, maxEntries: number): Life {
  const graph = new EventGraph();
  const stamps: CausalStamp[] = [];
  const partitions = Array.from({ length: actors }, (_, actor) => ({
    actor: new CausalActor(actor),
    last: -1,
  }));
  const clients = Array.from({ length: 4 }, () => ({
    context: new CausalContext(maxEntries),
    seen: new Set<number>(),
  }));
  for (let i = 0; i < events; i++) {
    const client = clients[random.nextInt(clients.length)] as (typeof clients)[number];
    if (stamps.length > 0 && random.nextInt(2) === 0) {
      const read = random.nextInt(stamps.length);
      client.context.observe(stamps[read] as CausalStamp);
      client.seen.add(read);
    }
    const partition = partitions[random.nextInt(actors)] as (typeof partitions)[number];
    // Numbers may be skipped, as they are after a crash.
    const counter = partition.actor.counter + 1 + random.nextInt(3);
    const stamp = partition.actor.stamp(client.context.past(), counter);
    const event = graph.add(partition.last < 0 ? [...client.seen] : [partition.last, ...client.seen]);
    stamps.push(stamp);
    partition.last = event;
    client.context.observe(stamp);
    client.seen.add(event);
  }
  return { graph, stamps };
}

function eachPair(life: Life, check: (a: number, b: number) => void): void {
  for (let a = 0; a < life.stamps.length; a++) for (let b = 0; b < life.stamps.length; b++) check(a, b);
}

describe("causality", () => {
  test("stamps order events as the graph of all events does", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), (seed, actors) => {
        const life = live(createRandom(BigInt(seed)), actors, 40, MAX_PAST_ENTRIES);
        const stamps = life.stamps.map((stamp) =>
          decodeVectorClock(encodeVectorClock({ ...stamp, time: 0n })),
        );
        eachPair(life, (a, b) => {
          const expected =
            a === b
              ? "equal"
              : life.graph.leads(a, b)
                ? "before"
                : life.graph.leads(b, a)
                  ? "after"
                  : "concurrent";
          expect(compareStamps(stamps[a] as CausalStamp, stamps[b] as CausalStamp)).toBe(expected);
        });
      }),
      { numRuns: 60 },
    );
  });

  test("a clock that had to leave entries out never tells an order that is not there", () => {
    let hidden = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const life = live(createRandom(BigInt(seed)), 12, 60, 3);
        eachPair(life, (a, b) => {
          const late = life.stamps[b] as CausalStamp;
          const told = happenedBefore((life.stamps[a] as CausalStamp).dot, late);
          const isBefore = life.graph.leads(a, b);
          if (told) expect(isBefore).toBe(true);
          else if (isBefore) {
            hidden++;
            expect(late.truncated).toBe(true);
          }
        });
      }),
      { numRuns: 40 },
    );
    expect(hidden, "the bound was never reached").toBeGreaterThan(0);
  });

  test("no past grows beyond 64 entries, and the one left out is the one that advanced longest ago", () => {
    const context = new CausalContext();
    for (let actor = 0; actor < MAX_PAST_ENTRIES; actor++) context.merge(one(actor, 1));
    context.merge(one(0, 2));
    expect(context.past().truncated).toBe(false);
    context.merge(one(1000, 1));
    const past = context.past();
    expect(past.entries).toHaveLength(MAX_PAST_ENTRIES);
    expect(past.truncated).toBe(true);
    expect(covers(past, { actor: 0, counter: 2 })).toBe(true);
    expect(covers(past, { actor: 1, counter: 1 })).toBe(false);
  });

  test("pruning forgets what everybody has seen, and keeps what is newer", () => {
    const context = new CausalContext();
    context.merge({
      entries: [
        { actor: 1, counter: 5 },
        { actor: 2, counter: 9 },
      ],
      truncated: false,
    });
    context.prune({
      entries: [
        { actor: 1, counter: 5 },
        { actor: 2, counter: 8 },
      ],
      truncated: false,
    });
    expect(context.past()).toEqual({ entries: [{ actor: 2, counter: 9 }], truncated: true });
  });

  test("an actor gives no number twice, also after a restart", () => {
    const actor = new CausalActor(3, 17);
    expect(actor.stamp(one(3, 16)).dot).toEqual({ actor: 3, counter: 18 });
    expect(() => actor.stamp(one(4, 1), 18)).toThrow(TypeError);
  });
});

describe("vector clock on the wire", () => {
  const counter = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const stamp: fc.Arbitrary<VectorStamp> = fc
    .record({
      actors: fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 65 }),
      counters: fc.array(counter, { minLength: 65, maxLength: 65 }),
      truncated: fc.boolean(),
      time: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    })
    .map(({ actors: [own = 0, ...others], counters, truncated, time }) => ({
      dot: { actor: own, counter: counters[64] as number },
      entries: others.sort((a, b) => a - b).map((actor, i) => ({ actor, counter: counters[i] as number })),
      truncated,
      time,
    }));

  test("every stamp comes back as it was", () => {
    fc.assert(
      fc.property(stamp, (one) => {
        expect(decodeVectorClock(encodeVectorClock(one))).toEqual(one);
      }),
    );
  });

  test("any other bytes are refused by name", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        try {
          decodeVectorClock(bytes);
        } catch (thrown) {
          expect(ArqonError.from(thrown).code).toBe("WIRE_MALFORMED");
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["unsorted", [2, 1]],
    ["repeated", [1, 1]],
    ["with the actor of the dot", [7]],
    ["too many", Array.from({ length: 65 }, (_, i) => i + 10)],
  ])("entries that are %s are refused", (_, actors) => {
    const bytes = encodeVectorClock({
      dot: { actor: 7, counter: 1 },
      entries: actors.map((actor) => ({ actor, counter: 1 })),
      truncated: false,
      time: 0n,
    });
    expect(() => decodeVectorClock(bytes)).toThrow("vector clock: ");
  });
});

function one(
  actor: number,
  counter: number,
): { entries: { actor: number; counter: number }[]; truncated: boolean } {
  return { entries: [{ actor, counter }], truncated: false };
}

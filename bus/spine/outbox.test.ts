import { createRandom } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Press } from "../kernel/index.ts";
import { Outbox } from "./outbox.ts";
import { Turn } from "./turn.ts";

/** Readers that stall at random beside one that never does, all fed the same messages through shared sheets. */
function feed(seed: number, messages: number, maxBytes: number) {
  const random = createRandom(BigInt(seed));
  const press = new Press();
  const turns: (() => void)[] = [];
  const turn = new Turn((call) => turns.push(call));
  const readers = [0, 1, 2].map((index) => {
    const reader = { got: [] as Buffer[], held: [] as Uint8Array[], dropped: 0, overflowed: false, peak: 0 };
    const outbox = new Outbox(
      {
        write: (chunks) => {
          if (index === 0 || random.nextInt(3) > 0) {
            reader.got.push(...chunks.map((chunk) => Buffer.from(chunk)));
            return true;
          }
          reader.held = [...chunks];
          return false;
        },
      },
      turn,
      maxBytes,
      {
        dropped: (count) => {
          reader.dropped += count;
        },
        roomy: () => {},
        overflow: () => {
          reader.overflowed = true;
        },
      },
    );
    return { ...reader, reader, outbox };
  });
  const drain = ({ reader, outbox }: (typeof readers)[number]): void => {
    if (reader.held.length === 0) return;
    // Only now does the slow socket read the memory it was lent.
    reader.got.push(...reader.held.map((chunk) => Buffer.from(chunk)));
    reader.held = [];
    outbox.drained();
  };
  for (let i = 0; i < messages; i++) {
    const body = Buffer.alloc(4 + random.nextInt(20_000), i & 0xff);
    body.writeUInt32LE(i);
    press.ready(body);
    for (const { outbox, reader } of readers) {
      outbox.push(press, true);
      reader.peak = Math.max(reader.peak, outbox.bytes);
    }
    if (random.nextInt(3) === 0) while (turns.length > 0) turns.shift()?.();
    if (random.nextInt(6) === 0) drain(readers[1 + random.nextInt(2)] as (typeof readers)[number]);
  }
  for (let i = 0; i < 1_000; i++) {
    while (turns.length > 0) turns.shift()?.();
    for (const reader of readers) drain(reader);
  }
  return readers.map(({ reader }) => ({ ...reader, indexes: parse(Buffer.concat(reader.got)) }));
}

/** Numbers of the messages in a stream of frames, each checked to be whole and unmixed. */
function parse(stream: Buffer): number[] {
  const indexes: number[] = [];
  for (let at = 0; at < stream.length; ) {
    expect(stream[at]).toBe(0x82);
    const short = stream[at + 1] as number;
    const head = short < 126 ? 2 : 4;
    const length = short < 126 ? short : stream.readUInt16BE(at + 2);
    const body = stream.subarray(at + head, at + head + length);
    const index = body.readUInt32LE();
    expect(body.subarray(4).every((byte) => byte === (index & 0xff))).toBe(true);
    indexes.push(index);
    at += head + length;
  }
  return indexes;
}

describe("the outbox", () => {
  test("whatever stalls, every byte that is written belongs to its message, in order, and losses are counted", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        for (const { indexes, dropped, overflowed, peak } of feed(seed, 200, 150_000)) {
          for (let i = 1; i < indexes.length; i++)
            expect(indexes[i]).toBeGreaterThan(indexes[i - 1] as number);
          expect(indexes.length + dropped).toBe(200);
          expect(overflowed).toBe(false);
          expect(peak).toBeLessThan(150_000 + 1_048_576 + 20_000);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("what may not be left out ends the connection instead", () => {
    const press = new Press();
    let overflows = 0;
    const turn = new Turn(() => {});
    const outbox = new Outbox({ write: () => false }, turn, 10_000, {
      dropped: () => {},
      roomy: () => {},
      overflow: () => overflows++,
    });
    for (let i = 0; i < 20; i++) {
      press.ready(Buffer.alloc(1_000));
      outbox.push(press, false);
    }
    expect(overflows).toBeGreaterThan(0);
  });
});

test.each(["drop_newest", "drop_oldest", "disconnect"] as const)(
  "the law %s says what a stalled reader loses",
  (law) => {
    const press = new Press();
    const turns: (() => void)[] = [];
    const written: number[] = [];
    let overflows = 0;
    const outbox = new Outbox(
      {
        write: (chunks) => {
          for (const chunk of chunks)
            for (let at = 4; at < chunk.length; at += 1_004) written.push(chunk[at] as number);
          return false;
        },
      },
      new Turn((call) => turns.push(call)),
      20_000,
      { dropped: () => {}, overflow: () => overflows++, roomy: () => {} },
    );
    outbox.slowConsumer = law;
    for (let i = 0; i < 60; i++) {
      press.ready(new Uint8Array(1_000).fill(i));
      outbox.push(press, true);
      for (const call of turns.splice(0)) call();
    }
    expect(overflows > 0).toBe(law === "disconnect");
    for (let i = 0; i < 60; i++) outbox.drained();
    expect(written[0]).toBe(0);
    if (law === "disconnect") return;
    expect(outbox.droppedInAll).toBe(60 - written.length);
    expect(written).toEqual([...written].sort((a, b) => a - b));
    expect(written.includes(59)).toBe(law === "drop_oldest");
    expect(written.includes(3)).toBe(law === "drop_newest");
  },
);

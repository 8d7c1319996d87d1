import { createRequire } from "node:module";
import { ArqonError } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Deframer } from "./deframer.ts";
import { closeFrame, headerBytes, OPCODE, serverFrame } from "./frames.ts";
import { unmask } from "./mask.ts";

type Event = [kind: string, ...rest: unknown[]];

/** `ws`, as the oracle: its sender makes client frames, its receiver reads server frames. */
const { Receiver, Sender } = createRequire(import.meta.url)("ws") as {
  Receiver: new (options: object) => NodeJS.EventEmitter & { write(chunk: Uint8Array): boolean };
  Sender: {
    frame(data: Buffer, options: Record<string, unknown>): Buffer[];
  };
};

function clientFrame(opcode: number, payload: Uint8Array, fin = true): Buffer {
  const parts = Sender.frame(Buffer.from(payload), {
    fin,
    opcode,
    mask: true,
    readOnly: false,
    rsv1: false,
    maskBuffer: Buffer.alloc(4),
  });
  return Buffer.concat(parts);
}

function collect(maxBytes = 1 << 20): { events: Event[]; deframer: Deframer } {
  const events: Event[] = [];
  const deframer = new Deframer(maxBytes, {
    message: (bytes, text) => events.push(["message", Buffer.from(bytes).toString("hex"), text]),
    ping: (payload) => events.push(["ping", Buffer.from(payload).toString("hex")]),
    pong: (payload) => events.push(["pong", Buffer.from(payload).toString("hex")]),
    close: (code, reason) => events.push(["close", code, reason]),
  });
  return { events, deframer };
}

function closeCodeOfPush(bytes: Uint8Array, maxBytes?: number): unknown {
  try {
    collect(maxBytes).deframer.push(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ArqonError);
    return (error as ArqonError).details["close"];
  }
  return undefined;
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.integer({ min: 65_500, max: 66_000 }).map((length) => new Uint8Array(length).map((_, i) => i * 31)),
);
const small = fc.uint8Array({ maxLength: 125 });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A message in fragments, with control frames between them. */
const traffic = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("message" as const),
      parts: fc.array(payload, { minLength: 1, maxLength: 4 }),
      ping: small,
    }),
    fc.record({ kind: fc.constant("pong" as const), body: small }),
  ),
  { maxLength: 6 },
);

describe("the deframer", () => {
  test("reads what ws writes, fragmented and interleaved, however the bytes are split", () => {
    fc.assert(
      fc.property(
        traffic,
        fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 20 }),
        (items, cuts) => {
          const expected: Event[] = [];
          const frames: Buffer[] = [];
          for (const item of items) {
            if (item.kind === "pong") {
              frames.push(clientFrame(OPCODE.pong, item.body));
              expected.push(["pong", hex(item.body)]);
              continue;
            }
            item.parts.forEach((part, i) => {
              const last = i === item.parts.length - 1;
              frames.push(clientFrame(i === 0 ? OPCODE.binary : OPCODE.continuation, part, last));
              if (last) return;
              frames.push(clientFrame(OPCODE.ping, item.ping));
              expected.push(["ping", hex(item.ping)]);
            });
            expected.push(["message", hex(Buffer.concat(item.parts)), false]);
          }
          const stream = Buffer.concat(frames);
          const { events, deframer } = collect();
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = cuts[i % cuts.length] as number;
            deframer.push(Buffer.from(stream.subarray(at, at + size)));
            at += size;
          }
          expect(events).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("a message split at every byte is the same message", () => {
    for (const length of [0, 1, 125, 126, 200]) {
      const frame = clientFrame(OPCODE.binary, new Uint8Array(length).fill(7));
      for (let cut = 0; cut <= frame.length; cut++) {
        const { events, deframer } = collect();
        deframer.push(Buffer.from(frame.subarray(0, cut)));
        deframer.push(Buffer.from(frame.subarray(cut)));
        expect(events).toEqual([["message", "07".repeat(length), false]]);
      }
    }
  });

  test("violations of RFC 6455 have its close codes", () => {
    const masked = (first: number, second: number, ...rest: number[]): Uint8Array =>
      Uint8Array.from([first, second | 0x80, 0, 0, 0, 0, ...rest]);
    expect(closeCodeOfPush(Uint8Array.from([0x82, 0x01, 0x00]))).toBe(1002);
    expect(closeCodeOfPush(masked(0xc2, 0))).toBe(1002);
    expect(closeCodeOfPush(masked(0x83, 0))).toBe(1002);
    expect(closeCodeOfPush(masked(0x8b, 0))).toBe(1002);
    expect(closeCodeOfPush(masked(0x09, 0))).toBe(1002);
    expect(closeCodeOfPush(masked(0x80, 0))).toBe(1002);
    expect(closeCodeOfPush(Buffer.concat([masked(0x02, 0), masked(0x82, 0)]))).toBe(1002);
    expect(closeCodeOfPush(Uint8Array.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0]))).toBe(1002);
    expect(closeCodeOfPush(Uint8Array.from([0x82, 0xfe, 0, 5, 0, 0, 0, 0]))).toBe(1002);
    expect(closeCodeOfPush(masked(0x88, 1, 3))).toBe(1002);
    expect(closeCodeOfPush(masked(0x88, 2, 0x03, 0xed))).toBe(1002);
    expect(closeCodeOfPush(masked(0x81, 2, 0xc3, 0x28))).toBe(1007);
    expect(closeCodeOfPush(masked(0x88, 3, 0x03, 0xe8, 0xff))).toBe(1007);
  });

  test("a length over the limit is refused before its bytes come, also over fragments", () => {
    expect(
      closeCodeOfPush(Uint8Array.from([0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4])),
    ).toBe(1009);
    expect(closeCodeOfPush(clientFrame(OPCODE.binary, new Uint8Array(101)), 100)).toBe(1009);
    expect(closeCodeOfPush(clientFrame(OPCODE.binary, new Uint8Array(100)), 100)).toBeUndefined();
    const parts = [
      clientFrame(OPCODE.binary, new Uint8Array(60), false),
      clientFrame(OPCODE.continuation, new Uint8Array(41), true),
    ];
    expect(closeCodeOfPush(Buffer.concat(parts), 100)).toBe(1009);
  });

  test("nothing is reported after a close", () => {
    const { events, deframer } = collect();
    const close = clientFrame(OPCODE.close, Buffer.from([0x03, 0xe8, 0x6f, 0x6b]));
    deframer.push(Buffer.concat([close, clientFrame(OPCODE.ping, Buffer.from("x"))]));
    expect(events).toEqual([["close", 1000, "ok"]]);
  });

  test("arbitrary bytes give events or a named fault, never another exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        closeCodeOfPush(bytes, 200);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("what the server writes", () => {
  test("is read by ws", async () => {
    for (const length of [0, 1, 125, 126, 65_535, 65_536, 70_000]) {
      const bytes = new Uint8Array(length).map((_, i) => i);
      const receiver = new Receiver({ isServer: false, maxPayload: 1 << 20, binaryType: "nodebuffer" });
      const got = new Promise<Buffer>((done) => receiver.on("message", (data: Buffer) => done(data)));
      const frame = serverFrame(OPCODE.binary, bytes);
      expect(frame.length).toBe(headerBytes(length) + length);
      receiver.write(frame);
      expect(Buffer.from(await got).equals(bytes)).toBe(true);
    }
    const receiver = new Receiver({ isServer: false });
    const closed = new Promise((done) => receiver.on("conclude", (...args) => done(args)));
    receiver.write(closeFrame(4501, "ä".repeat(200)));
    expect(await closed).toMatchObject([4501, expect.anything()]);
  });
});

describe("unmasking", () => {
  test("gives at every length, offset and phase what one byte at a time gives", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(3),
        fc.nat(40),
        fc.integer(),
        (bytes, phase, from, key) => {
          const start = Math.min(from, bytes.length);
          const slow = bytes.map((byte, i) =>
            i < start ? byte : byte ^ ((key >>> (8 * ((i - start + phase) & 3))) & 255),
          );
          const fast = Uint8Array.from(bytes);
          unmask(fast, new DataView(fast.buffer), start, fast.length, key, phase);
          expect(fast).toEqual(slow);
        },
      ),
    );
  });
});

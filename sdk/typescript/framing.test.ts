import { createHash } from "node:crypto";
import { ArqonError, fromUtf8, systemEntropy, utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { takeDelimited } from "./delimited.ts";
import { type Framing, type FramingHost, newBatch } from "./framing.ts";
import { TcpFraming } from "./tcp-framing.ts";
import { WsFraming } from "./ws-framing.ts";

const sha1 = (text: string): string => createHash("sha1").update(text).digest("base64");

function host(): FramingHost & { came: string[]; replies: Uint8Array[]; byes: unknown[] } {
  const came: string[] = [];
  const replies: Uint8Array[] = [];
  const byes: unknown[] = [];
  return {
    came,
    replies,
    byes,
    message: (bytes, from, to) => came.push(Buffer.from(bytes.subarray(from, to)).toString("hex")),
    reply: (bytes) => replies.push(bytes),
    goodbye: (code, reason) => byes.push({ code, reason }),
  };
}

/** Reads `bytes` in pieces, as a pipe does: what is not complete is given again, with more. */
function feed(framing: Framing, bytes: Uint8Array, cuts: readonly number[]): void {
  let rest = new Uint8Array(0);
  let from = 0;
  for (const cut of [
    ...cuts.map((each) => each % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ]) {
    const piece = new Uint8Array(rest.length + cut - from);
    piece.set(rest);
    piece.set(bytes.subarray(from, cut), rest.length);
    from = cut;
    rest = piece.slice(framing.read(piece, 0, piece.length));
  }
  expect(rest.length).toBe(0);
}

/** A WebSocket whose upgrade was answered. */
function upgraded(): { framing: WsFraming; told: ReturnType<typeof host> } {
  const told = host();
  const framing = new WsFraming(told, new URL("ws://127.0.0.1:1/"), systemEntropy, sha1);
  const key = /Sec-WebSocket-Key: (.*)\r/.exec(fromUtf8(framing.greeting))?.[1] ?? "";
  const accept = sha1(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const answer = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: arqonbus.v1.proto\r\n\r\n`;
  feed(framing, utf8(answer), [3, 40]);
  expect(framing.opened).toBe(true);
  return { framing, told };
}

function serverFrame(first: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const head =
    length < 126
      ? [first, length]
      : length < 65_536
        ? [first, 126, length >> 8, length & 0xff]
        : [first, 127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  return Uint8Array.from([...head, ...payload]);
}

const payloads = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .constantFrom(125, 126, 127, 128, 16_383, 16_384, 65_535, 65_536, 70_000)
      .map((n) => new Uint8Array(n).fill(n)),
  ),
  { maxLength: 6 },
);
const cuts = fc.array(fc.nat(), { maxLength: 8 });
const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const hex = (parts: readonly Uint8Array[]): string[] =>
  parts.map((part) => Buffer.from(part).toString("hex"));

test("records come whole, wherever the stream is cut", () => {
  fc.assert(
    fc.property(payloads, cuts, (messages, where) => {
      const told = host();
      const framing = new TcpFraming(told);
      const batch = newBatch(10 + messages.reduce((sum, each) => sum + each.length + 5, 0));
      let at = 0;
      for (const message of messages) at = framing.write(batch, at, message);
      feed(framing, batch.bytes.slice(0, at), where);
      expect(told.came).toEqual(hex(messages));
    }),
    { numRuns: 60 },
  );
});

test("frames of the server come whole, wherever the stream is cut", () => {
  fc.assert(
    fc.property(payloads, cuts, (messages, where) => {
      const { framing, told } = upgraded();
      feed(framing, join(messages.map((message) => serverFrame(0x82, message))), where);
      expect(told.came).toEqual(hex(messages));
    }),
    { numRuns: 60 },
  );
});

test("a frame of the client has the length and the mask of RFC 6455", () => {
  fc.assert(
    fc.property(payloads, fc.nat(3), (messages, from) => {
      const { framing } = upgraded();
      const batch = newBatch(from + 20 + messages.reduce((sum, each) => sum + each.length + 14, 0));
      let at = from;
      for (const message of messages) {
        const start = at;
        at = framing.write(batch, at, message);
        const frame = Buffer.from(batch.bytes.buffer, start, at - start);
        expect(frame[0]).toBe(0x82);
        const short = (frame[1] as number) & 0x7f;
        const head = short < 126 ? 2 : short === 126 ? 4 : 10;
        const length =
          short < 126 ? short : short === 126 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
        expect([(frame[1] as number) >> 7, length]).toEqual([1, message.length]);
        const key = frame.subarray(head, head + 4);
        const open = frame.subarray(head + 4).map((byte, i) => byte ^ (key[i & 3] as number));
        expect(Buffer.compare(open, message)).toBe(0);
      }
    }),
    { numRuns: 60 },
  );
});

test("fragments are joined, pings are answered, and a close is told with its reason", () => {
  const { framing, told } = upgraded();
  const stream = join([
    serverFrame(0x02, Uint8Array.of(1, 2)),
    serverFrame(0x89, Uint8Array.of(9)),
    serverFrame(0x00, Uint8Array.of(3)),
    serverFrame(0x80, Uint8Array.of(4)),
    serverFrame(0x8a, new Uint8Array(0)),
    serverFrame(0x88, Uint8Array.from([0x0f, 0xa1, ...utf8("SLOW_CONSUMER: x")])),
  ]);
  feed(framing, stream, [1, 5, 7]);
  expect(told.came).toEqual(["01020304"]);
  expect(told.replies.map((frame) => frame[0])).toEqual([0x8a]);
  expect(told.byes).toEqual([{ code: 4001, reason: "SLOW_CONSUMER: x" }]);
});

test.each([
  ["a text frame", [0x81, 0], "WIRE_MALFORMED"],
  ["a mask", [0x82, 0x80, 0, 0, 0, 0], "WIRE_PROTOCOL"],
  ["a reserved bit", [0xc2, 0], "WIRE_PROTOCOL"],
  ["a continuation of nothing", [0x80, 0], "WIRE_PROTOCOL"],
  ["a length beyond the limit", [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], "WIRE_TOO_LARGE"],
])("%s from the server is refused", (_, bytes, code) => {
  const { framing } = upgraded();
  const frame = Uint8Array.from(bytes);
  expect(() => framing.read(frame, 0, frame.length)).toThrow(expect.objectContaining({ code }));
});

test("an upgrade for another key, protocol or status is refused", () => {
  for (const answer of [
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
  ]) {
    const framing = new WsFraming(host(), new URL("ws://h/"), systemEntropy, sha1);
    const bytes = utf8(answer);
    expect(() => framing.read(bytes, 0, bytes.length)).toThrow(ArqonError);
  }
});

test("lengths that are none are refused before anything is kept", () => {
  for (const bytes of [
    [0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x81, 0x80, 0x80, 0x08],
  ])
    expect(() => takeDelimited(Uint8Array.from(bytes), 0, bytes.length, () => {})).toThrow(ArqonError);
});

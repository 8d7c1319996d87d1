import { randomBytes } from "node:crypto";
import { systemEntropy, utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SEGMENT_BYTES } from "./header.ts";
import { type DataKeys, openingStream, openWhole, sealingStream, sealWhole } from "./index.ts";

/** Wraps by doing nothing: what protects the header must not depend on the wrapping alone. */
const keys: DataKeys = {
  wrap: async (dataKey) => ({ keyId: "k", wrapped: dataKey.slice() }),
  unwrap: async (_, wrapped) => wrapped.slice(),
  isNewest: () => true,
};
const CONTEXT = "object sha256:ab";
const seal = (bytes: Uint8Array) => sealWhole(bytes, keys, CONTEXT, systemEntropy);
const open = (bytes: Uint8Array, context = CONTEXT) => openWhole(bytes, keys, context);
const OVERHEAD = 16;

async function through(stream: NodeJS.ReadWriteStream, bytes: Uint8Array, piece: number): Promise<Buffer> {
  const out: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => out.push(chunk));
  const ended = new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));
  for (let at = 0; at < bytes.length; at += piece) stream.write(Buffer.from(bytes.subarray(at, at + piece)));
  stream.end();
  await ended;
  return Buffer.concat(out);
}

test("bytes of every length around the segment's come back, whole and as streams", async () => {
  for (const length of [0, 1, 100, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES]) {
    const plain = randomBytes(length);
    const sealed = await seal(plain);
    expect(plain.equals(await open(sealed)), `${length}`).toBe(true);
    const streamed = await through(await sealingStream(keys, CONTEXT, systemEntropy), plain, 10_007);
    expect(plain.equals(await open(streamed)), `${length}`).toBe(true);
    expect(plain.equals(await through(openingStream(keys, CONTEXT), sealed, 7_919)), `${length}`).toBe(true);
  }
});

test("every flipped byte of header and content is refused", async () => {
  const sealed = await seal(utf8("a small secret"));
  for (let at = 0; at < sealed.length; at++) {
    const altered = Uint8Array.from(sealed);
    altered[at] = (altered[at] as number) ^ (1 << (at % 8));
    await expect(open(altered), `byte ${at}`).rejects.toMatchObject({ code: "SEAL_BROKEN" });
  }
});

test("every truncation is refused, also on a segment's boundary, and so is anything appended", async () => {
  const small = await seal(utf8("a small secret"));
  for (let length = 0; length < small.length; length++)
    await expect(open(small.subarray(0, length)), `${length}`).rejects.toMatchObject({ code: "SEAL_BROKEN" });
  const sealed = await seal(randomBytes(3 * SEGMENT_BYTES + 10));
  const head = sealed.length - (3 * SEGMENT_BYTES + 10 + 4 * OVERHEAD);
  for (let segments = 0; segments < 4; segments++) {
    const cut = sealed.subarray(0, head + segments * (SEGMENT_BYTES + OVERHEAD));
    await expect(open(cut)).rejects.toMatchObject({ code: "SEAL_BROKEN" });
    await expect(through(openingStream(keys, CONTEXT), cut, 50_000)).rejects.toMatchObject({
      code: "SEAL_BROKEN",
    });
  }
  for (const more of [1, OVERHEAD, SEGMENT_BYTES + OVERHEAD])
    await expect(open(Buffer.concat([sealed, Buffer.alloc(more)]))).rejects.toMatchObject({
      code: "SEAL_BROKEN",
    });
});

test("segments cannot be swapped, within a file or with another of the same data key", async () => {
  const size = SEGMENT_BYTES + OVERHEAD;
  const fixed: DataKeys = { ...keys, unwrap: async () => new Uint8Array(32) };
  const sealFixed = (bytes: Uint8Array) =>
    sealWhole(bytes, fixed, CONTEXT, (n) => (n === 32 ? new Uint8Array(32) : systemEntropy(n)));
  const plain = randomBytes(2 * SEGMENT_BYTES + 5);
  const [one, two] = [await sealFixed(plain), await sealFixed(randomBytes(plain.length))];
  const head = one.length - (2 * size + 5 + OVERHEAD);
  expect(plain.equals(await openWhole(one, fixed, CONTEXT))).toBe(true);
  const swapped = Buffer.concat([
    one.subarray(0, head),
    one.subarray(head + size, head + 2 * size),
    one.subarray(head, head + size),
    one.subarray(head + 2 * size),
  ]);
  const mixed = Buffer.concat([one.subarray(0, head), two.subarray(head)]);
  for (const bytes of [swapped, mixed])
    await expect(openWhole(bytes, fixed, CONTEXT)).rejects.toMatchObject({ code: "SEAL_BROKEN" });
});

test("a file sealed as one thing does not open as another", async () => {
  const sealed = await seal(utf8("x"));
  await expect(open(sealed, "object sha256:cd")).rejects.toMatchObject({ code: "SEAL_BROKEN" });
});

test("a header that claims to be huge is refused before it is read", async () => {
  const head = Uint8Array.of(0x41, 0x52, 0x53, 1, 0x7f, 0xff, 0xff, 0xff);
  await expect(open(head)).rejects.toMatchObject({
    code: "SEAL_BROKEN",
    message: expect.stringContaining("limit"),
  });
});

test("arbitrary bytes are refused and nothing else happens", async () => {
  const magic = fc.constantFrom([0x41, 0x52, 0x53, 1, 0, 0, 0, 9], []);
  await fc.assert(
    fc.asyncProperty(magic, fc.uint8Array({ maxLength: 400 }), async (start, rest) => {
      await expect(open(Uint8Array.from([...start, ...rest]))).rejects.toMatchObject({ code: "SEAL_BROKEN" });
    }),
    { numRuns: 300 },
  );
});

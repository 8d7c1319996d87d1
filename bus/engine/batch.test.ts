import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BATCH_HEADER_BYTES, BatchBuilder, batchIsSound, readBatchHeader, walkBatch } from "./batch.ts";
import { crc32, tableCrc32 } from "./crc32.ts";
import { recordBytes, recordEnd, recordIsSound, recordSequence, recordTimestamp } from "./record.ts";

const RECORDS = fc.array(
  fc.record({
    step: fc.integer({ min: 1, max: 2 ** 40 }),
    timestampUnixUs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    bytes: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 40 },
);

async function build(steps: readonly { step: number; timestampUnixUs: number; bytes: Uint8Array }[]) {
  let sequence = 0;
  const records = steps.map(({ step, timestampUnixUs, bytes }) => {
    sequence += step;
    return { sequence, timestampUnixUs, bytes };
  });
  const builder = new BatchBuilder(64 + BATCH_HEADER_BYTES);
  for (const each of records) builder.add("message", each);
  const place = {
    previousChain: new Uint8Array(32).fill(7),
    owner: 3,
    salt: 0xfeed_f00d,
    durableBytes: 2 ** 40 + 5,
  };
  return { records, place, ...(await builder.seal(place)) };
}

describe("a batch", () => {
  it("is read back as it was written", () => {
    return fc.assert(
      fc.asyncProperty(RECORDS, async (steps) => {
        const { records, place, bytes, chain } = await build(steps);
        const header = readBatchHeader(bytes, 0);
        if (!header) throw new Error("no header");
        expect(header).toMatchObject({ ...place, chain, records: records.length });
        expect(batchIsSound(bytes, 0, header)).toBe(true);
        expect(walkBatch(bytes, 0, header)?.latestTime).toBe(
          records.reduce((latest, { timestampUnixUs }) => Math.max(latest, timestampUnixUs), 0),
        );
        let at = BATCH_HEADER_BYTES;
        for (const { sequence, timestampUnixUs, bytes: body } of records) {
          const end = recordEnd(bytes, at);
          expect(recordIsSound(bytes, at, end)).toBe(true);
          expect([recordSequence(bytes, at), recordTimestamp(bytes, at)]).toEqual([
            sequence,
            timestampUnixUs,
          ]);
          expect(recordBytes(bytes, at, end)).toEqual(body);
          at = end;
        }
        expect(at).toBe(bytes.length);
      }),
    );
  });

  it("with any bit changed or any end missing is not sound", () => {
    return fc.assert(
      fc.asyncProperty(RECORDS, fc.nat(), fc.nat(7), async (steps, where, bit) => {
        const { bytes } = await build(steps);
        const at = where % bytes.length;
        const sound = (each: Uint8Array) => {
          const header = readBatchHeader(each, 0);
          return header !== undefined && batchIsSound(each, 0, header);
        };
        expect(sound(bytes.slice(0, at))).toBe(false);
        const flipped = bytes.slice();
        flipped[at] = (flipped[at] as number) ^ (1 << bit);
        expect(sound(flipped)).toBe(false);
      }),
    );
  });

  it("random bytes are never taken for one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(readBatchHeader(bytes, 0)).toBeUndefined();
      }),
    );
  });
});

describe("CRC-32", () => {
  it("agrees with the published value and with the bit-by-bit definition", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf4_3926);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(20), (bytes, from) => {
        let crc = 0xffff_ffff;
        for (const byte of bytes.subarray(from)) {
          crc ^= byte;
          for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
        }
        const at = Math.min(from, bytes.length);
        expect(crc32(bytes, at)).toBe(~crc >>> 0);
        expect(tableCrc32(bytes, at, bytes.length)).toBe(~crc >>> 0);
      }),
    );
  });
});

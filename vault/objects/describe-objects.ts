/** The suite every object store must pass. */
import { fromHex, sha256Hex, utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LongObject, ObjectStore } from "./object-store.ts";

/** A store under test, and the way to damage one of its objects behind its back. */
export interface ObjectStoreUnderTest {
  readonly store: ObjectStore;
  /** Absent where nothing lies outside the process. */
  damage?(digest: string, bytes: Uint8Array): void;
  dispose(): void;
}

/** Runs the contract against the stores `make` gives, one a test. */
export function describeObjects(
  name: string,
  make: () => ObjectStoreUnderTest | Promise<ObjectStoreUnderTest>,
): void {
  describe(`object store: ${name}`, () => {
    let subject: ObjectStoreUnderTest;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.dispose());

    test("what is put comes back under its digest, whatever the bytes", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), async (objects) => {
          const digests = await subject.store.put(objects);
          expect(digests).toEqual(objects.map((bytes) => sha256Hex(bytes)));
          for (const [i, digest] of digests.entries()) {
            expect(await subject.store.has(digest)).toBe(true);
            const bytes = await subject.store.get(digest);
            expect(Buffer.from(bytes ?? []).equals(Buffer.from(objects[i] as Uint8Array))).toBe(true);
          }
        }),
        { numRuns: 30 },
      );
    });

    test("an object put twice, or twice at once, is kept once", async () => {
      const bytes = utf8("same");
      const [digest] = await subject.store.put([bytes, bytes]);
      await Promise.all([subject.store.put([bytes]), subject.store.put([bytes])]);
      expect(await subject.store.list("")).toEqual([digest]);
    });

    test("an object that lies as it would be written is not renewed, nor one that is not there", async () => {
      const [digest = ""] = await subject.store.put([utf8("as it is")]);
      expect(await subject.store.renew(digest)).toBe(false);
      expect(await subject.store.renew(sha256Hex(utf8("never put")))).toBe(false);
      expect(await subject.store.get(digest)).toEqual(utf8("as it is"));
    });

    test("a mark is kept with objects where any is, and never becomes smaller", async () => {
      const { store } = subject;
      expect(store.mark()).toBe(0);
      await store.put([utf8("one")], 7);
      const kept = store.mark();
      expect([0, 7]).toContain(kept);
      await store.put([utf8("two"), new Uint8Array(400_000)], 5);
      expect(store.mark()).toBe(kept);
      await store.put([new Uint8Array(400_001)], 9);
      expect(store.mark()).toBe(kept === 0 ? 0 : 9);
    });

    test("an unknown object is absent, not an error", async () => {
      const digest = sha256Hex(utf8("never put"));
      expect(await subject.store.get(digest)).toBeUndefined();
      expect(await subject.store.has(digest)).toBe(false);
      await subject.store.delete(digest);
    });

    test("a list is sorted and holds exactly the digests with the prefix", async () => {
      const digests = await subject.store.put(Array.from({ length: 60 }, (_, i) => utf8(`object ${i}`)));
      digests.sort();
      expect(await subject.store.list("")).toEqual(digests);
      for (const length of [1, 2, 3, 4, 7, 64]) {
        const prefix = (digests[30] as string).slice(0, length);
        expect(await subject.store.list(prefix)).toEqual(digests.filter((one) => one.startsWith(prefix)));
      }
    });

    test("a deleted object is gone and can be put again", async () => {
      const [digest] = (await subject.store.put([utf8("one"), utf8("two")])) as [string, string];
      await subject.store.delete(digest);
      expect(await subject.store.get(digest)).toBeUndefined();
      expect(await subject.store.list("")).toHaveLength(1);
      await subject.store.put([utf8("one")]);
      expect(await subject.store.get(digest)).toBeDefined();
    });

    test("later changes to the caller's bytes do not reach the store, nor the other way", async () => {
      const bytes = fromHex("00010203");
      const [digest] = (await subject.store.put([bytes])) as [string];
      bytes[0] = 255;
      const first = (await subject.store.get(digest)) as Uint8Array;
      expect(first[0]).toBe(0);
      first[0] = 255;
      expect((await subject.store.get(digest))?.[0]).toBe(0);
    });

    test("a sweep leaves every object where it is", async () => {
      const digests = await subject.store.put([utf8("one"), utf8("two")]);
      await subject.store.sweep(0);
      expect(await subject.store.list("")).toEqual(digests.sort());
    });

    test("a long object comes back piece by piece, and counts as the same object", async () => {
      const bytes = Uint8Array.from({ length: 1_000_003 }, (_, i) => i * 31);
      const object = longObject(bytes);
      await subject.store.putLong(object);
      await subject.store.putLong(object);
      expect(await subject.store.list("")).toEqual([object.sha256]);
      expect(equal(await subject.store.get(object.sha256), bytes)).toBe(true);
      expect(equal(await whole(subject.store.read(object.sha256)), bytes)).toBe(true);
      expect((await subject.store.stat(object.sha256))?.storedBytes).toBeGreaterThanOrEqual(bytes.length);
      const [digest = ""] = await subject.store.put([utf8("short")]);
      expect(equal(await whole(subject.store.read(digest)), utf8("short"))).toBe(true);
      expect(await subject.store.read(sha256Hex(utf8("absent")))).toBeUndefined();
    });

    test("an empty object is an object", async () => {
      await subject.store.putLong(longObject(new Uint8Array()));
      expect(await subject.store.put([new Uint8Array()])).toEqual(await subject.store.list(""));
      expect(await subject.store.get(sha256Hex(new Uint8Array()))).toHaveLength(0);
    });

    test("a long object that does not have its digest is refused, and nothing of it stays", async () => {
      const object = { ...longObject(utf8("as said")), open: () => longObject(utf8("not said")).open() };
      await expect(subject.store.putLong(object)).rejects.toMatchObject({ code: "BUNDLE_TAMPERED" });
      expect(await subject.store.list("")).toEqual([]);
    });

    test("what is not a digest is a programmer's mistake", async () => {
      for (const wrong of ["", "../../etc/passwd", `${"a".repeat(63)}G`, "A".repeat(64)]) {
        await expect(subject.store.get(wrong)).rejects.toThrow(TypeError);
        await expect(subject.store.has(wrong)).rejects.toThrow(TypeError);
        await expect(subject.store.delete(wrong)).rejects.toThrow(TypeError);
      }
    });

    test("damaged bytes are refused by name, and putting the object again mends it", async () => {
      if (!subject.damage) return;
      const [digest] = (await subject.store.put([utf8("precious")])) as [string];
      subject.damage(digest, utf8("preciouS"));
      await expect(subject.store.get(digest)).rejects.toMatchObject({
        code: "BUNDLE_TAMPERED",
        message: expect.stringContaining(digest),
      });

      await expect(whole(subject.store.read(digest))).rejects.toMatchObject({ code: "BUNDLE_TAMPERED" });

      await subject.store.put([utf8("precious")]);
      expect(await subject.store.get(digest)).toHaveLength(8);
      subject.damage(digest, utf8("preciouS"));
      await subject.store.putLong(longObject(utf8("precious")));
      expect(await subject.store.get(digest)).toHaveLength(8);
    });
  });
}

/** Bytes as an object that comes in pieces. */
export function longObject(bytes: Uint8Array): LongObject {
  return {
    sha256: sha256Hex(bytes),
    size: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += 70_000) yield bytes.subarray(at, at + 70_000);
    },
  };
}

async function whole(pieces: Promise<AsyncIterable<Uint8Array> | undefined>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of (await pieces) ?? []) all.push(piece);
  return Buffer.concat(all);
}

const equal = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && Buffer.compare(a, b) === 0;

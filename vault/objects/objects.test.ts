import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sha256Hex, systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sealedCodec } from "../at-rest.ts";
import { testDataKeys } from "../testing/index.ts";
import { describeObjects, longObject } from "./describe-objects.ts";
import { faultyBlobs, fileObjects, localBlobs, memoryBlobs, memoryObjects, objectStore } from "./index.ts";

const path = (root: string, digest: string): string =>
  join(root, "sha256", digest.slice(0, 2), digest.slice(2));
const temporary = (): string => mkdtempSync(join(tmpdir(), "arqon-objects-"));

describeObjects("memory", () => ({ store: memoryObjects(), dispose: () => {} }));

describeObjects("files", () => {
  const root = temporary();
  return {
    store: fileObjects(root),
    damage: (digest, bytes) => {
      chmodSync(path(root, digest), 0o600);
      writeFileSync(path(root, digest), bytes);
    },
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
});

describeObjects("encrypted files", () => {
  const root = temporary();
  return {
    store: fileObjects(root, {}, sealedCodec(testDataKeys(), systemEntropy)),
    damage: (digest, bytes) => {
      const sealed = readFileSync(path(root, digest));
      chmodSync(path(root, digest), 0o600);
      sealed.set(bytes, sealed.length - bytes.length);
      writeFileSync(path(root, digest), sealed);
    },
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
});

for (const [what, codec] of [
  ["local", undefined],
  ["encrypted local", sealedCodec(testDataKeys(), systemEntropy)],
] as const)
  describeObjects(`${what}, small ones in a database`, async () => {
    const root = temporary();
    const store = objectStore(await localBlobs(root, systemClock), { codec });
    return {
      store,
      damage: (digest, bytes) => {
        const db = new DatabaseSync(join(root, "small.sqlite"), { timeout: 1000 });
        const key = Buffer.from(digest, "hex");
        const kept = db.prepare("SELECT bytes FROM blob WHERE name = ?").get(key)?.["bytes"] as Uint8Array;
        if (codec) kept.set(bytes, kept.length - bytes.length);
        db.prepare("UPDATE blob SET bytes = ? WHERE name = ?").run(codec ? kept : bytes, key);
        db.close();
      },
      dispose: () => {
        store.close();
        rmSync(root, { recursive: true, force: true });
      },
    };
  });

test("small blobs lie in the database and others as files; small files from before are found and collected", async () => {
  const root = temporary();
  const [before = ""] = await fileObjects(root).put([utf8("from before")]);
  const store = objectStore(await localBlobs(root, systemClock));
  const large = new Uint8Array(300_000).fill(7);
  const [small = "", big = ""] = await store.put([utf8("small"), large]);
  expect([existsSync(path(root, small)), existsSync(path(root, big))]).toEqual([false, true]);
  expect(await store.list("")).toEqual([before, small, big].sort());
  expect(await store.get(before)).toEqual(new Uint8Array(utf8("from before")));
  await store.put([utf8("from before")]);
  expect(await store.list("")).toHaveLength(3);
  for (const digest of [before, small, big]) await store.delete(digest);
  expect(await store.list("")).toEqual([]);
  expect(existsSync(path(root, before))).toBe(false);
  store.close();
  rmSync(root, { recursive: true });
});

test("a blob that is written again at another size is kept once: nothing is left in plain beside what is encrypted", async () => {
  const root = temporary();
  const [before = ""] = await fileObjects(root).put([utf8("from before")]);
  const plain = objectStore(await localBlobs(root, systemClock));
  const edge = new Uint8Array(3 << 16).fill(7);
  const [atEdge = ""] = await plain.put([edge]);
  plain.close();
  const blobs = await localBlobs(root, systemClock);
  const sealed = objectStore(blobs, { codec: sealedCodec(testDataKeys(), systemEntropy) });
  await sealed.put([utf8("from before"), edge]);
  expect(existsSync(path(root, before))).toBe(false);
  expect((await blobs.read(atEdge))?.length).toBeGreaterThan(edge.length);
  expect(await sealed.get(atEdge)).toEqual(edge);
  sealed.close();
  rmSync(root, { recursive: true });
});

test("what was deleted is in no file of the database after a sweep; the file is for the owner alone", async () => {
  const root = temporary();
  const store = objectStore(await localBlobs(root, systemClock));
  const [digest = ""] = await store.put([utf8("to be forgotten"), utf8("to be kept")]);
  await store.delete(digest);
  await store.sweep(0);
  const files = readdirSync(root).filter((name) => name.startsWith("small.sqlite"));
  const bytes = files.map((name) => readFileSync(join(root, name), "latin1")).join("");
  expect([bytes.includes("to be kept"), bytes.includes("to be forgotten")]).toEqual([true, false]);
  for (const name of files) expect(statSync(join(root, name)).mode & 0o777).toBe(0o600);
  store.close();
  rmSync(root, { recursive: true });
});

test("a database that was spoiled is refused by name", async () => {
  const root = temporary();
  const first = objectStore(await localBlobs(root, systemClock));
  await first.put(Array.from({ length: 500 }, (_, i) => utf8(`object ${i}`.padEnd(200, "."))));
  first.close();
  const bytes = readFileSync(join(root, "small.sqlite"));
  bytes.fill(0xa5, 8192);
  writeFileSync(join(root, "small.sqlite"), bytes);
  const store = objectStore(await localBlobs(root, systemClock));
  await expect(store.list("")).rejects.toMatchObject({ code: "BUNDLE_TAMPERED" });
  store.close();
  rmSync(root, { recursive: true });
});

describeObjects("faulty blobs without a fault", () => ({
  store: objectStore(faultyBlobs(memoryBlobs(), () => undefined)),
  dispose: () => {},
}));

test("whatever fails, what was acknowledged comes back unchanged, and trying again mends the rest", async () => {
  const faults = [undefined, undefined, "refused", "unanswered", "cut", "flipped"] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...faults), { minLength: 60, maxLength: 60 }),
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 5 }),
      async (plan, objects) => {
        let next = 0;
        const held = new Map<string, Uint8Array>();
        const faulty = objectStore(faultyBlobs(memoryBlobs(held), () => plan[next++]));
        const sound = objectStore(memoryBlobs(held));
        const acknowledged = new Set<string>();
        for (const bytes of objects)
          for (const work of [
            () => faulty.put([bytes, utf8("beside")]),
            () => faulty.putLong(longObject(bytes)),
          ])
            await work().then(
              () => acknowledged.add(sha256Hex(bytes)),
              (error) => expect(["STORE_UNREACHABLE", "BUNDLE_TAMPERED"]).toContain(error.code),
            );
        for (const digest of acknowledged)
          expect(sha256Hex((await sound.get(digest)) as Uint8Array)).toBe(digest);
        for (const digest of await sound.list("")) await faulty.get(digest).catch(() => {});
        expect(await sound.put(objects)).toEqual(objects.map((bytes) => sha256Hex(bytes)));
        for (const bytes of objects) expect(await sound.get(sha256Hex(bytes))).toEqual(bytes);
      },
    ),
    { numRuns: 60 },
  );
});

test("a long file that is still being written survives a sweep; one that lay still does not", async () => {
  const root = temporary();
  const store = fileObjects(root);
  const path = join(root, "sha256", ".long.4711-0.tmp");
  writeFileSync(path, "half");
  const now = statSync(path).mtimeMs * 1000;
  await store.sweep(now);
  expect(existsSync(path)).toBe(true);
  await store.sweep(now + 2 * 3_600_000_000);
  expect(existsSync(path)).toBe(false);
  rmSync(root, { recursive: true });
});

test("an object that is put again long after is young again", async () => {
  const root = temporary();
  const store = fileObjects(root);
  const object = longObject(utf8("again"));
  await store.putLong(object);
  utimesSync(path(root, object.sha256), 1, 1);
  expect((await store.stat(object.sha256))?.writtenUs).toBe(1_000_000);
  await store.putLong(object);
  expect((await store.stat(object.sha256))?.writtenUs).toBeGreaterThan(1e15);
  rmSync(root, { recursive: true });
});

test("objects are for the owner alone, and no temporary file stays", async () => {
  const root = temporary();
  const [digest] = (await fileObjects(root).put([utf8("x")])) as [string];
  expect(statSync(path(root, digest)).mode & 0o777).toBe(0o400);
  expect(statSync(join(root, "sha256")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(root, "sha256"))).toHaveLength(256);
  rmSync(root, { recursive: true });
});

test("a file that an interrupted put left is swept away", async () => {
  const root = temporary();
  const store = fileObjects(root);
  writeFileSync(join(root, "sha256", ".object.4711-0.tmp"), "half");
  expect(await store.list("")).toEqual([]);
  await store.sweep(0);
  expect(readdirSync(join(root, "sha256"))).toHaveLength(256);
  rmSync(root, { recursive: true });
});

test("links in the store are not followed", async () => {
  const root = temporary();
  const outside = temporary();
  const store = fileObjects(root);
  const [digest] = (await store.put([utf8("x")])) as [string];
  rmSync(path(root, digest));
  writeFileSync(join(outside, "file"), "x");
  symlinkSync(join(outside, "file"), path(root, digest));
  expect(await store.get(digest)).toBeUndefined();
  rmSync(join(root, "sha256", digest.slice(0, 2)), { recursive: true });
  rmSync(join(outside, "file"));
  symlinkSync(outside, join(root, "sha256", digest.slice(0, 2)));
  await expect(store.put([utf8("x")])).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  expect(readdirSync(outside)).toEqual([]);
  rmSync(root, { recursive: true });
  rmSync(outside, { recursive: true });
});

test("an object over the limit is refused before anything is written", async () => {
  const root = temporary();
  const store = fileObjects(root, { objectBytes: 10 });
  await expect(store.put([utf8("small"), new Uint8Array(11)])).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
  });
  expect(await store.list("")).toEqual([]);
  rmSync(root, { recursive: true });
});

import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "@arqon/core/base";
import { expect, test } from "vitest";
import { describeObjects } from "./describe-objects.ts";
import { fileObjects, memoryObjects } from "./index.ts";

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

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, fromHex, sha256Hex, toHex, utf8 } from "../base/index.ts";
import type { LargeFile } from "./contents.ts";
import { openZip, readZip, writeZip, writeZipTo } from "./index.ts";
import { memorySink, memorySource, readAll } from "./testing/archive.ts";
import { sealedFixture } from "./testing/sealed.ts";

/** Bytes as a file that comes in pieces. */
const large = (bytes: Uint8Array): LargeFile => ({
  sha256: sha256Hex(bytes),
  size: bytes.length,
  async *open() {
    for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
  },
});

// Of these letters, no name is that of a device on Windows (con, nul, prn, aux).
const archives = fc.dictionary(fc.stringMatching(/^[a-m]{1,3}$/), fc.uint8Array({ maxLength: 12 }), {
  maxKeys: 6,
});
const thresholds = fc.constantFrom(1, 5, 60, 200, 0xffffffff);

test("piece by piece, the archive is the same as in memory, from whatever size on Zip64 is used", async () => {
  await fc.assert(
    fc.asyncProperty(archives, thresholds, async (object, from) => {
      const files = new Map(Object.entries(object));
      const sink = memorySink();
      const length = await writeZipTo(
        sink,
        new Map([...files].map(([path, bytes], i) => [path, i % 2 === 0 ? large(bytes) : bytes])),
        undefined,
        from,
      );
      const whole = writeZip(files, from);
      expect(Buffer.compare(sink.bytes(), whole)).toBe(0);
      expect(length).toBe(whole.length);
      const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
      expect([...readZip(whole, undefined, from)]).toEqual(sorted);
      expect([...(await readAll(await openZip(memorySource(whole), undefined, from)))]).toEqual(sorted);
    }),
    { numRuns: 150 },
  );
});

test("archives with Zip64 are those of the published vectors, which every SDK shares", () => {
  const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "golden-zip64.json"), "utf8"));
  const files = new Map(
    Object.entries<string>(vectors.files).map(([path, text]) => [path, utf8(text)] as const),
  );
  for (const { from, hex } of vectors.archives) {
    expect(toHex(writeZip(files, from))).toBe(hex);
    expect([...readZip(fromHex(hex), undefined, from).keys()]).toEqual([...files.keys()].sort());
  }
});

test("Zip64 archives are read by Python and Info-ZIP", () => {
  const root = mkdtempSync(join(tmpdir(), "arqon-zip-"));
  const files = new Map([
    ["a/small.txt", utf8("small")],
    ["b/large.bin", new Uint8Array(5000).fill(7)],
    ["c/after.txt", utf8("after")],
  ]);
  for (const from of [1, 10, 100, 4000]) {
    const path = join(root, `${from}.zip`);
    writeFileSync(path, writeZip(files, from));
    const script = [
      "import sys, zipfile, hashlib",
      "z = zipfile.ZipFile(sys.argv[1])",
      "assert z.testzip() is None",
      "print('\\n'.join(hashlib.sha256(z.read(n)).hexdigest() + ' ' + n for n in z.namelist()))",
    ].join("\n");
    const said = execFileSync("python3", ["-c", script, path], { encoding: "utf8" });
    expect(said.trim().split("\n")).toEqual([...files].map(([name, bytes]) => `${sha256Hex(bytes)} ${name}`));
    if (hasUnzip()) {
      execFileSync("unzip", ["-qo", path, "-d", join(root, `${from}`)]);
      for (const [name, bytes] of files)
        expect(readFileSync(join(root, `${from}`, name)).equals(bytes)).toBe(true);
    }
  }
  rmSync(root, { recursive: true });
});

function hasUnzip(): boolean {
  try {
    execFileSync("unzip", ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("an archive with Zip64 where none is needed is not canonical, nor one without where it is", async () => {
  const files = new Map([["a", utf8("12345")]]);
  for (const [written, read] of [
    [1, 0xffffffff],
    [0xffffffff, 1],
    [3, 6],
  ] as const) {
    const archive = writeZip(files, written);
    expect(() => readZip(archive, undefined, read)).toThrow(/canonical/);
    await expect(openZip(memorySource(archive), undefined, read)).rejects.toThrow(/canonical/);
  }
});

test("every byte of an archive flipped: found, plain and with Zip64", async () => {
  const files = new Map(
    [...(await sealedFixture())].slice(0, 4).map(([path, bytes]) => [path, bytes.subarray(0, 60)]),
  );
  for (const from of [0xffffffff, 50]) {
    const archive = writeZip(files, from);
    const read = async () => readAll(await openZip(memorySource(archive), undefined, from));
    expect((await read()).size).toBe(4);
    for (let at = 0; at < archive.length; at++)
      for (const bit of [1, 0x80]) {
        archive[at] = (archive[at] as number) ^ bit;
        await expect(read(), `byte ${at} of ${archive.length}`).rejects.toMatchObject({
          code: expect.stringMatching(/^(BUNDLE_MALFORMED|LIMIT_EXCEEDED)$/),
        });
        archive[at] = (archive[at] as number) ^ bit;
      }
  }
});

test("an archive that is cut, or goes on, is refused without reading outside it", async () => {
  const archive = writeZip(new Map([["a", utf8("12345")]]), 3);
  for (let length = 0; length < archive.length; length++)
    await expect(openZip(memorySource(archive.subarray(0, length)), undefined, 3)).rejects.toMatchObject({
      code: "BUNDLE_MALFORMED",
    });
  for (const more of [concatBytes(archive, utf8("x")), concatBytes(utf8("x"), archive)])
    await expect(openZip(memorySource(more), undefined, 3)).rejects.toMatchObject({
      code: "BUNDLE_MALFORMED",
    });
});

test("a file with another length than it said is refused, longer or shorter", async () => {
  for (const size of [4, 6]) {
    const file = { ...large(utf8("12345")), size };
    await expect(writeZipTo(memorySink(), new Map([["a", file]]))).rejects.toMatchObject({
      code: "BUNDLE_TAMPERED",
    });
  }
});

test("progress goes up to the whole", async () => {
  const told: number[] = [];
  const length = await writeZipTo(memorySink(), new Map([["a", large(utf8("123456789"))]]), (done) =>
    told.push(done),
  );
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(length);
});

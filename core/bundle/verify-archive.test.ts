import { describe, expect, test } from "vitest";
import { concatBytes, utf8 } from "../base/index.ts";
import { type BundleFiles, verifyArchive, writeZip } from "./index.ts";
import { changed, flip, without } from "./testing/damage.ts";
import { fixtureKeys, sealedFixture } from "./testing/sealed.ts";

describe("an archive", () => {
  test("that is canonical verifies as its files do", async () => {
    const archive = writeZip(await sealedFixture());
    expect(await verifyArchive(archive, { trust: fixtureKeys() })).toMatchObject({
      verdict: "VERIFIED",
      trusted: true,
      checks: expect.arrayContaining([expect.objectContaining({ name: "archive", status: "ok" })]),
    });
  });

  test("with the whole bundle in one folder verifies too, and with anything beside the folder does not", async () => {
    const within = new Map([...(await sealedFixture())].map(([path, bytes]) => [`any/${path}`, bytes]));
    expect(await verifyArchive(writeZip(within))).toMatchObject({ verdict: "VERIFIED" });
    expect(await verifyArchive(writeZip(within.set("beside", utf8(""))))).toMatchObject({
      verdict: "FAILED",
      code: "BUNDLE_MALFORMED",
    });
  });

  test("with a byte of a file changed names the file, by checksum and by digest", async () => {
    const files = await sealedFixture();
    const archive = writeZip(files);
    const at = Buffer.from(archive).indexOf('{"00":509');
    const report = await verifyArchive(flip(archive, at + 7));
    expect(report.verdict).toBe("FAILED");
    expect(report.checks[0]).toMatchObject({
      name: "archive",
      detail: expect.stringContaining("counts.json"),
    });
    expect(report.checks).toContainEqual(
      expect.objectContaining({ name: "digests", path: "results/counts.json" }),
    );
  });

  test("with one byte more is malformed before anything else is said of it, as for who imports it", async () => {
    const archive = concatBytes(writeZip(await sealedFixture()), utf8("x"));
    const report = await verifyArchive(archive, { trust: [] });
    expect(report).toMatchObject({ verdict: "FAILED", code: "BUNDLE_MALFORMED" });
  });

  test("repacked by another tool without a file, or with one more, names that file", async () => {
    const files = await sealedFixture();
    const loose = (bundle: BundleFiles) => {
      const archive = writeZip(bundle);
      archive[archive.length - 2] = 1; // A comment of one byte: no longer canonical.
      return concatBytes(archive, utf8("!"));
    };
    const removed = await verifyArchive(loose(without(files, "record/execution.json")));
    expect(removed.checks).toContainEqual(
      expect.objectContaining({ name: "files", path: "record/execution.json", status: "failed" }),
    );
    const added = await verifyArchive(loose(changed(files, "note.txt", utf8("hi"))));
    expect(added.checks).toContainEqual(expect.objectContaining({ name: "files", path: "note.txt" }));
    const whole = await verifyArchive(loose(files));
    expect(whole).toMatchObject({ verdict: "FAILED", checks: [{ name: "archive" }] });
  });

  test("of noise, or over a limit, is FAILED with the reason", async () => {
    expect(await verifyArchive(utf8("not a zip at all, not even nearly"))).toMatchObject({
      verdict: "FAILED",
    });
    const limits = { maxEntries: 1, maxFileBytes: 10, maxTotalBytes: 10 };
    const report = await verifyArchive(writeZip(await sealedFixture()), { limits });
    expect(report.checks).toMatchObject([{ name: "archive", detail: expect.stringContaining("at most 1") }]);
  });

  test("with any byte changed at all is FAILED", async () => {
    const archive = writeZip(await sealedFixture());
    for (let at = 0; at < archive.length; at += 149)
      expect((await verifyArchive(flip(archive, at))).verdict, `byte ${at}`).toBe("FAILED");
  });
});

import { describe, expect, test } from "vitest";
import { fromUtf8, utf8 } from "../../base/index.ts";
import { type BundleFiles, readZip, verifyBundle, writeZip } from "../index.ts";
import { changed, without } from "../testing/damage.ts";
import { sealedFixture } from "../testing/sealed.ts";
import { CONTAINER_FORMATS, fromContainer, isArchiveFormat, toContainer } from "./index.ts";

const sorted = (files: BundleFiles) => [...files].sort(([a], [b]) => (a < b ? -1 : 1));

describe("a container", () => {
  test("gives back the very files it was made of, and they verify", async () => {
    const files = await sealedFixture();
    for (const format of CONTAINER_FORMATS) {
      const container = toContainer(files, format);
      const read = isArchiveFormat(format) ? readZip(writeZip(container)) : container;
      const back = fromContainer(read);
      expect(sorted(back), format).toEqual(sorted(files));
      expect((await verifyBundle(back)).verdict, format).toBe("VERIFIED");
    }
  });

  test("of the eln kind has one folder at its root", async () => {
    const roots = [...toContainer(await sealedFixture(), "eln").keys()].map((path) => path.split("/")[0]);
    expect(new Set(roots).size).toBe(1);
    expect(roots[0]).toMatch(/^arqon-[0-9a-f]{12}$/);
  });

  test("that is a bag counts its payload and lists every file once", async () => {
    const files = await sealedFixture();
    const bag = toContainer(changed(files, "record/50%.txt", utf8("x")), "bagit");
    const text = (path: string) => fromUtf8(bag.get(path) as Uint8Array);
    expect(text("bagit.txt")).toBe("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    const octets = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 1);
    expect(text("bag-info.txt")).toContain(`Payload-Oxum: ${octets}.${files.size + 1}\n`);
    expect(text("manifest-sha256.txt")).toContain("  data/record/50%25.txt\n");
    expect(fromContainer(bag).has("record/50%.txt")).toBe(true);
  });

  test("that is a damaged bag is refused, and the file named", async () => {
    const bag = toContainer(await sealedFixture(), "bagit");
    const refused = (damaged: BundleFiles, what: string) =>
      expect(() => fromContainer(damaged)).toThrow(
        expect.objectContaining({ code: "BUNDLE_TAMPERED", message: expect.stringContaining(what) }),
      );
    refused(changed(bag, "data/VERIFY.md", utf8("x")), "data/VERIFY.md was changed");
    refused(without(bag, "data/VERIFY.md"), "data/VERIFY.md was removed");
    refused(changed(bag, "data/more.txt", utf8("x")), "data/more.txt was added");
    refused(changed(bag, "bag-info.txt", utf8("x")), "bag-info.txt was changed");
    refused(changed(bag, "manifest-sha256.txt", utf8("nonsense\n")), "no digest and path");
    const manifest = fromUtf8(bag.get("manifest-sha256.txt") as Uint8Array);
    const twice = `${"0".repeat(64)}  data/VERIFY.md\n${manifest}`;
    refused(changed(bag, "manifest-sha256.txt", utf8(twice)), "lists data/VERIFY.md twice");
  });

  test("that is a bag may have manifests of other digests beside ours", async () => {
    const bag = toContainer(await sealedFixture(), "bagit");
    const more = changed(bag, "tagmanifest-md5.txt", utf8("x"));
    expect(fromContainer(more).has("artifact.json")).toBe(true);
  });

  test("is not made of files whose paths lead out of it", async () => {
    const files = new Map(await sealedFixture());
    for (const path of ["../outside", "/etc/x", "a/../../x", "VERIFY.MD"])
      for (const format of CONTAINER_FORMATS)
        expect(() => toContainer(new Map(files).set(path, utf8("x")), format), path).toThrow(
          expect.objectContaining({ code: "BUNDLE_MALFORMED" }),
        );
  });

  test("of no known kind is left for verification to judge, and a stray file beside the folder is refused", async () => {
    const strange = new Map([["a.txt", utf8("x")]]);
    expect(fromContainer(strange)).toBe(strange);
    expect(fromContainer(new Map()).size).toBe(0);
    const eln = changed(toContainer(await sealedFixture(), "eln"), "stray.txt", utf8("x"));
    expect(() => fromContainer(eln)).toThrow(expect.objectContaining({ code: "BUNDLE_MALFORMED" }));
  });
});

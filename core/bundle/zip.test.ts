import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArqonError, concatBytes, utf8 } from "../base/index.ts";
import { crc32, portableCrc32 } from "./crc32.ts";
import { openZip, readZip, writeZip } from "./index.ts";
import { memorySource, readAll } from "./testing/archive.ts";
import { sealedFixture } from "./testing/sealed.ts";

/** One entry as an attacker would write it: every field can be wrong. */
interface Hostile {
  readonly name: string;
  readonly data?: Uint8Array;
  readonly size?: number;
  readonly method?: number;
  readonly mode?: number;
  readonly flags?: number;
  readonly at?: number;
  readonly localName?: string;
  readonly extra?: Uint8Array;
  readonly date?: number;
}

const u16 = (...values: number[]) => new Uint8Array(new Uint16Array(values).buffer);
const u32 = (...values: number[]) => new Uint8Array(new Uint32Array(values).buffer);

/** A ZIP archive by hand, from fields that may be wrong. */
function archiveOf(entries: readonly Hostile[], end: { comment?: string; count?: number } = {}): Uint8Array {
  const locals: Uint8Array[] = [];
  const records: Uint8Array[] = [];
  let at = 0;
  for (const entry of entries) {
    const data = entry.data ?? utf8("x");
    const { method = 0, flags = 0x0800, size = data.length, date = 0x21, extra = new Uint8Array() } = entry;
    const name = utf8(entry.name);
    const localName = utf8(entry.localName ?? entry.name);
    const middle = (length: number) =>
      concatBytes(u16(20, flags, method, 0, date), u32(crc32(data), data.length, size), u16(length));
    const local = concatBytes(
      u32(0x04034b50),
      middle(localName.length),
      u16(extra.length),
      localName,
      extra,
      data,
    );
    records.push(
      concatBytes(u32(0x02014b50), u16(0x0314), middle(name.length), u16(extra.length, 0, 0, 0)),
      u32(((entry.mode ?? 0o100644) << 16) >>> 0, entry.at ?? at),
      name,
      extra,
    );
    locals.push(local);
    at += local.length;
  }
  const directory = concatBytes(...records);
  const count = end.count ?? entries.length;
  const comment = utf8(end.comment ?? "");
  const tail = concatBytes(
    u32(0x06054b50),
    u16(0, 0, count, count),
    u32(directory.length, at),
    u16(comment.length),
  );
  return concatBytes(...locals, directory, tail, comment);
}

const refused: Uint8Array[] = [];
const refusal = (archive: Uint8Array): string => {
  refused.push(archive);
  try {
    readZip(archive);
  } catch (error) {
    expect(error).toBeInstanceOf(ArqonError);
    expect((error as ArqonError).code).toBe("BUNDLE_MALFORMED");
    return (error as ArqonError).message;
  }
  return "accepted";
};

describe("a canonical archive", () => {
  test("written by hand from the layout is accepted", () => {
    const files = new Map([
      ["b", utf8("x")],
      ["a/é", utf8("yy")],
    ]);
    const byHand = archiveOf([{ name: "a/é", data: utf8("yy") }, { name: "b" }]);
    expect(writeZip(files)).toEqual(byHand);
    expect([...readZip(byHand).keys()]).toEqual(["a/é", "b"]);
  });

  test("of any files reads back, in whatever order they came", () => {
    const name = fc.string({ unit: fc.constantFrom(..."abXYé_-ß漢"), minLength: 1, maxLength: 4 });
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(fc.array(fc.tuple(path, fc.uint8Array({ maxLength: 40 })), { maxLength: 8 }), (list) => {
        let archive: Uint8Array;
        try {
          archive = writeZip(new Map(list));
        } catch (error) {
          expect((error as ArqonError).code).toBe("BUNDLE_MALFORMED");
          return;
        }
        expect(writeZip(new Map([...new Map(list)].reverse()))).toEqual(archive);
        const back = readZip(archive);
        expect(new Map([...back].map(([key, value]) => [key, [...value]]))).toEqual(
          new Map([...new Map(list)].map(([key, value]) => [key, [...value]])),
        );
      }),
    );
  });

  test("with any byte changed, cut or added is refused", async () => {
    const files = await sealedFixture();
    const small = new Map([...files].filter(([, bytes]) => bytes.length < 700));
    const archive = writeZip(small);
    for (let at = 0; at < archive.length; at++) {
      const changed = archive.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      let code = "accepted";
      try {
        readZip(changed);
      } catch (error) {
        code = (error as ArqonError).code;
      }
      expect(["BUNDLE_MALFORMED", "LIMIT_EXCEEDED"], `byte ${at}`).toContain(code);
    }
    for (const length of [0, 1, 21, 22, archive.length - 1])
      expect(refusal(archive.subarray(0, length))).not.toBe("accepted");
    expect(refusal(concatBytes(archive, new Uint8Array(1)))).not.toBe("accepted");
    expect(refusal(concatBytes(new Uint8Array(1), archive))).not.toBe("accepted");
  });

  test("reading noise gives an ArqonError", () => {
    const good = writeZip(
      new Map([
        ["a", utf8("1")],
        ["b/c", utf8("22")],
      ]),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(good.length), fc.nat(30), (noise, at, skip) => {
        const mixed = concatBytes(
          good.subarray(0, at),
          noise,
          good.subarray(Math.min(good.length, at + skip)),
        );
        for (const archive of [noise, mixed]) {
          try {
            readZip(archive);
          } catch (error) {
            expect(error).toBeInstanceOf(ArqonError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a hostile archive is refused by name", () => {
  test.each([
    ["../x", "part"],
    ["a/../../x", "part"],
    ["/etc/passwd", "absolute"],
    ["a//b", "empty part"],
    ["folder/", "ends in /"],
    ["./x", "part"],
    ["a\\b", "backslash"],
    ["C:x", "one of"],
    ["a\u0000b", "control"],
    ["a\u202eb", "bidirectional"],
    ["a\u200bb", "invisible"],
    ["cafe\u0301", "NFC"],
    ["con", "device"],
    ["x/NUL.txt", "device"],
    ["x/lpt1", "device"],
    ["a.", "dot or a space"],
    ["b /x", "dot or a space"],
    ["", "empty"],
    ["x".repeat(600), "longer"],
  ])("the path %j", (name, why) => {
    expect(refusal(archiveOf([{ name }]))).toContain(why);
  });

  test.each([
    ["a symbolic link", { mode: 0o120777 }, "mode 0120777"],
    ["a folder", { mode: 0o040755 }, "mode 040755"],
    ["a device", { mode: 0o060644 }, "mode 060644"],
    ["other permissions", { mode: 0o100755 }, "re-serialisation"],
    ["another date", { date: 0x22 }, "re-serialisation"],
    ["encryption", { flags: 0x0801 }, "flags"],
    ["a data descriptor", { flags: 0x0808 }, "flags"],
    ["an extra field", { extra: new Uint8Array(4) }, "extra field"],
    ["another local name", { localName: "y" }, "another name"],
    ["a size that lies", { size: 2 }, "another size"],
    ["an offset that lies", { at: 3 }, "entries overlap"],
  ] as const)("%s", (_what, change, why) => {
    expect(refusal(archiveOf([{ name: "x", ...change }]))).toContain(why);
  });

  test("duplicates, also after case folding or as a folder", () => {
    expect(refusal(archiveOf([{ name: "x" }, { name: "x" }]))).toContain("twice");
    expect(refusal(archiveOf([{ name: "A.txt" }, { name: "a.TXT" }]))).toContain("only in case");
    expect(refusal(archiveOf([{ name: "straße" }, { name: "STRASSE" }]))).toContain("only in case");
    expect(refusal(archiveOf([{ name: "a" }, { name: "a/b" }]))).toContain("also a file");
    expect(refusal(archiveOf([{ name: "A/b" }, { name: "a" }]))).toContain("also a folder");
    expect(refusal(archiveOf([{ name: "A/b" }, { name: "a/c" }]))).toContain("only in case");
  });

  test("a deflate bomb, before anything is inflated", () => {
    const bomb = deflateRawSync(new Uint8Array(10 * 2 ** 20));
    expect(refusal(archiveOf([{ name: "bomb", data: bomb, size: 10 * 2 ** 20, method: 8 }]))).toContain(
      "method 8",
    );
  });

  test("overlapping, unsorted or gapped entries, and a directory with strays", () => {
    expect(refusal(archiveOf([{ name: "a" }, { name: "b", at: 0 }]))).toContain("overlap");
    expect(refusal(archiveOf([{ name: "b" }, { name: "a" }]))).toContain("re-serialisation");
    expect(refusal(archiveOf([{ name: "a" }, { name: "b" }], { count: 1 }))).toContain("belong to no entry");
    expect(refusal(archiveOf([{ name: "a" }], { count: 2 }))).toContain("entry 1");
    expect(refusal(archiveOf([{ name: "a" }], { comment: "hello" }))).toContain("without comment");
    expect(refusal(archiveOf([{ name: "a" }], { count: 0xffff }))).toContain("Zip64");
  });

  test("more files or bytes than the limits allow", () => {
    const archive = writeZip(
      new Map([
        ["a", utf8("123")],
        ["b", utf8("456")],
      ]),
    );
    const over = (limits: object) => () =>
      readZip(archive, { maxEntries: 9, maxFileBytes: 9, maxTotalBytes: 9, ...limits });
    const limit = expect.objectContaining({ code: "LIMIT_EXCEEDED" });
    expect(over({ maxEntries: 1 })).toThrow(limit);
    expect(over({ maxFileBytes: 2 })).toThrow(limit);
    expect(over({ maxTotalBytes: 5 })).toThrow(limit);
    expect(over({})).not.toThrow();
  });
});

test("the reader of long archives refuses every one of them too", async () => {
  expect(refused.length).toBeGreaterThan(40);
  for (const archive of refused) {
    const reading = openZip(memorySource(archive)).then((files) => readAll(files));
    await expect(reading).rejects.toMatchObject({ code: "BUNDLE_MALFORMED" });
  }
});

test("crc32 is that of the standard's check value, with and without the runtime's help", () => {
  expect(portableCrc32(utf8("123456789"))).toBe(0xcbf43926);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32(bytes) === portableCrc32(bytes)));
});

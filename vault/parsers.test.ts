import { ArqonError, canonicalJson, canonicalJsonFile, type Json, sha256Hex, utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeSheet, parseSheet, type RecordSheet } from "./index/index.ts";
import { parseKeystore } from "./keys/keystore-file.ts";
import { parseTrust } from "./trust.ts";

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const id = digest.map((hex) => `sha256:${hex}`);
const text = fc.string({ unit: "grapheme", maxLength: 30 });
const sheet: fc.Arbitrary<RecordSheet> = fc.record({
  recipeId: id,
  artifactId: id,
  recordId: id,
  artifactType: text,
  jobId: text,
  backendId: text,
  createdAt: text,
  title: text,
  reported: fc.boolean(),
  ledgerIndex: fc.integer({ min: -1, max: 1e9 }),
  addedAt: text,
  parents: fc.array(fc.record({ artifactId: id, role: text }), { maxLength: 3 }),
  files: fc.array(fc.tuple(text, digest), { maxLength: 5 }).map((entries) => new Map(entries)),
  within: fc
    .array(fc.tuple(text, fc.uint8Array({ maxLength: 20 })), { maxLength: 4 })
    .map((entries) => new Map(entries)),
});

/** Whatever a parser is given, it answers or throws an ArqonError. */
function answersOrRefuses(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(ArqonError);
  }
}

test("a record sheet comes back as it was", () => {
  fc.assert(
    fc.property(sheet, (one) => {
      const files = new Map(one.files);
      for (const [path, bytes] of one.within) files.set(path, sha256Hex(bytes));
      expect(parseSheet(encodeSheet({ ...one, files }), "sheet")).toEqual({ ...one, files });
    }),
  );
});

test("parsers of stored files refuse anything else by a code of the catalogue", () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.jsonValue().map((value) => canonicalJsonFile(value as Json)),
    fc
      .record({
        schema: fc.constantFrom(
          "arqonbus.keystore.v1",
          "arqonbus.keystore.v2",
          "urn:arqon:record_sheet:v1",
          "urn:arqon:record_sheet:v2",
        ),
        kdf: fc.oneof(fc.jsonValue(), fc.constant({ name: "argon2id", salt: "AAAA" })),
        keys: fc.oneof(
          fc.jsonValue(),
          fc.constant([{ algorithm: "ed25519", publicKey: "AA==", keyId: "x" }]),
        ),
        parents: fc.jsonValue(),
        files: fc.jsonValue(),
        within: fc.oneof(fc.jsonValue(), fc.constant([["a", 3]])),
        mac: fc.jsonValue(),
      })
      .map((value) => canonicalJsonFile(value as Json)),
  );
  fc.assert(
    fc.property(anything, (bytes) => {
      answersOrRefuses(() => parseKeystore(bytes, "keystore.json"));
      answersOrRefuses(() => parseSheet(bytes, "sheet"));
    }),
    { numRuns: 500 },
  );
  const list = fc.array(
    fc.record({ keyId: text, algorithm: text, publicKeyPem: text }).map((entry) => canonicalJson(entry)),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        fc.json(),
        list.map((items) => `[${items.join()}]`),
      ),
      (trust) => {
        answersOrRefuses(() => parseTrust(trust, "trust.json"));
      },
    ),
  );
  expect(parseTrust("[]", "trust.json")).toEqual([]);
  expect(() => parseKeystore(utf8("{}\n"), "keystore.json")).toThrow(/was altered or damaged/);
});

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, fromUtf8, type Json, parseJson, sha256Hex, utf8 } from "../base/index.ts";
import {
  encodeSignedManifest,
  parseSignedManifest,
  readZip,
  type SignedManifest,
  signedManifestOf,
  verifySignedManifest,
} from "./index.ts";
import { fromYaml, toYaml } from "./plain-yaml.ts";
import { flip } from "./testing/damage.ts";
import { fixtureKeys, sealedFixture } from "./testing/sealed.ts";

const signed = async (): Promise<SignedManifest> => signedManifestOf(await sealedFixture());

test.each(["json", "yaml"] as const)(
  "a manifest in %s verifies from the file and a trust file alone",
  async (format) => {
    const bytes = encodeSignedManifest(await signed(), format);
    const read = parseSignedManifest(bytes, "run");
    expect(encodeSignedManifest(read, format)).toEqual(bytes);
    const report = await verifySignedManifest(read, { trust: fixtureKeys() });
    expect(report.checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(report).toMatchObject({ verdict: "VERIFIED", recordId: expect.stringMatching(/^sha256:/) });
  },
);

test.each(["json", "yaml"] as const)("any altered byte of a manifest in %s is found", async (format) => {
  const bytes = encodeSignedManifest(await signed(), format);
  const step = process.env["ARQON_EVERY_BYTE"] ? 1 : 97;
  for (let at = 0; at < bytes.length; at += step) {
    let verdict: string;
    try {
      const read = parseSignedManifest(flip(bytes, at), "run");
      ({ verdict } = await verifySignedManifest(read, { trust: fixtureKeys() }));
    } catch (error) {
      verdict = (error as { code: string }).code;
    }
    expect(["FAILED", "JSON_INVALID", "BUNDLE_MALFORMED"], `byte ${at}`).toContain(verdict);
  }
});

test("a signer nobody trusts, one out of its time, a stripped signature and another run's statement are refused", async () => {
  const good = await signed();
  const judge = async (
    manifest: SignedManifest,
    trust = fixtureKeys(),
    mode?: "classical" | "pqc-required",
  ) => (await verifySignedManifest(manifest, { trust, ...(mode && { mode }) })).verdict;
  expect(await judge(good, [])).toBe("FAILED");
  expect(await judge(good, fixtureKeys(8))).toBe("FAILED");
  expect(
    await judge(
      good,
      fixtureKeys().map((key) => ({ ...key, notAfter: "2025-01-01T00:00:00Z" })),
    ),
  ).toBe("FAILED");
  const { envelope } = good;
  const stripped = { ...good, envelope: { ...envelope, signatures: envelope.signatures.slice(0, 1) } };
  expect(await judge(stripped)).toBe("FAILED");
  expect(await judge(stripped, fixtureKeys(), "pqc-required")).toBe("FAILED");
  expect(await judge({ ...good, manifest: { ...good.manifest, seed: "0x99" } })).toBe("FAILED");
  for (const mode of ["classical", "pqc-required"] as const)
    expect(await judge(good, fixtureKeys(), mode)).toBe("VERIFIED");
});

test("YAML holds any JSON value and reads it back; other ways to write it are refused", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      // Characters beyond U+FFFF, in two halves, are the ones that YAML writes otherwise than JSON.
      const json = { value, "😀": "\\U0001f600 😀" } as Json;
      const plain = parseJson(JSON.stringify(json), "value");
      expect(canonicalJson(fromYaml(toYaml(plain), "x"))).toBe(canonicalJson(plain));
    }),
    { numRuns: 500 },
  );
  for (const text of [
    '"a": 1\n"a": 1\n',
    "a: 1\n",
    '"a": &x 1\n',
    '"a": 1',
    '"a":  1\n',
    '"b": 1\n"a": 2\n',
    '"a": 1\n# x\n',
    "- - 1\n",
    '"\\ud83d\\ude00"\n',
    '"\\U0001F600"\n',
    '"\\U00110000"\n',
    '"\\U00000022"\n',
    "\n",
    "",
  ])
    expect(() => fromYaml(text, "x"), text).toThrow(expect.objectContaining({ code: "JSON_INVALID" }));
  expect(() => parseSignedManifest(utf8('"a": 1\n'), "x")).toThrow(
    expect.objectContaining({ code: "BUNDLE_MALFORMED" }),
  );
  expect(toYaml("\u007f\uffff😀")).toBe('"\\u007f\\uffff\\U0001f600"\n');
  expect(fromUtf8(utf8(toYaml({ b: [1, { é: null }], a: {} })))).toBe(
    '"a": {}\n"b":\n  - 1\n  -\n    "\\u00e9": null\n',
  );
});

test("every SDK writes the same bytes: the golden bundle's manifest has these digests", () => {
  const read = (name: string): Buffer => readFileSync(new URL(name, import.meta.url));
  const golden = signedManifestOf(readZip(read("./golden.zip")));
  const digests = (["json", "yaml"] as const).map((format) =>
    sha256Hex(encodeSignedManifest(golden, format)),
  );
  expect(digests).toEqual(read("./golden.signed_manifest.sha256").toString().trim().split("\n"));
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArqonError, fromBase64, toBase64, utf8 } from "../base/index.ts";
import {
  BOTH_SUITES,
  createVerifier,
  formatTlogProof,
  leafHash,
  nodeHash,
  noteKeyHash,
  parseCheckpoint,
  parseTlogProof,
  signCheckpoint,
  systemVerifier,
  verifierKey,
  verifyCheckpoint,
  verifyTlogProof,
} from "./index.ts";
import { testKeys } from "./testing/index.ts";

const keys = testKeys(1);
const entry = utf8("entry");
const sibling = leafHash(utf8("other"));
const root = nodeHash(leafHash(entry), sibling);
const note = await signCheckpoint({ origin: "log.example/runs", size: 2, root }, keys);
const policy = { keys, require: BOTH_SUITES, verifier: systemVerifier() };
const judge = (text: string, change: Partial<typeof policy> = {}) =>
  verifyCheckpoint(parseCheckpoint(text), { ...policy, ...change });

describe("a checkpoint", () => {
  test("reads back and verifies under both suites", async () => {
    expect(parseCheckpoint(note)).toMatchObject({ origin: "log.example/runs", size: 2, root });
    expect(await judge(note)).toMatchObject({ status: "ok", validKeyIds: keys.map(({ keyId }) => keyId) });
  });

  test("names keys as the C2SP specification's example does", () => {
    // Key of "PeterNeumann" in the documentation of golang.org/x/mod/sumdb/note.
    const raw = fromBase64("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").subarray(1);
    const spki = Uint8Array.from([...(keys[0] as (typeof keys)[0]).spki.subarray(0, 12), ...raw]);
    expect(verifierKey("PeterNeumann", "ed25519", spki)).toBe(
      "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    );
    expect(noteKeyHash("PeterNeumann", "ed25519", spki)).toEqual(Uint8Array.of(0xc7, 0x4f, 0x20, 0xa3));
  });

  test("stripped of a signature, or signed by others alone, is refused", async () => {
    const lines = note.split("\n");
    const stripped = [...lines.slice(0, 5), ""].join("\n");
    expect(await judge(stripped)).toMatchObject({ status: "failed" });
    expect(await judge(note, { keys: testKeys(2) })).toMatchObject({ status: "failed" });
    expect(await judge(note, { verifier: createVerifier() })).toMatchObject({ status: "not-checked" });
  });

  test("with a witness's line besides is accepted; with a line twice it is refused", async () => {
    const witness = `${note}\u2014 witness.example ${toBase64(new Uint8Array(76))}\n`;
    expect(await judge(witness)).toMatchObject({ status: "ok" });
    const line = note.split("\n")[4];
    expect(await judge(`${note}${line}\n`)).toMatchObject({ status: "failed" });
  });

  test("with any character changed is refused or fails", async () => {
    for (let at = 0; at < note.length; at += at < 250 ? 1 : 97) {
      const other = note[at] === "A" ? "B" : "A";
      const changed = note.slice(0, at) + other + note.slice(at + 1);
      let status = "malformed";
      try {
        status = (await judge(changed)).status;
      } catch (error) {
        expect((error as ArqonError).code).toBe("LEDGER_INVALID");
      }
      expect(status, `at ${at}`).not.toBe("ok");
    }
  });

  test("in any other form is refused with LEDGER_INVALID", () => {
    const [origin, size, base64] = note.split("\n");
    const forms = [
      "",
      "x",
      note.trimEnd(),
      note.replace("\n\n", "\n"),
      note.replace(`${origin}\n`, "two words\n"),
      note.replace(`\n${size}\n`, "\n02\n"),
      note.replace(`\n${size}\n`, "\n-1\n"),
      note.replace(`\n${size}\n`, "\n9007199254740993\n"),
      note.replace(String(base64), "AAAA"),
      note.replace("\n\n", "\nextension\n\n"),
      note.replace("\u2014", "-"),
      `${note}\n`,
    ];
    for (const form of forms)
      expect(() => parseCheckpoint(form), form).toThrow(expect.objectContaining({ code: "LEDGER_INVALID" }));
  });

  test("parsing anything gives a checkpoint or LEDGER_INVALID", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(), (noise, at) => {
        for (const text of [noise, note.slice(0, at % note.length) + noise + note.slice(at % note.length)])
          for (const parse of [parseCheckpoint, parseTlogProof])
            try {
              parse(text);
            } catch (error) {
              expect(error).toBeInstanceOf(ArqonError);
            }
      }),
    );
  });
});

describe("a ledger proof file", () => {
  const text = formatTlogProof({ index: 0, hashes: [sibling], checkpoint: note });

  test("reads back and holds for its entry only", () => {
    const proof = parseTlogProof(text);
    expect(formatTlogProof(proof)).toBe(text);
    expect(verifyTlogProof(proof, entry)).toBe(true);
    expect(verifyTlogProof(proof, utf8("another"))).toBe(false);
    expect(verifyTlogProof(parseTlogProof(text.replace("index 0", "index 1")), entry)).toBe(false);
  });

  test("of one entry has no hashes", async () => {
    const alone = await signCheckpoint({ origin: "log", size: 1, root: leafHash(entry) }, keys);
    const proof = parseTlogProof(formatTlogProof({ index: 0, hashes: [], checkpoint: alone }));
    expect(verifyTlogProof(proof, entry)).toBe(true);
  });

  test("in any other form is refused with LEDGER_INVALID", () => {
    const forms = [
      text.replace("@v1", "@v2"),
      text.replace("index 0", "index 00"),
      text.replace("index 0", "index -1"),
      text.replace("index 0\n", ""),
      text.replace(toBase64(sibling), "AAAA"),
      text.replace("\n\n", "\n"),
    ];
    for (const form of forms)
      expect(() => parseTlogProof(form), form).toThrow(expect.objectContaining({ code: "LEDGER_INVALID" }));
  });
});

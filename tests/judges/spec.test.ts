/** Bundles, judged by a verifier in Go that was written from docs/spec/bundle.md: it and ours agree on what to believe. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { canonicalJsonFile, fromUtf8, type JsonObject, parseJson, utf8 } from "@arqon/core/base";
import {
  type BundleFiles,
  jsonResult,
  prepareBundle,
  readZip,
  renderSums,
  SUMS_PATH,
  verifyBundle,
  withProof,
} from "@arqon/core/bundle";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureDraft, fixtureKeys, sealedFixture, sealFixture } from "../../core/bundle/testing/sealed.ts";
import { specJudge } from "./places.ts";

const judge = specJudge();
const schemas = resolve(import.meta.dirname, "../../schemas");
const replay = readZip(
  new Uint8Array(readFileSync(resolve(import.meta.dirname, "../../core/bundle/golden-replay.zip"))),
);
const why = "no .services/spec-judge";

describe.skipIf(!judge)(`a reader of the specification${judge ? "" : ` (left out: ${why})`}`, () => {
  let scratch: string;
  let count = 0;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "arqon-spec-"));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** What Go says, and what we say. */
  async function judged(files: BundleFiles): Promise<{ go: string; ours: string }> {
    const folder = join(scratch, String(count++));
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    const go = await new Promise<string>((done) => {
      execFile(judge as string, [schemas, folder], (error, stdout, stderr) =>
        done(error && !/^FAILED /.test(stdout) ? `crashed: ${stderr}` : (stdout.split(/\s/)[0] as string)),
      );
    });
    rmSync(folder, { recursive: true });
    return { go, ours: (await verifyBundle(files)).verdict };
  }
  const verified = { go: "VERIFIED", ours: "VERIFIED" };
  const failed = { go: "FAILED", ours: "FAILED" };
  const changed = (files: BundleFiles, path: string, bytes?: Uint8Array): BundleFiles => {
    const copy = new Map(files);
    if (bytes) copy.set(path, bytes);
    else copy.delete(path);
    return path === SUMS_PATH ? copy : copy.set(SUMS_PATH, renderSums(copy));
  };

  test("accepts bundles of every kind, with parents, of other words and of odd names", async () => {
    expect(await judged(replay), "golden-replay.zip").toEqual(verified);
    for (const artifactType of ["run", "gradient", "calibration", "replay", "validation"] as const)
      expect(await judged(await sealedFixture({ artifactType })), artifactType).toEqual(verified);
    const { decision: _none, ...manifest } = fixtureDraft().manifest;
    const odd = {
      parents: ["replayOf", "é \u2028"].map((role) => ({ artifactId: `sha256:${"1".repeat(64)}`, role })),
      engine: { name: "sdk", semantics: "0" },
      reported: true,
      manifest: { ...manifest, backendId: "a b/ü!'()*~+%" },
      record: new Map([["execution.json", canonicalJsonFile({ started: "soon", ended: null })]]),
      results: new Map([
        ["a/b.json", jsonResult([1e21, 1e16, 5e-324, 0.1 + 0.2, -1e-7, "\u007f\u2028\b"])],
        ["keys.json", jsonResult({ "\u{1f600}": 1, "\ufb33": 2, 10: 3, 2: 4 })],
        ["scalar.json", jsonResult(null)],
      ]),
    };
    expect(await judged(await sealedFixture(odd)), "odd").toEqual(verified);
  });

  test("refuses a bundle of which any file was changed or removed, or to which one was added, as we do", async () => {
    for (const [path, bytes] of replay) {
      const flipped = Uint8Array.from(bytes);
      flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] as number) ^ 1;
      expect(await judged(changed(replay, path, flipped)), `changed ${path}`).toEqual(failed);
      if (path !== SUMS_PATH) expect(await judged(changed(replay, path)), `removed ${path}`).toEqual(failed);
    }
    for (const path of ["x", "results/x", "record/x.json", "provenance/parents/x", "ledger/keys/x.pub.pem"])
      expect(await judged(changed(replay, path, utf8("{}\n"))), `added ${path}`).toEqual(failed);
  });

  test("refuses what was sealed wrong, and a proof of another entry, as we do", async () => {
    const prepared = prepareBundle(fixtureDraft(), { title: "bell.qasm" });
    const statement = parseJson(fromUtf8(prepared.statement), "statement") as JsonObject;
    const subject = (statement["subject"] as readonly JsonObject[]).slice(1);
    const [classical] = fixtureKeys();
    for (const [what, files] of [
      ["a subject is missing", sealFixture({ ...prepared, statement: json({ ...statement, subject }) })],
      ["another word", sealFixture({ ...prepared, statement: json({ ...statement, more: 1 }) })],
      ["a line feed", sealFixture({ ...prepared, statement: canonicalJsonFile(statement) })],
      ["one suite", sealFixture(prepared, classical ? [classical] : [])],
    ] as const)
      expect(await judged(await files), what).toEqual(failed);
    const proof = fromUtf8(replay.get("ledger/inclusion.tlog-proof") as Uint8Array);
    expect(await judged(withProof(await sealedFixture(), proof)), "proof").toEqual(failed);
    const witnessed = `${proof}\u2014 witness.example ${btoa("1234 and a signature")}\n`;
    expect(await judged(withProof(replay, witnessed)), "a witness").toEqual(verified);
  });
});

const json = (value: JsonObject): Uint8Array => canonicalJsonFile(value).slice(0, -1);

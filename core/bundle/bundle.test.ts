import { expect, test } from "vitest";
import { canonicalJsonFile, fromUtf8, parseJson, toBase64, utf8 } from "../base/index.ts";
import {
  createVerifier,
  encodeEnvelope,
  nodeCrypto,
  type PublicKey,
  parseEnvelope,
  pemOf,
} from "../proof/index.ts";
import {
  type BundleFiles,
  countsResult,
  prepareBundle,
  problemsOf,
  readManifest,
  readZip,
  recipeOf,
  SUMS_PATH,
  verifyBundle,
  withProof,
  writeZip,
} from "./index.ts";
import { ENVELOPE_PATH, PROOF_PATH } from "./layout.ts";
import { changed, flip, without } from "./testing/damage.ts";
import { fixtureDraft, fixtureKeys, sealedFixture, sealFixture } from "./testing/sealed.ts";

test("a sealed bundle verifies from its files alone, and says that nobody vouched for the signer", async () => {
  const report = await verifyBundle(await sealedFixture());
  expect(problemsOf(report)).toEqual([expect.stringContaining("signer not in your trust file")]);
  expect(report).toMatchObject({ verdict: "VERIFIED", trusted: false });
});

test("with the signer's keys in the trust file it is trusted", async () => {
  const report = await verifyBundle(await sealedFixture(), { trust: fixtureKeys() });
  expect(problemsOf(report)).toEqual([]);
  expect(report).toMatchObject({ verdict: "VERIFIED", trusted: true });
});

test("with other keys, or only one of them, in the trust file it is untrusted", async () => {
  const files = await sealedFixture();
  for (const trust of [[], fixtureKeys(8), fixtureKeys().slice(0, 1)]) {
    const report = await verifyBundle(files, { trust });
    expect(report).toMatchObject({ verdict: "UNTRUSTED", trusted: false });
    expect(problemsOf(report).join()).toContain("not in your trust file");
  }
});

test("a key that was removed is refused, whether or not there is a trust file that has it", async () => {
  const files = await sealedFixture();
  const refused = fixtureKeys()
    .slice(0, 1)
    .map(({ keyId }) => keyId);
  for (const trust of [undefined, fixtureKeys()]) {
    const report = await verifyBundle(files, { refused, ...(trust && { trust }) });
    expect(report).toMatchObject({ verdict: "UNTRUSTED", trusted: false, code: "KEY_UNKNOWN" });
  }
});

test("counts that no two readers read alike are said to be so first", async () => {
  const files = await sealedFixture();
  for (const text of ['{"00":NaN}\n', '{"00":1,"00":2}\n']) {
    const report = await verifyBundle(changed(files, "results/counts.json", utf8(text), true));
    expect(report).toMatchObject({ verdict: "FAILED", code: "JSON_AMBIGUOUS" });
  }
});

test("a trusted key outside its validity is not trusted", async () => {
  const trust = fixtureKeys().map((key) => ({ ...key, notAfter: "2025-12-31T00:00:00Z" }));
  expect(await verifyBundle(await sealedFixture(), { trust })).toMatchObject({ verdict: "UNTRUSTED" });
});

test("where a suite cannot be checked the verdict is never VERIFIED", async () => {
  const node = nodeCrypto();
  const ed25519Only = {
    verify: async (...args: Parameters<ReturnType<typeof createVerifier>["verify"]>) =>
      args[0] === "ed25519" ? createVerifier({ node }).verify(...args) : ("unavailable" as const),
  };
  const report = await verifyBundle(await sealedFixture(), { verifier: ed25519Only, trust: fixtureKeys() });
  expect(report.verdict).toBe("UNTRUSTED");
  expect(report.checks).toContainEqual(expect.objectContaining({ name: "signature", status: "not-checked" }));
  expect((await verifyBundle(await sealedFixture(), { verifier: createVerifier() })).verdict).toBe(
    "UNTRUSTED",
  );
});

test("any change to any file is found and named", async () => {
  const files = await sealedFixture();
  for (const [path, bytes] of files) {
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const report = await verifyBundle(changed(files, path, flip(bytes, at)));
      expect(report.verdict, `${path} at ${at}`).toBe("FAILED");
      expect(report.checks.filter(({ status }) => status === "failed").map((check) => check.path)).toContain(
        path,
      );
    }
  }
});

test("any removed file is found and named", async () => {
  const files = await sealedFixture();
  for (const path of files.keys()) {
    const report = await verifyBundle(without(files, path));
    expect(report.verdict, path).toBe("FAILED");
    expect(report.checks.filter(({ status }) => status === "failed").map((check) => check.path)).toContain(
      path,
    );
  }
});

test("an added file is found and named, wherever it is put", async () => {
  const files = await sealedFixture();
  for (const path of [
    "note.txt",
    "record/extra.json",
    "attestations/keys/extra.pub.pem",
    "results/more.json",
  ]) {
    const report = await verifyBundle(changed(files, path, utf8("{}\n")));
    expect(report.checks).toContainEqual(expect.objectContaining({ name: "files", status: "failed", path }));
  }
});

test("rewriting SHA256SUMS after a change, a removal or an addition does not help", async () => {
  const files = await sealedFixture();
  for (const [path, bytes] of files) {
    if (path === SUMS_PATH) continue;
    const flipped = await verifyBundle(changed(files, path, flip(bytes, bytes.length >> 1), true));
    expect(flipped.verdict, `changed ${path}`).toBe("FAILED");
    expect((await verifyBundle(without(files, path, true))).verdict, `removed ${path}`).toBe("FAILED");
  }
  expect((await verifyBundle(changed(files, "note.txt", utf8("hi"), true))).verdict).toBe("FAILED");
});

test("a key file that signed nothing, or a signature whose key is missing, is found", async () => {
  const files = await sealedFixture();
  const stranger = utf8(pemOf((fixtureKeys(9)[0] as PublicKey).spki));
  const swapped = await verifyBundle(changed(files, "attestations/keys/ed25519.pub.pem", stranger, true));
  expect(swapped.verdict).toBe("FAILED");
  expect(problemsOf(swapped).join()).toContain("whose key is not in the bundle");
  const misplaced = files.get("attestations/keys/ml-dsa-65.pub.pem") as Uint8Array;
  const wrongName = await verifyBundle(changed(files, "attestations/keys/ed25519.pub.pem", misplaced, true));
  expect(problemsOf(wrongName).join()).toContain("it holds an ml-dsa-65 key");
  expect(wrongName.code).toBe("SIGNATURE_INVALID");
  const noText = await verifyBundle(changed(files, PROOF_PATH, Uint8Array.of(0xff, 0xfe), true));
  expect(noText.code).toBe("LEDGER_INVALID");
  const ledgerKey = await verifyBundle(changed(files, "ledger/keys/ed25519.pub.pem", stranger, true));
  expect(ledgerKey.checks).toContainEqual(expect.objectContaining({ name: "checkpoint", status: "failed" }));
});

test("a statement about what is no text is found", async () => {
  const files = await sealedFixture();
  const envelope = parseEnvelope(files.get(ENVELOPE_PATH) as Uint8Array);
  for (const subject of [
    { name: null, digest: { sha256: "x" } },
    { name: "x", digest: { sha256: [] } },
  ]) {
    const payload = toBase64(canonicalJsonFile({ subject: [subject] }).slice(0, -1));
    const report = await verifyBundle(
      changed(files, ENVELOPE_PATH, encodeEnvelope({ ...envelope, payload })),
    );
    expect(report.verdict).toBe("FAILED");
    expect(report.checks).toContainEqual(
      expect.objectContaining({ name: "statement", code: "JSON_INVALID" }),
    );
  }
});

test("an envelope or a proof taken from another bundle is found", async () => {
  const files = await sealedFixture();
  const other = await sealedFixture({ results: new Map([["counts.json", countsResult({ "00": 7 })]]) });
  for (const path of ["attestations/provenance.dsse.json", "ledger/inclusion.tlog-proof"]) {
    const mixed = await verifyBundle(changed(files, path, other.get(path) as Uint8Array, true));
    expect(mixed.verdict, path).toBe("FAILED");
  }
});

test("an envelope stripped of its ML-DSA signature is refused", async () => {
  const prepared = prepareBundle(fixtureDraft());
  const report = await verifyBundle(await sealFixture(prepared, fixtureKeys().slice(0, 1)));
  expect(report.verdict).toBe("FAILED");
  expect(problemsOf(report).join()).toContain("no valid ml-dsa-65 signature");
});

test("a classical bundle verifies only where the caller asks for Ed25519 alone", async () => {
  const prepared = prepareBundle(fixtureDraft(), { suites: ["ed25519"] });
  const files = await sealFixture(prepared, fixtureKeys().slice(0, 1));
  expect((await verifyBundle(files)).verdict).toBe("FAILED");
  expect((await verifyBundle(files, { require: [["ed25519"]] })).verdict).toBe("VERIFIED");
});

test("signing another bundle's files with one's own keys gives a bundle that is untrusted", async () => {
  const draft = fixtureDraft({ results: new Map([["counts.json", countsResult({ "00": 1024 })]]) });
  const forged = await sealFixture(prepareBundle(draft), fixtureKeys(9));
  expect((await verifyBundle(forged, { trust: fixtureKeys() })).verdict).toBe("UNTRUSTED");
});

test("ids depend on what was asked and what came out, not on time, host, title or signer", async () => {
  const base = prepareBundle(fixtureDraft());
  const again = prepareBundle(
    fixtureDraft({
      record: new Map(),
      reported: true,
      manifest: { ...fixtureDraft().manifest, createdAt: "2030-01-01T00:00:00Z", tenant: "x", jobId: "y" },
    }),
    { title: "another", suites: ["ed25519"] },
  );
  expect(again.ids.artifactId).toBe(base.ids.artifactId);
  expect(again.ids.recordId).not.toBe(base.ids.recordId);
  const other = prepareBundle(
    fixtureDraft({ results: new Map([["counts.json", countsResult({ "00": 1 })]]) }),
  );
  expect(other.ids.recipeId).toBe(base.ids.recipeId);
  expect(other.ids.artifactId).not.toBe(base.ids.artifactId);
  const engine = prepareBundle(fixtureDraft({ engine: { name: "arqon-statevector", semantics: "2" } }));
  expect(engine.ids.recipeId).not.toBe(base.ids.recipeId);
});

test("preparing twice gives the same bytes, whatever order files come in", () => {
  const draft = fixtureDraft();
  const reversed = fixtureDraft({ recipe: new Map([...draft.recipe].reverse()) });
  expect(prepareBundle(reversed).statement).toEqual(prepareBundle(draft).statement);
});

test("a draft with a bad path, loose JSON, a wrong logical digest or a bad time is refused by code", () => {
  const refuse = (change: Parameters<typeof fixtureDraft>[0]) => () => prepareBundle(fixtureDraft(change));
  const counts = countsResult({ "0": 1 });
  const code = (name: string) => expect.objectContaining({ code: name });
  expect(refuse({ recipe: new Map([["../x", utf8("")]]) })).toThrow(code("BUNDLE_MALFORMED"));
  expect(refuse({ recipe: new Map([["a.json", utf8('{"b":1, "a":2}\n')]]) })).toThrow(code("JSON_INVALID"));
  expect(refuse({ recipe: new Map([["a.json", utf8("{}")]]) })).toThrow(code("JSON_INVALID"));
  expect(refuse({ results: new Map([["counts.json", { ...counts, rows: 2 }]]) })).toThrow(
    code("BUNDLE_TAMPERED"),
  );
  expect(refuse({ parents: [{ artifactId: "abc", role: "replayOf" }] })).toThrow(code("BUNDLE_MALFORMED"));
  for (const createdAt of [
    "yesterday",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-12-31T23:59:60Z",
    "2026-13-01T00:00:00Z",
  ])
    expect(refuse({ manifest: { ...fixtureDraft().manifest, createdAt } }), createdAt).toThrow(
      code("BUNDLE_MALFORMED"),
    );
  expect(
    refuse({ manifest: { ...fixtureDraft().manifest, createdAt: "2028-02-29T23:59:59.999999999Z" } }),
  ).not.toThrow();
  expect(refuse({ record: new Map([["run_manifest.json", utf8("{}\n")]]) })).toThrow(TypeError);
});

test("the manifest carries ids, suites and decision, and not the record id", async () => {
  const files = await sealedFixture();
  const manifest = readManifest(files);
  expect(manifest).toMatchObject({ pqc_suite: "ed25519+ml-dsa-65", seed: "0x2a", reported: false });
  expect(manifest.artifact_hash).toBe(manifest.artifact_id);
  expect(JSON.stringify(manifest)).not.toContain("record_id");
});

test("the recipe can be read back", async () => {
  const recipe = recipeOf(await sealedFixture());
  expect([...recipe.program.keys()]).toEqual(["circuit.qasm"]);
  expect(recipe).toMatchObject({ parameters: { shots: 1024 }, seeds: { sampler: "0x2a" } });
});

test("a newer proof changes neither ids nor signatures", async () => {
  const files = await sealedFixture();
  const proof = fromUtf8(files.get("ledger/inclusion.tlog-proof") as Uint8Array);
  const renewed = withProof(files, proof);
  expect(writeZip(renewed)).toEqual(writeZip(files));
});

test("the crate's times have an offset and its graph lists every file but sums, itself and its page", async () => {
  const files = await sealedFixture();
  const crate = fromUtf8(files.get("ro-crate-metadata.json") as Uint8Array);
  expect(crate).toContain('"startTime":"2026-01-02T03:04:05+00:00"');
  const graph = (parseJson(crate, "crate") as { "@graph": { "@type": string; "@id": string }[] })["@graph"];
  const listed = graph.filter((node) => node["@type"] === "File").map((node) => node["@id"]);
  const expected = [...files.keys()].filter(
    (path) => path !== SUMS_PATH && path !== "ro-crate-metadata.json" && path !== "ro-crate-preview.html",
  );
  expect(listed.sort()).toEqual(expected.sort());
});

test("the crate follows the edition that is asked for, and ids do not depend on it", () => {
  const [older, newer] = (["1.1", "1.3"] as const).map((crate) => prepareBundle(fixtureDraft(), { crate }));
  const text = (files?: BundleFiles) => fromUtf8(files?.get("ro-crate-metadata.json") as Uint8Array);
  expect(text(older?.files)).toContain("https://w3id.org/ro/wfrun/process/0.5");
  expect(text(newer?.files)).toContain(
    '"@type":["CreativeWork","Profile"],"name":"Process Run Crate","version":"0.6"',
  );
  expect(newer?.ids).toEqual(older?.ids);
});

test("garbage instead of a bundle is a report, not an exception", async () => {
  const garbage = new Map([
    ["artifact.json", utf8("nonsense")],
    [SUMS_PATH, Uint8Array.of(255, 254)],
    ["attestations/provenance.dsse.json", canonicalJsonFile({ payload: 1 })],
  ]);
  expect((await verifyBundle(garbage)).verdict).toBe("FAILED");
  expect((await verifyBundle(new Map())).verdict).toBe("FAILED");
});

test("a bundle goes through its archive unchanged", async () => {
  const files = await sealedFixture();
  const back = readZip(writeZip(files));
  expect([...back.keys()].sort()).toEqual([...files.keys()].sort());
  expect((await verifyBundle(back)).verdict).toBe("VERIFIED");
});

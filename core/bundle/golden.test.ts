import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { canonicalJson, fromUtf8, sha256Hex, toHex, utf8 } from "../base/index.ts";
import {
  type BundleDraft,
  type BundleFiles,
  prepareBundle,
  readZip,
  verifyBundle,
  writeZip,
} from "./index.ts";
import { fixtureDraft, fixtureKeys, sealFixture } from "./testing/sealed.ts";

const GOLDEN = new URL("golden.json", import.meta.url).pathname;
const GOLDEN_ZIP = new URL("golden.zip", import.meta.url).pathname;
const REPLAY_ZIP = new URL("golden-replay.zip", import.meta.url).pathname;
const TITLE = "bell.qasm on sim-statevector";

/**
 * What a view says is free and in no id: the published bundles keep the VERIFY.md they were sealed with, and the pages that
 * tell its size or digest. All else in them has to be as it follows from the code.
 */
const VIEW = "VERIFY.md";
const TELLING = [VIEW, "ro-crate-metadata.json", "ro-crate-preview.html"];

/** The text of a page, without what it tells of the pages. */
function textWithoutViews(files: BundleFiles, path: string): string {
  let text = fromUtf8(files.get(path) as Uint8Array);
  for (const name of TELLING) {
    const view = files.get(name) as Uint8Array;
    text = text.replaceAll(sha256Hex(view), name);
    if (name === VIEW) text = text.replaceAll(new RegExp(`\\b${view.length}\\b`, "g"), "size");
  }
  return text;
}

/** The vectors, without the digests of those pages. */
function withoutViews<T extends { files: Record<string, string>; statement: string }>(golden: T): T {
  const files = { ...golden.files };
  let { statement } = golden;
  for (const path of TELLING) {
    statement = statement.replace(files[path] ?? "", path);
    delete files[path];
  }
  return { ...golden, files, statement };
}

function expectPublished(prepared: BundleFiles, published: BundleFiles): void {
  for (const [path, bytes] of prepared)
    if (!TELLING.includes(path)) expect(published.get(path), path).toEqual(bytes);
    else if (path !== VIEW) expect(textWithoutViews(published, path)).toBe(textWithoutViews(prepared, path));
}

/** The vectors as they follow from the code, in a form every language can read. */
function vectors() {
  const draft = fixtureDraft({
    parents: [
      { artifactId: `sha256:${"b".repeat(64)}`, role: "derivedFrom" },
      { artifactId: `sha256:${"a".repeat(64)}`, role: "calibratedBy" },
    ],
    record: new Map([...fixtureDraft().record, ["logs/größe.txt", utf8("line\n")]]),
  });
  const prepared = prepareBundle(draft, { title: TITLE });
  const texts = (files: BundleDraft["recipe"]) =>
    Object.fromEntries([...files].map(([name, bytes]) => [name, fromUtf8(bytes)]));
  const golden = {
    draft: {
      artifact_type: draft.artifactType,
      engine: draft.engine,
      recipe: texts(draft.recipe),
      conditions: texts(draft.conditions),
      results: Object.fromEntries([...draft.results].map(([name, { bytes }]) => [name, fromUtf8(bytes)])),
      record: texts(draft.record),
      parents: draft.parents,
      reported: draft.reported,
      manifest: draft.manifest,
      title: TITLE,
    },
    ids: prepared.ids,
    files: Object.fromEntries([...prepared.files].map(([path, bytes]) => [path, sha256Hex(bytes)])),
    statement: fromUtf8(prepared.statement),
    archive: {
      files: { "a/b.txt": "b\n", "a.txt": "", "ü.txt": "ü" },
      hex: toHex(
        writeZip(
          new Map(
            Object.entries({ "a/b.txt": "b\n", "a.txt": "", "ü.txt": "ü" }).map(([k, v]) => [k, utf8(v)]),
          ),
        ),
      ),
    },
  };
  return { prepared, golden: JSON.parse(JSON.stringify(golden)) };
}

/** A replay of the first, which carries its parent and says who made it. */
function preparedReplay(parent: BundleFiles) {
  const { artifactId } = vectors().prepared.ids;
  const draft = fixtureDraft({ artifactType: "replay", parents: [{ artifactId, role: "replayOf" }] });
  const creators = [
    {
      name: "Lovelace, Ada",
      orcid: "0000-0002-1825-0097",
      institution: "CERN",
      ror: "https://ror.org/01ggx4157",
    },
    { name: "Größe, A. & B.", institution: "CERN", ror: "https://ror.org/01ggx4157" },
  ];
  const software = { softwareUrl: "https://example.org/engine" };
  const publisher = { publisher: "Example Archive", publisherUrl: "https://example.org/archive" };
  const citation = { creators, licence: "CC-BY-4.0", ...publisher, ...software };
  return prepareBundle(draft, { title: `replay of ${TITLE}`, parents: [parent], citation });
}

// `ARQON_GOLDEN=write npx vitest run core/bundle/golden.test.ts` makes them anew, after a deliberate change of the format.
if (process.env["ARQON_GOLDEN"] === "write") {
  const { prepared, golden } = vectors();
  const parent = await sealFixture(prepared, fixtureKeys());
  const zip = writeZip(parent);
  const replayZip = writeZip(await sealFixture(preparedReplay(parent), fixtureKeys()));
  mkdirSync(dirname(GOLDEN), { recursive: true });
  writeFileSync(GOLDEN_ZIP, zip);
  writeFileSync(REPLAY_ZIP, replayZip);
  const digests = { zip_sha256: sha256Hex(zip), replay_zip_sha256: sha256Hex(replayZip) };
  writeFileSync(GOLDEN, `${JSON.stringify({ ...golden, ...digests }, null, 2)}\n`);
}

test("ids, digests, statement and archive bytes are those of the published vectors", () => {
  const { zip_sha256, replay_zip_sha256, ...published } = JSON.parse(readFileSync(GOLDEN, "utf8"));
  expect(withoutViews(vectors().golden)).toEqual(withoutViews(published));
  expectPublished(vectors().prepared.files, readZip(new Uint8Array(readFileSync(GOLDEN_ZIP))));
  expect(sha256Hex(readFileSync(GOLDEN_ZIP))).toBe(zip_sha256);
  expect(sha256Hex(readFileSync(REPLAY_ZIP))).toBe(replay_zip_sha256);
  expect(sha256Hex(readFileSync(REPLAY_ZIP))).toBe(replay_zip_sha256);
});

test("the published archive verifies, with both signatures", async () => {
  const files = readZip(new Uint8Array(readFileSync(GOLDEN_ZIP)));
  const report = await verifyBundle(files, { trust: fixtureKeys() });
  expect(report).toMatchObject({ verdict: "VERIFIED", trusted: true });
  expect(canonicalJson({ ...report.ids })).toBe(canonicalJson({ ...vectors().prepared.ids }));
});

test("the published replay carries its parent, and the parent verifies from there", async () => {
  const prepared = preparedReplay(readZip(new Uint8Array(readFileSync(GOLDEN_ZIP))));
  const files = readZip(new Uint8Array(readFileSync(REPLAY_ZIP)));
  expectPublished(prepared.files, files);
  const report = await verifyBundle(files, { trust: fixtureKeys() });
  expect(report).toMatchObject({ verdict: "VERIFIED", trusted: true });
  const detail = "1 of 1 parents verified from here";
  expect(report.checks).toContainEqual({ name: "parents", status: "ok", detail });
});

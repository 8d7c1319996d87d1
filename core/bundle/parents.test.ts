import { beforeAll, describe, expect, test } from "vitest";
import { canonicalJsonFile, utf8 } from "../base/index.ts";
import { pemOf } from "../proof/index.ts";
import {
  ARTIFACT_PATH,
  type BundleFiles,
  countsResult,
  parseArtifact,
  prepareBundle,
  problemsOf,
  stubOf,
  verifyBundle,
} from "./index.ts";
import { changed, flip, without } from "./testing/damage.ts";
import { fixtureDraft, fixtureKeys, sealedFixture, sealFixture } from "./testing/sealed.ts";

const idOf = (files: BundleFiles): string =>
  parseArtifact(files.get(ARTIFACT_PATH) as Uint8Array).artifact_id;

describe("a bundle with its parent", () => {
  let parent: BundleFiles;
  let child: BundleFiles;
  let stub: string;
  beforeAll(async () => {
    parent = await sealedFixture();
    const draft = fixtureDraft({
      artifactType: "replay",
      parents: [
        { artifactId: idOf(parent), role: "replayOf" },
        { artifactId: `sha256:${"a".repeat(64)}`, role: "calibratedBy" },
      ],
    });
    child = await sealFixture(prepareBundle(draft, { parents: [parent] }), fixtureKeys(9));
    stub = `provenance/parents/${idOf(parent).slice(7)}`;
  });

  test("verifies it offline by the parent's own keys, and names a parent that is not there", async () => {
    const report = await verifyBundle(child, { trust: fixtureKeys(9) });
    expect(report).toMatchObject({ verdict: "VERIFIED", trusted: true });
    expect(report.checks.find(({ name }) => name === "parents")?.detail).toBe(
      "1 of 2 parents verified from here; 1 signed by keys that are not in your trust file",
    );
    expect([...child.keys()].filter((path) => path.startsWith("provenance/"))).toHaveLength(5);
  });

  test("has every one of its files signed, and each change or removal is found and named", async () => {
    for (const [path, bytes] of child) {
      if (!path.startsWith("provenance/")) continue;
      for (const damaged of [changed(child, path, flip(bytes, 9), true), without(child, path, true)]) {
        const report = await verifyBundle(damaged);
        expect(report.verdict, path).toBe("FAILED");
        expect(problemsOf(report).join(), path).toContain(path);
      }
    }
  });

  test("refuses a stub that its own signer forged: other results, keys or ids under the parent's name", async () => {
    const other = await sealedFixture({ results: new Map([["counts.json", countsResult({ "00": 9 })]]) });
    const forge = async (kind: string, bytes: Uint8Array): Promise<string> => {
      const swapped = new Map(parent);
      const source = {
        "artifact.json": ARTIFACT_PATH,
        "dsse.json": "attestations/provenance.dsse.json",
        "ed25519.pub.pem": "attestations/keys/ed25519.pub.pem",
      }[kind];
      swapped.set(source as string, bytes);
      const draft = fixtureDraft({ parents: [{ artifactId: idOf(swapped), role: "replayOf" }] });
      const report = await verifyBundle(await sealFixture(prepareBundle(draft, { parents: [swapped] })));
      expect(report.verdict).toBe("FAILED");
      return problemsOf(report).join();
    };
    expect(await forge("artifact.json", other.get(ARTIFACT_PATH) as Uint8Array)).toContain("another digest");
    expect(await forge("dsse.json", other.get("attestations/provenance.dsse.json") as Uint8Array)).toContain(
      "another digest",
    );
    const stranger = utf8(pemOf(fixtureKeys(3)[0]?.spki as Uint8Array));
    expect(await forge("ed25519.pub.pem", stranger)).toContain("no valid ed25519 signature");
    const wrong = parseArtifact(parent.get(ARTIFACT_PATH) as Uint8Array);
    const renamed = canonicalJsonFile({ ...wrong, artifact_id: `sha256:${"c".repeat(64)}` });
    expect(await forge("artifact.json", renamed)).toContain("its ids are not those that follow");
  });

  test("may not carry what is no parent of it", async () => {
    expect(() => prepareBundle(fixtureDraft(), { parents: [parent] })).toThrow(TypeError);
    expect(() => stubOf(new Map())).toThrow(expect.objectContaining({ code: "BUNDLE_MALFORMED" }));
    const strange = `provenance/parents/${"d".repeat(64)}.artifact.json`;
    const report = await verifyBundle(changed(child, strange, utf8("{}\n"), true));
    expect(problemsOf(report).join()).toContain(`${strange}: it was added`);
    expect(child.has(`${stub}.dsse.json`)).toBe(true);
  });
});

test("a bundle sealed before there were citation views and parents still verifies", async () => {
  const prepared = prepareBundle(fixtureDraft());
  const optional = ["CITATION.md", "citation.bib", "datacite.json", "ro-crate-preview.html"];
  const statement = JSON.parse(new TextDecoder().decode(prepared.statement));
  statement.subject = statement.subject.filter(({ name }: { name: string }) => !optional.includes(name));
  const required = <T>(files: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...files].filter(([path]) => !optional.includes(path)));
  const old = await sealFixture({
    ...prepared,
    files: required(prepared.files),
    facts: required(prepared.facts),
    statement: canonicalJsonFile(statement).subarray(0, -1),
  });
  expect((await verifyBundle(old)).verdict).toBe("VERIFIED");
});

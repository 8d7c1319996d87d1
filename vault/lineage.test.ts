import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromUtf8, parseJson, systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { type BundleDraft, citationOf, verifyBundle } from "@arqon/core/bundle";
import { afterEach, expect, test } from "vitest";
import { openVault, readTrust, type Vault } from "./front.ts";
import { temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const open = (home: string): Promise<Vault> =>
  openVault({ home, clock: systemClock, entropy: systemEntropy });
const childOf = (seed: number, parents: readonly string[]) => ({
  ...testDraft({ seed }),
  parents: parents.map((artifactId) => ({ artifactId, role: "replayOf" })),
});

test("lineage is asked both ways, to any depth, and says which artifacts are not here", async () => {
  const vault = await open(newHome());
  const first = (await vault.seal(testDraft({ seed: 1 }), "first")).artifactId;
  const second = (await vault.seal(childOf(2, [first]), "second")).artifactId;
  const third = (await vault.seal(childOf(3, [second, first]), "third")).artifactId;
  const edge = (child: string, parent: string, role = "replayOf") => ({ child, parent, role });

  const below = await vault.lineage(first.slice(7, 19), 5);
  expect(below.artifactId).toBe(first);
  expect(below.descendants.map(({ child }) => child).sort()).toEqual([second, third, third].sort());
  const foreign = `sha256:${"ab".repeat(32)}`;
  expect(below.ancestors).toEqual([edge(first, foreign, "derivedFrom")]);
  expect(below.artifacts).toContainEqual({ artifactId: foreign });
  expect(below.artifacts.find(({ artifactId }) => artifactId === third)?.row?.title).toBe("third");

  const above = await vault.lineage(third, 1);
  expect(above.ancestors).toHaveLength(2);
  expect(above.ancestors).toEqual(expect.arrayContaining([edge(third, first), edge(third, second)]));
  expect((await vault.lineage(third, 9)).ancestors).toHaveLength(4);
  expect((await vault.lineage(second, 0)).artifacts).toHaveLength(1);
  await expect(vault.lineage("f".repeat(16), 1)).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
  await vault.close();
});

test("of a replay it is told what it found, where it can be read", async () => {
  const vault = await open(newHome());
  const first = (await vault.seal(testDraft({ seed: 1 }), "first")).artifactId;
  const replay = async (seed: number, report: string) => {
    const draft = { ...childOf(seed, [first]), artifactType: "replay" as const };
    const record = new Map(draft.record).set("replay.json", utf8(report));
    return (await vault.seal({ ...draft, record }, "again")).artifactId;
  };
  const same = await replay(2, '{"verdict":"IDENTICAL"}\n');
  const other = await replay(3, '{"verdict":"DIFFERENT_UNEXPLAINED"}\n');
  const odd = await replay(4, '{"verdict":"\\u001b[2J"}\n');
  const { artifacts } = await vault.lineage(first, 1);
  const verdictOf = (id: string) => artifacts.find(({ artifactId }) => artifactId === id)?.verdict;
  expect([first, same, other, odd].map(verdictOf)).toEqual([
    undefined,
    "IDENTICAL",
    "DIFFERENT_UNEXPLAINED",
    undefined,
  ]);
  await vault.close();
});

test("the parent that a child carries is its tenant's own record, not another's of an equal run", async () => {
  const vault = await open(newHome());
  const of = (tenant: string, draft: BundleDraft, job: number): BundleDraft => {
    const jobId = `0198c0de-0000-7000-8000-00000000000${job}`;
    return { ...draft, manifest: { ...draft.manifest, tenant, jobId } };
  };
  const mine = await vault.seal(of("mine", testDraft({ seed: 1 }), 1), "mine");
  const theirs = await vault.seal(of("theirs", testDraft({ seed: 1 }), 2), "theirs");
  expect(theirs.artifactId).toBe(mine.artifactId);
  const only = await vault.seal(of("theirs", testDraft({ seed: 2 }), 3), "only theirs");
  const child = await vault.seal(of("mine", childOf(3, [mine.artifactId, only.artifactId]), 4), "child");
  const files = await vault.bundle(child.recordId);
  const parents = parseJson(fromUtf8(files.get("provenance/parents.json") as Uint8Array), "parents.json");
  expect(parents).toHaveLength(2);
  expect(parents).toContainEqual({
    artifact_id: mine.artifactId,
    record_id: mine.recordId,
    role: "replayOf",
  });
  expect(parents).toContainEqual({ artifact_id: only.artifactId, record_id: null, role: "replayOf" });
  await vault.close();
});

test("a child carries the parents that are here, so that they verify without this vault", async () => {
  const [home, elsewhere] = [newHome(), newHome()];
  const vault = await open(home);
  const parent = (await vault.seal(testDraft({ seed: 1 }), "parent")).artifactId;
  const unknown = `sha256:${"cd".repeat(32)}`;
  const child = await vault.seal(childOf(2, [parent, unknown]), "child");
  const files = await vault.bundle(child.recordId);
  expect(await vault.check()).toEqual([]);
  await vault.close();
  const report = await verifyBundle(files, { trust: await readTrust(home) });
  expect(report).toMatchObject({ verdict: "VERIFIED", trusted: true });
  expect(report.checks).toContainEqual({
    name: "parents",
    status: "ok",
    detail: "1 of 2 parents verified from here",
  });

  const other = await open(elsewhere);
  await other.import(files, "child.zip");
  expect((await other.lineage(child.artifactId, 3)).artifacts).toContainEqual({ artifactId: parent });
  await other.close();
});

test("equal runs are counted, and the profile of the home is in what is sealed, not in its ids", async () => {
  const home = newHome();
  const plain = await open(home);
  const before = await plain.seal(testDraft(), "one");
  await plain.close();
  const profile = { creators: [{ name: "Lovelace, Ada" }], licence: "CC0-1.0", crate: "1.3" };
  writeFileSync(join(home, "profile.json"), JSON.stringify(profile));
  const vault = await open(home);
  const jobId = "0198c0de-0000-7000-8000-000000000002";
  const after = await vault.seal(testDraft({ jobId }), "two");
  expect(after.artifactId).toBe(before.artifactId);
  expect((await vault.list(9)).map(({ reproduced }) => reproduced)).toEqual([2, 2]);
  expect(citationOf(await vault.bundle(after.recordId))).toMatchObject({
    title: "two",
    authors: [{ family: "Lovelace" }],
    licence: { spdx: "CC0-1.0" },
  });
  const crate = (await vault.bundle(after.recordId)).get("ro-crate-metadata.json");
  expect(new TextDecoder().decode(crate)).toContain("https://w3id.org/ro/crate/1.3/context");
  expect(citationOf(await vault.bundle(before.recordId)).authors).toEqual([]);
  await vault.close();
});

test("a profile that is wrong stops the vault before anything is run", async () => {
  const home = newHome();
  await (await open(home)).close();
  for (const [profile, what] of [
    ['{"creators":[{"name":"Ada","orcid":"0000-0002-1825-0079"}]}', "mistyped"],
    ['{"title":"x"}', "of one artifact"],
    ['{"crate":"2.0"}', "crate must be one of 1.1, 1.3"],
    ["{", "profile.json"],
  ]) {
    writeFileSync(join(home, "profile.json"), profile as string);
    await expect(open(home)).rejects.toMatchObject({
      code: "JSON_INVALID",
      message: expect.stringContaining(what as string),
    });
  }
});

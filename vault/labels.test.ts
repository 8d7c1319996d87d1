import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ArqonError, canonicalJsonFile, type Json, systemClock, systemEntropy } from "@arqon/core/base";
import { labelsIn } from "@arqon/core/bundle";
import { afterEach, describe, expect, test } from "vitest";
import { type LocalVaultHandle, openVault, writePolicy } from "./front.ts";
import { temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);

async function using<T>(
  home: string,
  work: (vault: LocalVaultHandle) => Promise<T>,
  more: { readOnly?: boolean; secrets?: string[] } = {},
): Promise<T> {
  const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy, ...more });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}

/** A run of its own, labelled. */
const draft = (seed: number, labels?: Json) =>
  testDraft({
    seed,
    jobId: `0198c0de-0000-7000-8000-${String(seed).padStart(12, "0")}`,
    ...(labels !== undefined && { record: [["labels.json", canonicalJsonFile(labels)]] }),
  });
const titles = async (vault: LocalVaultHandle, ...tags: string[]): Promise<string[]> =>
  (await vault.list(9, tags)).map(({ title }) => title);
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error) => `${ArqonError.from(error).code} ${(error as Error).message}`,
  );

/** Two runs with tags and one without. Returns their artifact ids. */
async function sealThree(vault: LocalVaultHandle): Promise<[string, string, string]> {
  const seal = async (seed: number, labels?: Json) =>
    (await vault.seal(draft(seed, labels), `run ${seed}`)).artifactId;
  return [
    await seal(1, { note: "first light", tags: ["bell", "demo"] }),
    await seal(2, { tags: ["demo"] }),
    await seal(3),
  ];
}

describe("tags of what is sealed", () => {
  test("find it, also when the index was made anew, and in another vault once imported", async () => {
    const [home, other] = [newHome(), newHome()];
    await using(home, async (vault) => {
      const [first] = await sealThree(vault);
      const expectFound = async (from: LocalVaultHandle): Promise<void> => {
        expect(await titles(from, "demo")).toEqual(["run 2", "run 1"]);
        expect(await titles(from, "demo", "bell")).toEqual(["run 1"]);
        expect(await titles(from, "absent")).toEqual([]);
        expect((await from.find(first)).tags).toEqual(["bell", "demo"]);
        expect((await from.list(9)).map(({ tags }) => tags)).toEqual([[], ["demo"], ["bell", "demo"]]);
      };
      await expectFound(vault);
      await vault.reindex();
      await expectFound(vault);
      const bundle = await vault.bundle((await vault.find(first)).recordId);
      expect(labelsIn(bundle)?.note).toBe("first light");
      await using(other, async (theirs) => {
        expect((await theirs.import(bundle, "from elsewhere")).tags).toEqual(["bell", "demo"]);
        expect(await titles(theirs, "bell")).toEqual(["from elsewhere"]);
      });
      expect(await codeOf(vault.list(9, ["a,b"]))).toContain("USAGE");
      expect(await vault.check()).toEqual([]);
    });
  });

  test("and a note are searched for secrets like every file", async () => {
    await using(newHome(), async (vault) => {
      const secret = `ghp_${"a1B2".repeat(9)}`;
      for (const labels of [{ note: `see ${secret}` }, { tags: [secret] }])
        expect(await codeOf(vault.seal(draft(1, labels), "x"))).toContain(
          "SECRET_FOUND record/labels.json line 1 holds a GitHub token",
        );
      expect(await vault.list(9)).toEqual([]);
    });
  });
});

describe("what is said of a record after it was sealed", () => {
  test("is in the governance ledger, told with who and when, and summed up in the index", async () => {
    const home = newHome();
    await using(home, async (vault) => {
      const [first, , third] = await sealThree(vault);
      const before = await vault.bundle((await vault.find(first)).recordId);
      const row = await vault.annotate(first, {
        by: "Lovelace, Ada",
        tags: ["paper", "demo"],
        removeTags: ["bell"],
        note: "used in figure 2",
      });
      expect(row).toMatchObject({ artifactId: first, tags: ["demo", "paper"] });
      await vault.annotate(third, { by: "owner", tags: ["demo"] });
      const expectSum = async (from: LocalVaultHandle): Promise<void> => {
        expect(await titles(from, "demo")).toEqual(["run 3", "run 2", "run 1"]);
        expect(await titles(from, "paper")).toEqual(["run 1"]);
        expect(await titles(from, "bell")).toEqual([]);
        expect(await from.annotations(row.recordId)).toEqual([
          {
            at: expect.stringMatching(/^\d{4}-.*Z$/),
            by: "Lovelace, Ada",
            tags: ["paper"],
            removed: ["bell"],
            note: "used in figure 2",
          },
        ]);
      };
      await expectSum(vault);
      expect((await vault.auditTail(2))[1]).toMatchObject({
        event: "artifact.annotate",
        artifact: first,
        record: row.recordId,
        by: "Lovelace, Ada",
        tags: ["paper"],
        removed: ["bell"],
        note: "used in figure 2",
      });
      expect(await vault.bundle(row.recordId)).toEqual(before);
      const dump = await vault.reindex();
      expect(dump).toBe(3);
      await expectSum(vault);
      expect(await vault.check()).toEqual([]);
    });
    await using(home, async (vault) => expect(await titles(vault, "paper")).toEqual(["run 1"]), {
      readOnly: true,
    });
  });

  test("in the ledger alone, as after a crash, is found by whoever opens the vault next", async () => {
    const home = newHome();
    const id = await using(home, async (vault) => {
      const [, , third] = await sealThree(vault);
      const { artifactId, recordId } = await vault.find(third);
      // What `annotate` appends, without what it does afterwards.
      await vault.audit({
        event: "artifact.annotate",
        artifact: artifactId,
        by: "owner",
        record: recordId,
        tags: ["late"],
      });
      for (const malformed of [{ record: 1 }, { record: recordId, by: "x", tags: ["a,b"] }])
        await vault.audit({ event: "artifact.annotate", ...malformed });
      return artifactId;
    });
    await using(home, async (vault) => {
      expect((await vault.find(id)).tags).toEqual(["late"]);
      expect(await vault.check()).toEqual([]);
    });
  });

  test("that an index does not tell as the ledger does is found by the check, and mended by reindex", async () => {
    const home = newHome();
    await using(home, async (vault) => {
      const [first] = await sealThree(vault);
      await vault.annotate(first, { by: "owner", tags: ["paper"], note: "a" });
    });
    for (const change of ["DELETE FROM annotation", "UPDATE label SET present = 0 WHERE tag = 'paper'"]) {
      const index = new DatabaseSync(join(home, "index.sqlite"));
      index.exec(change);
      index.close();
      await using(home, async (vault) => {
        expect(await vault.check()).toEqual([expect.stringContaining("its labels in the index")]);
        await vault.reindex();
        expect(await vault.check()).toEqual([]);
      });
    }
  });

  test("keeps the rules of labels, and says nothing where nothing changes", async () => {
    await using(
      newHome(),
      async (vault) => {
        const [first, , third] = await sealThree(vault);
        const refused = (init: Omit<Parameters<typeof vault.annotate>[1], "by">, by = "owner") =>
          codeOf(vault.annotate(first, { by, ...init }));
        expect(await refused({})).toContain("USAGE there is nothing to say");
        expect(await refused({ tags: ["a,b"] })).toContain("USAGE");
        expect(await refused({ tags: ["a"], removeTags: ["a"] })).toContain("to be added and removed");
        expect(await refused({ removeTags: ["zz"] })).toContain('has no tag "zz"; it has bell, demo');
        expect(await refused({ note: "x".repeat(4097) })).toContain("LIMIT_EXCEEDED");
        expect(await refused({ note: `key AKIA${"ABCD2345".repeat(2)}` })).toContain(
          "SECRET_FOUND note line 1",
        );
        expect(await refused({ tags: ["known-to-be-secret"] })).toContain("SECRET_FOUND tags line 1");
        expect(await refused({ note: "x" }, " ")).toContain("USAGE by ");
        expect(await codeOf(vault.annotate("f".repeat(16), { by: "owner", note: "x" }))).toContain(
          "ARTIFACT_UNKNOWN",
        );
        const many = Array.from({ length: 31 }, (_, i) => `t${i}`);
        expect(await refused({ tags: many })).toContain(": 33, limit 32");
        const size = vault.logs.governance.size();
        await vault.annotate(first, { by: "owner", tags: ["bell"] });
        expect(vault.logs.governance.size()).toBe(size);
        const all = await Promise.all(
          ["x", "y", "z"].map((tag) => vault.annotate(third, { by: "owner", tags: [tag] })),
        );
        expect(new Set(all.map(({ recordId }) => recordId)).size).toBe(1);
        expect((await vault.find(third)).tags).toEqual(["x", "y", "z"]);
        await vault.annotate(third, { by: "owner", removeTags: ["x", "y", "z"] });
        expect((await vault.find(third)).tags).toEqual([]);
      },
      { secrets: ["known-to-be-secret"] },
    );
  });

  test("is found under encryption at rest, and no file of the vault tells it", async () => {
    const home = newHome();
    await using(home, async () => {});
    writePolicy(home, { encryptAtRest: true });
    await using(home, async (vault) => {
      const [first] = await sealThree(vault);
      await vault.annotate(first, { by: "owner", tags: ["paper"], note: "used in figure 2" });
      expect(await titles(vault, "paper")).toEqual(["run 1"]);
    });
    await using(home, async (vault) => {
      expect(await titles(vault, "paper", "bell")).toEqual(["run 1"]);
      expect(await vault.check()).toEqual([]);
    });
    const files = readdirSync(home, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    for (const text of ["used in figure 2", "first light", '"demo"'])
      expect(files.some((bytes) => bytes.includes(text))).toBe(false);
  });
});

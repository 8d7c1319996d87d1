/** The suite the index must pass on every database. */
import { deriveUuid, sha256Hex, systemClock, utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EVERYBODY, type RunFacts } from "./facts.ts";
import { type IndexPlace, type IndexSchema, openIndex, openIndexSchema } from "./open-index.ts";
import type { RecordSheet } from "./record.ts";
import type { IndexEntry, RunIndex } from "./run-index.ts";

/** Places for indexes: every call of `next` gives an empty one. */
export interface IndexPlaces {
  next(): Promise<IndexPlace>;
  stop(): Promise<void>;
}

const id = (text: string): string => `sha256:${sha256Hex(utf8(text))}`;
/** Entry n has those at the bits of n. */
const TAGS = ["bell", "zz", "étude — 2"];
const JOB = "0198c0de-0000-7000-8000-000000000001";

/** What an entry shares with others, by number. */
export interface Shared {
  readonly artifact?: number;
  readonly job?: number;
  readonly backend?: number;
  readonly imported?: boolean;
}

/** An entry that follows from small numbers, so that entries share artifacts, jobs and backends. */
export function testEntry(n: number, shared: Shared = {}): IndexEntry {
  const { artifact = n, job = n, backend = 0, imported = false } = shared;
  const jobId = deriveUuid(JOB, String(job));
  const createdAt = `2026-01-02T03:04:${String(n % 60).padStart(2, "0")}Z`;
  const sheet: RecordSheet = {
    recipeId: id(`recipe ${artifact}`),
    artifactId: id(`artifact ${artifact}`),
    recordId: id(`record ${n}`),
    artifactType: "run",
    jobId,
    backendId: `sim-${backend}`,
    createdAt,
    title: `run ${n} — “ü”`,
    reported: n % 2 === 1,
    ledgerIndex: imported ? -1 : n,
    addedAt: `2026-02-02T03:04:05.${String(n).padStart(3, "0")}Z`,
    parents: n === 0 ? [] : [{ artifactId: id(`artifact ${n - 1}`), role: "derivedFrom" }],
    files: new Map([
      ["artifact.json", sha256Hex(utf8(`a${n}`))],
      ["results/counts.json", sha256Hex(utf8(`c${artifact}`))],
      ["record/run_manifest.json", sha256Hex(utf8(`m${n}`))],
    ]),
    within: new Map([["record/run_manifest.json", utf8(`m${n}`)]]),
  };
  const seen_in = sheet.recordId;
  const facts: RunFacts = {
    tenant: imported ? EVERYBODY : n % 4 === 3 ? "other" : "local",
    manifest: {
      job_id: jobId,
      tenant: "local",
      backend_id: sheet.backendId,
      pqc_suite: "ed25519+ml-dsa-65",
      crypto_mode: "hybrid",
      calibration_snapshot_id: `cal-${backend}`,
      em_method: "none",
      signature: "s",
      s3_path: "sha256/ab/cd",
      created_at: createdAt,
      seen_in,
    },
    backends: [
      {
        backend_id: sheet.backendId,
        vendor: n % 3 === 0 ? null : "arqon",
        region: null,
        cost_per_shot: 0.25,
        availability: 1,
        capabilities: `{"n":${n}}`,
        last_calibration_id: `cal-${backend}`,
        seen_at: createdAt,
        seen_in,
      },
    ],
    calibrations: [
      {
        id: `cal-${backend}`,
        backend_id: sheet.backendId,
        created_at: createdAt,
        gates: `{"cx":${n}}`,
        readout_errors: null,
        raw_metrics: null,
        seen_in,
      },
    ],
    emResults: [
      {
        result_id: deriveUuid(jobId, "em 0"),
        job_id: jobId,
        circuit_family: "random",
        shots: 1000 + n,
        unmitigated_fidelity: 0.5,
        mitigated_fidelity: 0.75,
        em_method: "zne",
        cost_seconds: 1.5,
        created_at: createdAt,
        parquet_path: null,
      },
    ],
    decision: {
      id: deriveUuid(jobId, "decision"),
      job_id: jobId,
      chosen_backend: sheet.backendId,
      score: 0.1 * n,
      reasons: "[]",
      decision_manifest_path: "sha256/ab/ef",
      created_at: createdAt,
    },
    tags: TAGS.filter((_, i) => n & (1 << i)),
  };
  return { sheet, sheetDigest: sha256Hex(utf8(`sheet ${n}`)), facts };
}

/** Runs the contract on the places `make` gives. */
export function describeIndex(name: string, make: () => Promise<IndexPlaces>): void {
  describe(`index: ${name}`, () => {
    let places: IndexPlaces;
    let place: IndexPlace;
    let index: RunIndex;
    beforeAll(async () => {
      places = await make();
    });
    afterAll(() => places.stop());
    beforeEach(async () => {
      place = await places.next();
      index = await openIndex({ place, clock: systemClock });
    });
    afterEach(() => index.close());
    const withSchema = async <T>(use: (schema: IndexSchema) => Promise<T>): Promise<T> => {
      const schema = await openIndexSchema({ place, clock: systemClock });
      try {
        return await use(schema);
      } finally {
        await schema.index.close();
      }
    };

    test("records are found by the start of an id, listed newest first, with their files", async () => {
      const entries = [testEntry(0), testEntry(1, { artifact: 0 }), testEntry(2, { imported: true })];
      await index.add(entries);
      await index.add(entries);
      expect((await index.list(9)).map(({ title }) => title)).toEqual([2, 1, 0].map((n) => `run ${n} — “ü”`));
      expect(await index.list(1)).toHaveLength(1);
      const { artifactId, recordId } = (entries[1] as IndexEntry).sheet;
      expect(await index.reproduced(artifactId)).toBe(2);
      for (const prefix of [artifactId, artifactId.slice(7, 30).toUpperCase(), recordId.slice(0, 40)])
        expect((await index.find(prefix)).recordId).toBe(recordId);
      const { files: _, within: __, parents: ___, ...row } = (entries[2] as IndexEntry).sheet;
      expect(await index.get(row.recordId)).toEqual(row);
      expect(await index.sheetDigest(recordId)).toBe((entries[1] as IndexEntry).sheetDigest);
      expect((await index.objects()).size).toBe(3 + 3 + 2);
      expect(await index.lineage(artifactId)).toEqual({
        parents: [{ artifactId, role: "derivedFrom" }],
        children: [{ artifactId, role: "derivedFrom" }],
      });
      expect(await index.get("sha256:none")).toBeUndefined();
      for (const wrong of [
        "",
        "xyz",
        "%",
        "0".repeat(65),
        sha256Hex(utf8("absent")),
        "'; DROP TABLE run; --",
      ])
        await expect(index.find(wrong), wrong).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
    });

    test("positions of the ledger that have no record are told, and marks are kept", async () => {
      expect([await index.lastLedgerIndex(), await index.missing(0), await index.missing(2)]).toEqual([
        -1,
        [],
        [0, 1],
      ]);
      await index.add([testEntry(0), testEntry(3), testEntry(4, { imported: true })]);
      expect([await index.lastLedgerIndex(), await index.missing(5)]).toEqual([3, [1, 2, 4]]);
      expect(await index.mark("imports")).toBe(0);
      await index.setMark("imports", 7);
      await index.setMark("imports", 8);
      expect(await index.mark("imports")).toBe(8);
    });

    test("whatever order records come in, and in whatever portions, the index is the same", async () => {
      const small = fc.nat(3);
      const some = fc.uniqueArray(fc.nat(20), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(
          some,
          fc.array(fc.tuple(small, small, small), { minLength: 21, maxLength: 21 }),
          fc.nat(),
          async (ns, how, turn) => {
            const entries = ns.map((n) => {
              const [artifact = 0, job = 0, backend = 0] = how[n] ?? [];
              return testEntry(n, { artifact, job, backend });
            });
            await index.clear();
            await index.add(entries);
            const live = await index.dump();
            await index.clear();
            expect(await index.dump()).toEqual([]);
            const turned = entries.map((_, i) => entries[(i * 7 + turn) % entries.length] as IndexEntry);
            for (const entry of [...turned, ...entries.toReversed()]) await index.add([entry]);
            expect(await index.dump()).toEqual(live);
          },
        ),
        { numRuns: 25 },
      );
    });

    test("records are found by the tags they bear, all of those that are asked for", async () => {
      await index.add(Array.from({ length: 8 }, (_, n) => testEntry(n)));
      const bearing = async (...tags: string[]) =>
        (await index.list(9, tags)).map(({ ledgerIndex }) => ledgerIndex);
      expect(await bearing("bell")).toEqual([7, 5, 3, 1]);
      expect(await bearing("zz", "bell")).toEqual([7, 3]);
      expect(await bearing("bell", "étude — 2", "zz")).toEqual([7]);
      expect(await bearing("Bell")).toEqual([]);
      expect(await bearing("'; DROP TABLE label; --")).toEqual([]);
      expect(await index.list(1, ["zz"])).toHaveLength(1);
      const [none, all] = [testEntry(0).sheet.recordId, testEntry(7).sheet.recordId];
      expect(await index.tags([none, all, id("absent")])).toEqual(new Map([[all, TAGS]]));
      expect(await index.tags([])).toEqual(new Map());
    });

    test("a tenant sees its own records and what is everybody's, by list, by id and in counts", async () => {
      // 3 and 7 are the other's, 4 was imported; 5 and 3 are of one artifact.
      const entries = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
        testEntry(n, { artifact: n === 5 ? 3 : n, imported: n === 4 }),
      );
      await index.add(entries);
      const seen = async (tenant?: string, tags: string[] = []) =>
        (await index.list(9, tags, tenant)).map(({ title }) => Number(title.split(" ")[1]));
      expect(await seen()).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
      expect(await seen("local")).toEqual([6, 5, 4, 2, 1, 0]);
      expect(await seen("other")).toEqual([7, 4, 3]);
      expect(await seen("other", ["zz"])).toEqual([7, 3]);
      expect(await seen("nobody")).toEqual([4]);
      expect(await seen("")).toEqual([4]);
      const idOf = (n: number): string => (entries[n] as IndexEntry).sheet.artifactId;
      const recordOf = (n: number): string => (entries[n] as IndexEntry).sheet.recordId;
      expect((await index.find(idOf(3), "local")).recordId).toBe(recordOf(5));
      expect((await index.find(idOf(3), "other")).recordId).toBe(recordOf(3));
      expect((await index.find(recordOf(4), "nobody")).recordId).toBe(recordOf(4));
      for (const hidden of [idOf(7), recordOf(7), recordOf(3), recordOf(3).slice(0, 30)])
        await expect(index.find(hidden, "local"), hidden).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
      expect(await index.reproduced(idOf(3))).toBe(2);
      expect(await index.reproduced(idOf(3), "other")).toBe(1);
      expect(await index.reproduced(idOf(7), "local")).toBe(0);
      const both = [idOf(3), idOf(7)];
      expect(await index.reproducedAll(both)).toEqual(
        new Map([
          [idOf(3), 2],
          [idOf(7), 1],
        ]),
      );
      expect(await index.reproducedAll(both, "local")).toEqual(new Map([[idOf(3), 1]]));
    });

    test("what the ledger says of labels stands in its order, whatever order it comes in, before or after the record", async () => {
      const { recordId } = testEntry(1).sheet;
      const said = (position: number, added: string[], removed: string[]) => ({
        recordId,
        position,
        added,
        removed,
        said: `{"tags":${JSON.stringify(added)}}`,
      });
      const all = [
        said(4, ["new", "zz"], []),
        said(5, [], ["bell", "zz"]),
        said(9, ["zz"], ["new"]),
        said(11, [], ["bell"]),
      ];
      for (const annotations of [all, all.toReversed(), [...all, ...all]]) {
        await index.clear();
        await index.annotate(annotations.slice(0, 2));
        await index.add([testEntry(1), testEntry(4)]);
        await index.annotate(annotations.slice(2));
        await index.annotate([]);
        expect(await index.tags([recordId])).toEqual(new Map([[recordId, ["zz"]]]));
        expect(await index.list(9, ["bell"])).toEqual([]);
        expect((await index.list(9, ["zz"])).map((row) => row.recordId)).toEqual([recordId]);
        expect(await index.annotations(recordId)).toEqual(
          all.map(({ position, said }) => ({ recordId, position, said })),
        );
        expect(await index.annotations(testEntry(4).sheet.recordId)).toEqual([]);
      }
    });

    test("the schema goes up, down and up again, and says how far it is", async () => {
      await index.add([testEntry(0)]);
      const before = await index.dump();
      await index.claim("one");
      await withSchema(async ({ steps, migrate, index: same }) => {
        const names = (await steps()).map(({ name }) => name);
        expect((await steps()).every(({ taken }) => taken)).toBe(true);
        await migrate(names[0]);
        expect((await steps()).map(({ taken }) => taken)).toEqual(names.map((_, i) => i === 0));
        expect(await same.list(9)).toHaveLength(1);
        await migrate("none");
        expect((await steps()).some(({ taken }) => taken)).toBe(false);
        await expect(same.list(1)).rejects.toThrow();
        await expect(migrate("0009_nothing")).rejects.toMatchObject({ code: "USAGE" });
        await migrate();
        expect((await steps()).every(({ taken }) => taken)).toBe(true);
        expect(await same.dump()).toEqual([]);
        await same.add([testEntry(0)]);
        expect(await same.dump()).toEqual(before);
      });
    });

    test("a step that adds tables empties the index, so that what lacks their rows is read again", async () => {
      await index.add([testEntry(0)]);
      await withSchema(async ({ steps, migrate }) => {
        await migrate((await steps())[0]?.name);
        await migrate();
      });
      expect(await index.list(9)).toEqual([]);
    });

    test("an index is one vault's", async () => {
      await index.claim("arqon.local/aaa");
      await index.claim("arqon.local/aaa");
      await expect(index.claim("arqon.local/bbb")).rejects.toMatchObject({ code: "STORE_CLAIMED" });
    });

    test("several that open it at once make it together", async () => {
      const fresh = await places.next();
      const opened = await Promise.all([0, 1, 2].map(() => openIndex({ place: fresh, clock: systemClock })));
      await Promise.all(opened.map((each, i) => each.add([testEntry(i), testEntry(9)])));
      for (const each of opened) {
        expect(await each.list(9)).toHaveLength(4);
        await each.close();
      }
    });

    test("an entry that fails leaves nothing of itself", async () => {
      const entry = testEntry(0);
      const twice = { ...entry.facts, emResults: [...entry.facts.emResults, ...entry.facts.emResults] };
      await expect(index.add([testEntry(1), { ...entry, facts: twice }])).rejects.toThrow();
      expect(await index.dump()).toEqual([]);
    });
  });
}

/** An index whose database learns digests, times and positions, and nothing of what was run, where, by whom or under what title. */
import { canonicalJson, jsonObject, parseJson, sortTags } from "@arqon/core/base";
import type { Parent } from "@arqon/core/bundle";
import type { Cover } from "./cover.ts";
import { filesBeside } from "./record.ts";
import type { IndexEntry, IndexRow, RunIndex, SaidOfRecord } from "./run-index.ts";

/** Name of the mark that says under which key texts are covered. */
const MARK = "covered";

/**
 * The same index over covered texts. Types, backends, tags and tenants can be searched for; titles and jobs are covered with their record,
 * so that not even equal ones look alike. Tables that nothing here reads (manifests, backends, calibrations, mitigation,
 * decisions) stay empty: their columns have types that covered texts do not fit, and all in them is in the objects.
 */
export function coveredIndex(index: RunIndex, { cover, uncover, check }: Cover): RunIndex {
  const rowOf = (row: IndexRow): IndexRow => {
    const own = (what: string, covered: string): string => uncover(`${what} of ${row.recordId}`, covered);
    const said = jsonObject(parseJson(own("title", row.title), "a title"), "a title");
    return {
      ...row,
      artifactType: uncover("type", row.artifactType),
      backendId: uncover("backend", row.backendId),
      jobId: own("job", row.jobId),
      createdAt: own("time", row.createdAt),
      title: String(said["title"]),
      reported: said["reported"] === true,
    };
  };
  const parentOf = ({ artifactId, role }: Parent): Parent => ({ artifactId, role: uncover("role", role) });
  const tag = (text: string): string => cover("tag", text);
  const eyes = (tenant?: string): string | undefined =>
    tenant === undefined ? undefined : cover("tenant", tenant);
  const owner = (tenant: string | null): string | null => (tenant ? cover("tenant", tenant) : tenant);
  const entryOf = ({ sheet, sheetDigest, facts }: IndexEntry): IndexEntry => {
    const own = (what: string, text: string): string => cover(`${what} of ${sheet.recordId}`, text);
    return {
      sheetDigest,
      facts: {
        backends: [],
        calibrations: [],
        emResults: [],
        tags: facts.tags.map(tag),
        tenant: owner(facts.tenant),
      },
      sheet: {
        ...sheet,
        artifactType: cover("type", sheet.artifactType),
        backendId: cover("backend", sheet.backendId),
        jobId: own("job", sheet.jobId),
        createdAt: own("time", sheet.createdAt),
        title: own("title", canonicalJson({ title: sheet.title, reported: sheet.reported })),
        reported: false,
        parents: sheet.parents.map(({ artifactId, role }) => ({ artifactId, role: cover("role", role) })),
        files: new Map([...filesBeside(sheet)].map(([path, digest]) => [own("path", path), digest])),
        within: new Map(),
      },
    };
  };
  return {
    ...index,
    add: (entries) => index.add(entries.map(entryOf)),
    async get(recordId) {
      const row = await index.get(recordId);
      return row && rowOf(row);
    },
    list: async (limit, tags = [], tenant) =>
      (await index.list(limit, tags.map(tag), eyes(tenant))).map(rowOf),
    async tags(recordIds) {
      const found = [...(await index.tags(recordIds))];
      return new Map(found.map(([id, tags]) => [id, sortTags(tags.map((text) => uncover("tag", text)))]));
    },
    annotate: (annotations) =>
      index.annotate(
        annotations.map((one) => ({
          ...saidWith(one, cover),
          added: one.added.map(tag),
          removed: one.removed.map(tag),
        })),
      ),
    annotations: async (recordId) => (await index.annotations(recordId)).map((one) => saidWith(one, uncover)),
    async latest(artifactType, backendId, skipped) {
      const row = await index.latest(cover("type", artifactType), cover("backend", backendId), skipped);
      return row && rowOf(row);
    },
    async clear() {
      await index.clear();
      await index.setMark(MARK, check);
    },
    find: async (idPrefix, tenant) => rowOf(await index.find(idPrefix, eyes(tenant))),
    reproduced: (artifactId, tenant) => index.reproduced(artifactId, eyes(tenant)),
    reproducedAll: (artifactIds, tenant) => index.reproducedAll(artifactIds, eyes(tenant)),
    async lineage(artifactId) {
      const { parents, children } = await index.lineage(artifactId);
      return { parents: parents.map(parentOf), children: children.map(parentOf) };
    },
  };
}

function saidWith(
  { recordId, position, said }: SaidOfRecord,
  change: (place: string, text: string) => string,
): SaidOfRecord {
  return { recordId, position, said: change(`annotation ${position} of ${recordId}`, said) };
}

/**
 * An index that is covered with this key, or plain without one. What was written otherwise is forgotten: whoever opens it
 * fills it again.
 */
export async function settleCover(index: RunIndex, cover: Cover | undefined): Promise<RunIndex> {
  const check = cover?.check ?? 0;
  if ((await index.mark(MARK)) !== check) {
    await index.clear();
    await index.setMark(MARK, check);
  }
  return cover ? coveredIndex(index, cover) : index;
}

/** What an artifact came from and what came of it, as far as this vault knows. */
import { ArqonError, fromUtf8, jsonObject, parseJson } from "@arqon/core/base";
import type { IndexRow, RunIndex } from "./index/index.ts";
import { fileOf, sheetOfRecord } from "./large.ts";
import type { VaultParts } from "./parts.ts";

/** One artifact came from another. */
export interface LineageEdge {
  readonly child: string;
  readonly parent: string;
  /** e.g. "replayOf", "calibratedBy". */
  readonly role: string;
}

/** Part of the graph around one artifact. Every id is an artifact id. */
export interface LineageGraph<Row> {
  readonly artifactId: string;
  /**
   * The artifact and all that the edges name; `row` is its newest record, absent where this vault has none, and `verdict`
   * what that says of a replay, e.g. "IDENTICAL".
   */
  readonly artifacts: readonly {
    readonly artifactId: string;
    readonly row?: Row;
    readonly verdict?: string;
  }[];
  /** Edges to what it came from, nearest first. */
  readonly ancestors: readonly LineageEdge[];
  /** Edges from what came of it, nearest first. */
  readonly descendants: readonly LineageEdge[];
}

/** Where a replay says how it compares with what it repeats. */
const REPLAY_REPORT_PATH = "record/replay.json";

/** Asked for in one query, which databases bound. */
const IDS_AT_ONCE = 4_000;

/** Edges shown at most. */
const MAX_EDGES = 10_000;

/**
 * Walks `depth` steps each way from the artifact an id names, among what `tenant` may see; left out, all.
 * @throws ArqonError `ARTIFACT_UNKNOWN`; `LIMIT_EXCEEDED` beyond 10 000 edges.
 */
export async function lineageOf(
  parts: VaultParts,
  idPrefix: string,
  depth: number,
  tenant?: string,
): Promise<LineageGraph<IndexRow>> {
  const { index } = parts;
  const { artifactId } = await index.find(idPrefix, tenant);
  // What another tenant has is neither shown nor walked through; that a parent's id stands in its child is no secret.
  const isSeen = async (id: string): Promise<boolean> => (await index.reproduced(id, tenant)) > 0;
  const ancestors = await walk(artifactId, depth, async (child) => {
    if (!(await isSeen(child))) return [];
    const { parents } = await index.lineage(child);
    return parents.map(({ artifactId: parent, role }) => ({ child, parent, role }));
  });
  const descendants = await walk(artifactId, depth, async (id) => {
    const { children } = await index.lineage(id);
    const seen = await seenOf(index, [...new Set(children.map(({ artifactId }) => artifactId))], tenant);
    return children
      .filter(({ artifactId }) => seen.has(artifactId))
      .map(({ artifactId: child, role }) => ({ child, parent: id, role }));
  });
  const ids = new Set([
    artifactId,
    ...[...ancestors, ...descendants].flatMap((edge) => [edge.child, edge.parent]),
  ]);
  const artifacts: { artifactId: string; row?: IndexRow; verdict?: string }[] = [];
  for (const id of ids) {
    const row = (await isSeen(id)) ? await index.find(id, tenant) : undefined;
    const verdict = row?.artifactType === "replay" ? await verdictOf(parts, row.recordId) : undefined;
    artifacts.push({ artifactId: id, ...(row && { row }), ...(verdict !== undefined && { verdict }) });
  }
  return { artifactId, artifacts, ancestors, descendants };
}

/** Those of these artifacts that a tenant may see. A calibration may have a hundred thousand children. */
async function seenOf(index: RunIndex, ids: readonly string[], tenant?: string): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE)
    for (const id of (await index.reproducedAll(ids.slice(at, at + IDS_AT_ONCE), tenant)).keys())
      seen.add(id);
  return seen;
}

/** Breadth first; an artifact that was met is not walked from again. */
async function walk(
  from: string,
  depth: number,
  edgesOf: (id: string) => Promise<LineageEdge[]>,
): Promise<LineageEdge[]> {
  const met = new Set([from]);
  const edges: LineageEdge[] = [];
  let front = [from];
  for (let step = 0; step < depth && front.length > 0; step++) {
    const next: string[] = [];
    for (const id of front)
      for (const edge of await edgesOf(id)) {
        edges.push(edge);
        if (edges.length > MAX_EDGES)
          throw new ArqonError(
            "LIMIT_EXCEEDED",
            `the lineage has over ${MAX_EDGES} edges; ask for less depth`,
          );
        const other = edge.child === id ? edge.parent : edge.child;
        if (met.has(other)) continue;
        met.add(other);
        next.push(other);
      }
    front = next;
  }
  return edges;
}

/** What a replay says of itself; `undefined` where it cannot be read: the check says what is wrong with it. */
async function verdictOf(parts: VaultParts, recordId: string): Promise<string | undefined> {
  try {
    const bytes = await fileOf(parts.objects, await sheetOfRecord(parts, recordId), REPLAY_REPORT_PATH);
    const { verdict } = bytes ? jsonObject(parseJson(fromUtf8(bytes), REPLAY_REPORT_PATH), "a report") : {};
    return typeof verdict === "string" && /^[A-Z_]{1,40}$/.test(verdict) ? verdict : undefined;
  } catch {
    return undefined;
  }
}

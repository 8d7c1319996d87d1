/** Which runs there are, what an artifact came from, what came of it, and how it is cited: asked of the server that keeps it. */
import { ArqonError, type JsonObject, jsonObject } from "@arqon/core/base";
import { requireList } from "./argument.ts";
import type { Client } from "./client.ts";
import type { WaitOptions } from "./wait.ts";

/** Topic that serves lists of runs. */
export const RUNS_TOPIC = "artifact.runs.get";
/** Topic that serves lineages. */
export const LINEAGE_TOPIC = "artifact.lineage.get";
/** Topic that serves citations. */
export const CITATION_TOPIC = "artifact.citation.get";

/** Which runs. */
export interface RunsOptions extends WaitOptions {
  /** Only those that bear each of them now. */
  readonly tags?: readonly string[];
  /** Records, 1 to 100. Default 20. */
  readonly limit?: number;
}

/** A sealed record. Several may share an artifact id: equal runs do. */
export interface RunEntry {
  readonly artifactId: string;
  readonly recipeId: string;
  readonly recordId: string;
  /** "run", "gradient", "calibration", "replay" or "validation". */
  readonly artifactType: string;
  readonly jobId: string;
  readonly backendId: string;
  /** UTC, RFC 3339. */
  readonly createdAt: string;
  /** e.g. "bell.qasm". */
  readonly title: string;
  /** What it bears now, sorted: what it was sealed with, and what was changed since. */
  readonly tags: readonly string[];
  /** Records with this artifact id. */
  readonly reproduced: number;
  readonly reported: boolean;
  readonly imported: boolean;
}

/** Newest first. @throws ArqonError `USAGE`, `LIMIT_EXCEEDED` */
export async function runs(
  client: Client,
  { tags = [], limit = 20, ...wait }: RunsOptions,
): Promise<RunEntry[]> {
  const answer = (
    await client.request(RUNS_TOPIC, { tags: [...requireList("tags", tags)], limit }, wait)
  ).json();
  const { runs: rows } = jsonObject(answer, "the runs");
  if (!Array.isArray(rows)) throw new ArqonError("JSON_INVALID", 'the answer has no list "runs"');
  return rows as unknown as RunEntry[];
}

/** How far to look. */
export interface LineageOptions extends WaitOptions {
  /** Steps each way, 0 to 100. Default 5. */
  readonly depth?: number;
}

/** One artifact came from another. Both ids are artifact ids. */
export interface LineageEdge {
  readonly child: string;
  readonly parent: string;
  /** e.g. "replayOf", "calibratedBy". */
  readonly role: string;
}

/** Part of the graph around one artifact. */
export interface Lineage {
  readonly artifactId: string;
  /**
   * The artifact and all that the edges name; `row` is its newest record, absent where this server has none, and `verdict`
   * what that says of a replay: "IDENTICAL", "EQUIVALENT", "DIFFERENT_EXPLAINED", "DIFFERENT_UNEXPLAINED" or "NOT_COMPARABLE".
   */
  readonly artifacts: readonly {
    readonly artifactId: string;
    readonly row?: JsonObject;
    readonly verdict?: string;
  }[];
  /** Edges to what it came from, nearest first. */
  readonly ancestors: readonly LineageEdge[];
  /** Edges from what came of it, nearest first. */
  readonly descendants: readonly LineageEdge[];
}

/** @throws ArqonError `ARTIFACT_UNKNOWN`; `LIMIT_EXCEEDED` where it is too much to show. */
export async function lineage(client: Client, artifactId: string, options: LineageOptions): Promise<Lineage> {
  const { depth = 5, ...wait } = options;
  const answer = jsonObject(
    (await client.request(LINEAGE_TOPIC, { artifact: artifactId, depth }, wait)).json(),
    "the lineage",
  );
  for (const key of ["artifacts", "ancestors", "descendants"])
    if (!Array.isArray(answer[key])) throw new ArqonError("JSON_INVALID", `the lineage has no list "${key}"`);
  return answer as unknown as Lineage;
}

/** In which form, and what to add to what the artifact says of itself. */
export interface CiteOptions extends WaitOptions {
  /** Default "biblatex". */
  readonly format?: "biblatex" | "bibtex" | "csl" | "datacite" | "cff" | "markdown";
  /** What `profile.json` may have: `creators`, `title`, `licence`, `publisher`, `doi`, `url` ... */
  readonly metadata?: JsonObject;
}

/** @throws ArqonError `ARTIFACT_UNKNOWN`, `USAGE` */
export async function cite(client: Client, artifactId: string, options: CiteOptions): Promise<string> {
  const { format = "biblatex", metadata = {}, ...wait } = options;
  const asked = { artifact: artifactId, format, metadata };
  const { citation } = jsonObject((await client.request(CITATION_TOPIC, asked, wait)).json(), "the citation");
  if (typeof citation !== "string") throw new ArqonError("JSON_INVALID", "the citation is no text");
  return citation;
}

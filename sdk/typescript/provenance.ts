/** What an artifact came from, what came of it, and how it is cited: asked of the server that keeps it. */
import { ArqonError, type JsonObject, jsonObject } from "@arqon/core/base";
import type { Client } from "./client.ts";
import type { WaitOptions } from "./wait.ts";

/** Topic that serves lineages. */
export const LINEAGE_TOPIC = "artifact.lineage.get";
/** Topic that serves citations. */
export const CITATION_TOPIC = "artifact.citation.get";

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

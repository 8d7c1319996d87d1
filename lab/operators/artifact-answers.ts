/** Answers `artifact.runs.get`, `artifact.lineage.get` and `artifact.citation.get`. All are asked, and answered, in JSON, of what `tenant` may see. */
import { ArqonError, fromUtf8, type Json, type JsonObject, jsonObject, parseJson } from "@arqon/core/base";
import { CITATION_FORMATS, citationOf, cslJson, readMetadata } from "@arqon/core/bundle";
import type { Vault } from "@arqon/vault";

/** Steps each way. */
const MAX_DEPTH = 100;
/** Rows of one answer: with all their tags they fit into a frame. */
const MAX_ROWS = 100;

/**
 * The newest records that bear every tag asked for: `{"tags", "limit"}`.
 * @throws ArqonError `USAGE`, `LIMIT_EXCEEDED`
 */
export async function answerRuns(
  vault: Pick<Vault, "list">,
  asked: Json,
  tenant: string,
): Promise<JsonObject> {
  const { tags = [], limit = 20 } = jsonObject(asked, "what is asked of runs");
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > MAX_ROWS)
    throw new ArqonError(
      "USAGE",
      `limit ${JSON.stringify(limit)}: a whole number from 1 to ${MAX_ROWS} is meant`,
    );
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string"))
    throw new ArqonError("USAGE", "tags must be a list of texts");
  return { runs: (await vault.list(limit, tags as string[], tenant)) as unknown as Json };
}

/**
 * What an artifact came from and what came of it: `{"artifact", "depth"}`.
 * @throws ArqonError `ARTIFACT_UNKNOWN`, `USAGE`, `LIMIT_EXCEEDED` where it is too much to show.
 */
export async function answerLineage(
  vault: Pick<Vault, "lineage">,
  asked: Json,
  tenant: string,
): Promise<JsonObject> {
  const { artifact, depth = 5 } = jsonObject(asked, "what is asked of a lineage");
  if (typeof depth !== "number" || !Number.isInteger(depth) || depth < 0 || depth > MAX_DEPTH)
    throw new ArqonError(
      "USAGE",
      `depth ${JSON.stringify(depth)}: a whole number from 0 to ${MAX_DEPTH} is meant`,
    );
  return (await vault.lineage(idOf(artifact), depth, tenant)) as unknown as JsonObject;
}

/**
 * How to cite an artifact: `{"artifact", "format", "metadata"}`, the metadata being what `profile.json` may have. Nothing sealed
 * is changed by it.
 * @throws ArqonError `ARTIFACT_UNKNOWN`, `USAGE`
 */
export async function answerCitation(
  vault: Pick<Vault, "find" | "bundle">,
  asked: Json,
  tenant: string,
): Promise<JsonObject> {
  const { artifact, format = "biblatex", metadata = {} } = jsonObject(asked, "what is asked of a citation");
  const known = Object.keys(CITATION_FORMATS);
  const write = typeof format === "string" && known.includes(format) ? CITATION_FORMATS[format] : undefined;
  if (!write)
    throw new ArqonError("USAGE", `format ${JSON.stringify(format)}: one of ${known.join(", ")} is meant`);
  const added = readMetadata(jsonObject(metadata, "metadata"), "metadata");
  const { recordId } = await vault.find(idOf(artifact), tenant);
  const citation = citationOf(await vault.bundle(recordId), added);
  const [csl = null] = parseJson(fromUtf8(cslJson(citation)), "csl") as readonly Json[];
  return { format: format as string, citation: write(citation), csl };
}

function idOf(artifact: Json | undefined): string {
  if (typeof artifact === "string" && artifact !== "") return artifact;
  throw new ArqonError("USAGE", "no artifact is named");
}

/** A citation: what is known of an artifact that any of the formats may say. */
import type { Labels } from "../../base/index.ts";
import type { ArtifactDocument } from "../artifact.ts";
import type { ArtifactType, Parent } from "../draft.ts";
import type { RunManifest } from "../manifest.ts";
import { type Licence, licenceOf } from "./licence.ts";
import type { CitationMetadata, Creator } from "./metadata.ts";

/** A creator with the parts of a person's name; others have `literal` alone. */
export interface Author extends Creator {
  readonly family?: string;
  readonly given?: string;
}

/** What every format is written from. */
export interface Citation {
  /** Of an entry in a bibliography: first author and the start of the artifact id. */
  readonly key: string;
  readonly title: string;
  /** Empty when nobody said who. */
  readonly authors: readonly Author[];
  readonly licence?: Licence;
  readonly publisher?: string;
  readonly publisherUrl?: string;
  readonly softwareUrl?: string;
  readonly doi?: string;
  readonly url?: string;
  /** When it was sealed: UTC, RFC 3339. */
  readonly createdAt: string;
  readonly artifactType: ArtifactType;
  readonly artifactId: string;
  readonly recipeId: string;
  readonly backendId: string;
  readonly engine: string;
  readonly parents: readonly Parent[];
  /** Empty when nobody gave one. */
  readonly tags: readonly string[];
  readonly note: string;
}

const NO_LABELS: Labels = { tags: [], note: "" };

/**
 * Joins what the bundle says with what people say.
 * @param title  used unless the metadata have one.
 * @param labels  what the submitter called the run.
 */
export function buildCitation(
  title: string,
  artifact: ArtifactDocument,
  manifest: RunManifest,
  metadata: CitationMetadata = {},
  labels: Labels = NO_LABELS,
): Citation {
  const authors = (metadata.creators ?? []).map(authorOf);
  const { engine, parents, artifact_type } = artifact.recipe;
  const { licence, publisher, publisherUrl, softwareUrl, doi, url } = metadata;
  return {
    key: `${keyWord(authors[0])}_${artifact.artifact_id.slice("sha256:".length, 19)}`,
    title: metadata.title ?? printable(title),
    authors,
    ...(licence !== undefined && { licence: licenceOf(licence, "licence") }),
    ...(publisher !== undefined && { publisher }),
    ...(publisherUrl !== undefined && { publisherUrl }),
    ...(softwareUrl !== undefined && { softwareUrl }),
    ...(doi !== undefined && { doi }),
    ...(url !== undefined && { url }),
    createdAt: manifest.created_at,
    artifactType: artifact_type,
    artifactId: artifact.artifact_id,
    recipeId: artifact.recipe_id,
    backendId: manifest.backend_id,
    engine: `${engine.name} ${engine.semantics_version}`,
    parents: parents.map(({ artifact_id, role }) => ({ artifactId: artifact_id, role })),
    tags: labels.tags,
    note: labels.note,
  };
}

/** A name of a file may hold anything; a line of a citation may not. */
function printable(title: string): string {
  return title.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim() || "untitled";
}

function authorOf(creator: Creator): Author {
  const comma = creator.name.indexOf(",");
  if (comma < 0) return creator;
  const family = creator.name.slice(0, comma).trim();
  const given = creator.name.slice(comma + 1).trim();
  return family && given ? { ...creator, family, given } : creator;
}

/** Letters and digits of a name that every bibliography program takes. */
function keyWord(author: Author | undefined): string {
  const word = (author?.family ?? author?.name ?? "").normalize("NFKD").replace(/[^A-Za-z0-9]/g, "");
  return word.slice(0, 30).toLowerCase() || "arqon";
}

/** "Given Family", or the name as it stands. */
export function fullName(author: Author): string {
  return author.family !== undefined ? `${author.given} ${author.family}` : author.name;
}

/** CSL-JSON: what citation processors (pandoc, Zotero, citeproc) read. */
import { canonicalJsonFile, type Json } from "../../base/index.ts";
import type { Author, Citation } from "./citation.ts";

/** A list of one item. */
export function cslJson(citation: Citation): Uint8Array {
  const { key, title, authors, publisher, doi, url, createdAt, artifactId, parents, tags } = citation;
  const note = [
    `Artifact ${artifactId}`,
    ...parents.map((parent) => `${parent.role} ${parent.artifactId}`),
  ].join("; ");
  return canonicalJsonFile([
    {
      id: key,
      type: "dataset",
      title,
      ...(authors.length > 0 && { author: authors.map(name) }),
      issued: { "date-parts": [createdAt.slice(0, 10).split("-").map(Number)] },
      ...(publisher !== undefined && { publisher }),
      ...(doi !== undefined && { DOI: doi }),
      ...(url !== undefined && { URL: url }),
      ...(tags.length > 0 && { keyword: tags.join(", ") }),
      ...(citation.note !== "" && { abstract: citation.note }),
      note,
    },
  ]);
}

function name(author: Author): Json {
  return author.family === undefined
    ? { literal: author.name }
    : { family: author.family, given: author.given ?? "" };
}

/** `CITATION.cff`: Citation File Format 1.2.0. */
import type { Author, Citation } from "./citation.ts";

/** JSON texts are YAML texts too, once what YAML does not print is escaped. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** The format wants an author: where nobody said who, it says that. */
export function citationCff(citation: Citation): string {
  const { authors, licence, artifactId, recipeId, parents, tags, note } = citation;
  const identifier = (value: string, description: string): string[] => [
    "  - type: other",
    `    value: ${quoted(value)}`,
    `    description: ${quoted(description)}`,
  ];
  const lines = [
    "cff-version: 1.2.0",
    "message: If you use this artifact, please cite it as below.",
    "type: dataset",
    `title: ${quoted(citation.title)}`,
    "authors:",
    ...(authors.length > 0 ? authors.flatMap(authorLines) : ["  - name: unknown"]),
    ...(licence?.spdx !== undefined ? [`license: ${licence.spdx}`] : []),
    ...(licence && licence.spdx === undefined ? [`license-url: ${quoted(licence.url)}`] : []),
    ...(citation.doi !== undefined ? [`doi: ${quoted(citation.doi)}`] : []),
    ...(citation.url !== undefined ? [`url: ${quoted(citation.url)}`] : []),
    ...(tags.length > 0 ? ["keywords:", ...tags.map((tag) => `  - ${quoted(tag)}`)] : []),
    ...(note !== "" ? [`abstract: ${quoted(note)}`] : []),
    "identifiers:",
    ...identifier(artifactId, "Content identifier of the artifact"),
    ...identifier(recipeId, "Content identifier of the recipe"),
    ...[...new Map(parents.map((parent) => [parent.artifactId, parent])).values()].flatMap((parent) =>
      identifier(parent.artifactId, `Artifact this one came from: ${parent.role}`),
    ),
    `date-released: ${quoted(citation.createdAt.slice(0, 10))}`,
  ];
  return `${lines.join("\n")}\n`;
}

function authorLines(author: Author): string[] {
  const fields: (readonly [string, string | undefined])[] =
    author.family === undefined
      ? [["name", author.name]]
      : [
          ["family-names", author.family],
          ["given-names", author.given],
          ["affiliation", author.institution],
        ];
  if (author.orcid !== undefined) fields.push(["orcid", `https://orcid.org/${author.orcid}`]);
  return fields
    .filter((field): field is readonly [string, string] => field[1] !== undefined)
    .map(([name, value], i) => `  ${i === 0 ? "-" : " "} ${name}: ${quoted(value)}`);
}

/** `CITATION.md`: how to cite, for people. */
import { biblatex } from "./bibtex.ts";
import { type Citation, fullName } from "./citation.ts";

/** A text that Markdown shows as it is: no markup, no HTML, no link. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_[\]#|~]|^[-+=]/g, "\\$&");
}

/** One line: authors (year): title. Publisher. DOI. Artifact. */
export function plainCitation(citation: Citation): string {
  const { authors, title, createdAt, publisher, doi, url, artifactId } = citation;
  const who = authors.map(fullName).join(", ");
  const year = `(${createdAt.slice(0, 4)})`;
  return [
    `${who ? `${who} ${year}` : year}: ${title} [data set].`,
    ...(publisher === undefined ? [] : [`${publisher}.`]),
    ...(doi === undefined ? [] : [`https://doi.org/${doi}.`]),
    ...(url === undefined ? [] : [`${url}.`]),
    `Artifact ${artifactId}`,
  ].join(" ");
}

/** The file. */
export function citationMarkdown(citation: Citation): string {
  const { licence, parents, artifactId, recipeId, backendId, engine, tags } = citation;
  const from = parents.map(({ artifactId: id, role }) => `- ${escapeMarkdown(role)}: \`${id}\``);
  const lines = [
    "# How to cite this artifact",
    "",
    escapeMarkdown(plainCitation(citation)),
    "",
    `- artifact \`${artifactId}\``,
    `- recipe \`${recipeId}\``,
    `- backend ${escapeMarkdown(backendId)}, engine ${escapeMarkdown(engine)}`,
    `- licence: ${licence ? `${escapeMarkdown(licence.name)} <${licence.url}>` : "not stated"}`,
    ...(tags.length > 0 ? [`- tags: ${escapeMarkdown(tags.join(", "))}`] : []),
    ...(parents.length > 0 ? ["", "It came from:", "", ...from] : []),
    "",
    "```bibtex",
    biblatex(citation).replaceAll("`", "'").trimEnd(),
    "```",
    "",
    "`citation.bib` has this entry for biblatex; `CITATION.cff` and `datacite.json` say the same to other tools.",
    "",
  ];
  return lines.join("\n");
}

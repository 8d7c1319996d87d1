/** BibTeX entries: biblatex's `@dataset`, and `@misc` for classic BibTeX. */
import type { Author, Citation } from "./citation.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
};
const BRACES: Readonly<Record<string, string>> = { "{": "\\textbraceleft{}", "}": "\\textbraceright{}" };

/** A text as TeX prints it unchanged. */
export function escapeTex(text: string): string {
  // BibTeX counts braces even behind a backslash, and some readers know no other form of them.
  const special = balanced(text) ? ESCAPES : { ...ESCAPES, ...BRACES };
  return text.replace(/[\\~^{}&%$#_]/g, (c) => special[c] ?? `\\${c}`);
}

function balanced(text: string): boolean {
  let depth = 0;
  for (const c of text) {
    if (c === "{") depth++;
    if (c === "}" && --depth < 0) return false;
  }
  return depth === 0;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** For biblatex: keeps the day, the kind, the publisher. */
export function biblatex(citation: Citation): string {
  return entry("dataset", citation.key, [
    ...author(citation),
    ["title", `{${escapeTex(citation.title)}}`],
    ["date", citation.createdAt.slice(0, 10)],
    ...(citation.publisher === undefined ? [] : [["publisher", escapeTex(citation.publisher)] as const]),
    ...(citation.doi === undefined ? [] : [["doi", citation.doi] as const]),
    ...(citation.url === undefined ? [] : [["url", citation.url] as const]),
    ["note", note(citation)],
    ...labels(citation),
  ]);
}

/** For classic BibTeX styles, which know neither data sets nor days. */
export function bibtex(citation: Citation): string {
  const [year, month] = citation.createdAt.split("-");
  const place = citation.url === undefined ? [] : [["howpublished", `\\url{${citation.url}}`] as const];
  return entry(
    "misc",
    citation.key,
    [
      ...author(citation),
      ["title", `{${escapeTex(citation.title)}}`],
      ["year", year as string],
      ...place,
      ...(citation.publisher === undefined ? [] : [["publisher", escapeTex(citation.publisher)] as const]),
      ...(citation.doi === undefined ? [] : [["doi", citation.doi] as const]),
      ["note", `Dataset. ${note(citation)}`],
      ...labels(citation),
    ],
    ["month", MONTHS[Number(month) - 1] as string],
  );
}

type Field = readonly [name: string, value: string];

function entry(kind: string, key: string, fields: readonly Field[], macro?: Field): string {
  const lines = fields.map(([name, value]) => `  ${name} = {${value}}`);
  if (macro) lines.push(`  ${macro[0]} = ${macro[1]}`);
  return `@${kind}{${key},\n${lines.join(",\n")}\n}\n`;
}

function author({ authors }: Citation): Field[] {
  return authors.length === 0 ? [] : [["author", authors.map(nameOf).join(" and ")]];
}

/** Braces keep a name whole where "and" or a comma would divide it. */
function nameOf(person: Author): string {
  const part = (text: string): string => (/\band\b|,/i.test(text) ? `{${escapeTex(text)}}` : escapeTex(text));
  return person.family === undefined
    ? `{${escapeTex(person.name)}}`
    : `${part(person.family)}, ${part(person.given ?? "")}`;
}

/** Fields that programs search and no style prints unless it is told to. */
function labels({ tags, note: text }: Citation): Field[] {
  return [
    ...(tags.length > 0 ? [["keywords", escapeTex(tags.join(", "))] as const] : []),
    ...(text === "" ? [] : [["abstract", escapeTex(text.replace(/\s+/g, " ").trim())] as const]),
  ];
}

function note({ artifactId, parents }: Citation): string {
  const from = parents.map(({ artifactId: id, role }) => `${escapeTex(role)} ${id}`);
  return [`Artifact ${artifactId}`, ...from].join("; ");
}

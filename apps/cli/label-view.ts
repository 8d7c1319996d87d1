/** Tags and notes for people. */
import type { Labels } from "@arqon/core/base";
import type { Annotation } from "@arqon/vault";

const INDENT = " ".repeat(10);

/** What a record was sealed with; nothing where nobody gave anything. */
export function labelLines(labels: Labels | undefined): string[] {
  if (!labels) return [];
  return [
    ...(labels.tags.length > 0 ? [`tags      ${labels.tags.join(", ")}`] : []),
    ...(labels.note !== "" ? indented("note      ", labels.note) : []),
  ];
}

/** What was said since, by whom and when. */
export function annotationLines(annotations: readonly Annotation[]): string[] {
  return annotations.flatMap(({ at, by, tags, removed, note }) => {
    const changes = [...tags.map((tag) => `+${tag}`), ...removed.map((tag) => `−${tag}`)];
    const head = `later     ${at.slice(0, 19).replace("T", " ")} ${by}${changes.length > 0 ? `: ${changes.join(", ")}` : ""}`;
    return [head, ...(note === "" ? [] : indented(INDENT, note))];
  });
}

function indented(first: string, text: string): string[] {
  return text.split("\n").map((line, i) => (i === 0 ? first : INDENT) + line);
}

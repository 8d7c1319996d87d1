/** Saying something of a record that is sealed: it stays as it is, and the governance ledger has what is added. */
import {
  ArqonError,
  type JsonObject,
  jsonObject,
  parseJson,
  requireFewTags,
  requireNote,
  requireTag,
  sortTags,
  utf8,
} from "@arqon/core/base";
import { ANNOTATE_EVENT, type Annotation, annotationIn, tagsAfter } from "./annotation.ts";
import { catchUp } from "./catch-up.ts";
import type { IndexRow } from "./index/index.ts";
import type { VaultParts } from "./parts.ts";
import { scanBytes } from "./secrets.ts";

/** What to say of a record. */
export interface AnnotationInit {
  /** Who says it; at most 200 characters. */
  readonly by: string;
  /** Tags to add; those that are there already change nothing. */
  readonly tags?: readonly string[];
  /** Tags to take away, those the record was sealed with among them. */
  readonly removeTags?: readonly string[];
  /** A note more; earlier ones stay. */
  readonly note?: string;
}

const MOST_BY = 200;

/**
 * Appends what is said of the newest record that an id names to the governance ledger, and brings the index up to it. Returns
 * its row. Where nothing changes nothing is appended.
 * @throws ArqonError `ARTIFACT_UNKNOWN`, `USAGE`, `LIMIT_EXCEEDED`, `SECRET_FOUND`, `KEYSTORE_LOCKED`
 */
export async function annotate(parts: VaultParts, idPrefix: string, init: AnnotationInit): Promise<IndexRow> {
  const { by, note = "" } = init;
  const tags = sortTags((init.tags ?? []).map((tag) => requireTag(tag)));
  const removed = sortTags((init.removeTags ?? []).map((tag) => requireTag(tag, "tag to remove")));
  requireFewTags(tags);
  requireFewTags(removed, "tags to remove");
  requireNote(note);
  if (tags.length + removed.length === 0 && note === "")
    throw new ArqonError("USAGE", "there is nothing to say: give a tag to add or remove, or a note");
  const both = tags.find((tag) => removed.includes(tag));
  if (both !== undefined) throw new ArqonError("USAGE", `tag "${both}" is to be added and removed`);
  if (by.length > MOST_BY || requireNote(by, "by").trim() === "" || by.includes("\n"))
    throw new ArqonError("USAGE", `by must be a name of 1 to ${MOST_BY} characters`);
  for (const [what, text] of [
    ["tags", tags.join("\n")] as const,
    ["note", note] as const,
    ["by", by] as const,
  ])
    refuseSecret(what, text, parts.secrets);
  parts.signers(); // Without keys nothing may be written.
  // Under the lock of those who write records, so that two at once keep the limits together.
  return parts.runs.exclusive(async () => {
    await catchUp(parts);
    const row = await parts.index.find(idPrefix);
    const now = (await parts.index.tags([row.recordId])).get(row.recordId) ?? [];
    const absent = removed.find((tag) => !now.includes(tag));
    if (absent !== undefined)
      throw new ArqonError(
        "USAGE",
        `${row.recordId} has no tag "${absent}"; it has ${now.join(", ") || "none"}`,
      );
    const added = tags.filter((tag) => !now.includes(tag));
    requireFewTags(tagsAfter(now, [{ tags: added, removed }]), `tags of ${row.recordId}`);
    if (added.length + removed.length === 0 && note === "") return row;
    const entry: JsonObject = {
      event: ANNOTATE_EVENT,
      artifact: row.artifactId,
      by,
      record: row.recordId,
      ...(added.length > 0 && { tags: added }),
      ...(removed.length > 0 && { removed }),
      ...(note !== "" && { note }),
    };
    await parts.audit.append(entry);
    await catchUp(parts);
    return row;
  });
}

/** What the index has of a record's annotations, oldest first. */
export async function annotationsOf({ index }: VaultParts, recordId: string): Promise<Annotation[]> {
  return (await index.annotations(recordId)).flatMap(({ said }) => {
    const found = annotationIn(jsonObject(parseJson(said, "an annotation"), "an annotation"));
    if (!found) return [];
    const { recordId: _, ...annotation } = found;
    return [annotation];
  });
}

function refuseSecret(what: string, text: string, known: readonly string[]): void {
  const finding = scanBytes(what, utf8(text), known);
  if (finding)
    throw new ArqonError(
      "SECRET_FOUND",
      `${what} line ${finding.line} holds ${finding.what}; nothing was kept`,
      {
        details: { path: what, line: finding.line },
      },
    );
}

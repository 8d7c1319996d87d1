/** What is said of a record after it was sealed: an entry of the governance ledger. */
import { type Json, type JsonObject, requireNote, requireTag, sortTags } from "@arqon/core/base";

/** Marks an audit entry that changes the tags of a record, or adds a note. */
export const ANNOTATE_EVENT = "artifact.annotate";

/** What somebody said of a record, and when. */
export interface Annotation {
  /** UTC, RFC 3339. */
  readonly at: string;
  readonly by: string;
  /** Tags it added. */
  readonly tags: readonly string[];
  /** Tags it took away. */
  readonly removed: readonly string[];
  /** Empty where it adds none. */
  readonly note: string;
}

/** An annotation of a record as its entry in the ledger says it; `undefined` for an entry of another form. */
export function annotationIn(entry: JsonObject): (Annotation & { readonly recordId: string }) | undefined {
  const { event, at, by, record, note = "" } = entry;
  if (event !== ANNOTATE_EVENT) return undefined;
  if (typeof record !== "string" || typeof at !== "string" || typeof by !== "string") return undefined;
  if (typeof note !== "string") return undefined;
  try {
    const [tags, removed] = [tagsOf(entry["tags"]), tagsOf(entry["removed"])];
    if (tags.some((tag) => removed.includes(tag))) return undefined;
    return { recordId: record, at, by, tags, removed, note: requireNote(note) };
  } catch {
    return undefined;
  }
}

function tagsOf(value: Json | undefined): string[] {
  return Array.isArray(value)
    ? sortTags((value as readonly Json[]).map((tag) => requireTag(String(tag))))
    : [];
}

/** The tags of a record once these annotations, oldest first, are taken in. */
export function tagsAfter(
  tags: readonly string[],
  annotations: readonly Pick<Annotation, "tags" | "removed">[],
): string[] {
  const now = new Set(tags);
  for (const { tags: added, removed } of annotations) {
    for (const tag of added) now.add(tag);
    for (const tag of removed) now.delete(tag);
  }
  return sortTags(now);
}

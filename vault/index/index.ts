/** The index: which records there are, what they came from, and which objects are their files. Rebuilt from objects. */
export { coverWith } from "./cover.ts";
export { settleCover } from "./covered-index.ts";
export * from "./facts.ts";
export { type IndexBehind, indexBehind } from "./index-behind.ts";
export * from "./open-index.ts";
export * from "./record.ts";
export type { IndexAnnotation, IndexEntry, IndexRow, RunIndex, SaidOfRecord } from "./run-index.ts";

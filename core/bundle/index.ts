/** Artifacts: ids, sealing, verification, archives and replay verdicts, over files in memory. */
export * from "./artifact.ts";
export * from "./cite/index.ts";
export * from "./containers/index.ts";
export * from "./contents.ts";
export * from "./draft.ts";
export * from "./finish.ts";
export * from "./labels.ts";
export * from "./layout.ts";
export * from "./manifest.ts";
export * from "./path.ts";
export * from "./prepare.ts";
export { isStubSource, stubOf } from "./provenance.ts";
export * from "./recipe.ts";
export * from "./replay/index.ts";
export {
  type Check,
  type CheckName,
  problemsOf,
  type Verdict,
  type VerifyReport,
} from "./report.ts";
export * from "./result.ts";
export * from "./signed-manifest.ts";
export * from "./statement.ts";
export * from "./sums.ts";
export * from "./times.ts";
export * from "./validate/index.ts";
export * from "./verify.ts";
export * from "./verify-archive.ts";
export { CRATE_EDITIONS, type CrateEdition } from "./views/edition.ts";
export * from "./zip-read.ts";
export * from "./zip-stream.ts";
export { writeZip } from "./zip-write.ts";

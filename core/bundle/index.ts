/** Artifacts: ids, sealing, verification, archives and replay verdicts, over files in memory. */
export * from "./draft.ts";

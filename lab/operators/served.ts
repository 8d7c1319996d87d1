/** Kinds of jobs that the operator of a backend serves. */
import type { JsonObject } from "@arqon/core/base";
import type { ArtifactType } from "@arqon/core/bundle";
import type { Execution, Operation, Work } from "../runtime/index.ts";

/** What a schema of jobs asks of the door, and what its answers are. */
export interface Served {
  readonly artifactType: ArtifactType;
  /** @throws ArqonError for a capsule that is not of the schema. */
  operationOf(work: Work, backendId: string): Operation;
  outputOf(execution: Execution): JsonObject;
}

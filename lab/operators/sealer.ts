/** Serves `seal.jobs`: runs of foreign operators are sealed from what the bus recorded, and marked reported. */
import { ArqonError, type Clock, type JsonObject } from "@arqon/core/base";
import { type FinishedJob, FinishedJobSchema, fromBinary } from "@arqon/core/wire";
import type { Vault } from "@arqon/vault";
import { beforeDoor, type Handler, HopWatch } from "../runtime/index.ts";
import { reportedDraft } from "./reported-draft.ts";

/** Schema of the capsule of a seal job. */
export const SEAL_JOB_SCHEMA = "arqonbus.seal.job.v1";
/** The bus itself: nobody else may ask for a seal. */
const BUS_PRINCIPAL = "arqon-bus";

/** What the sealer stands on. */
export interface SealerParts {
  readonly vault: Pick<Vault, "seal" | "audit">;
  readonly clock: Clock;
  readonly environment: JsonObject;
  readonly sdkVersion: string;
  readonly cryptoMode: "classical" | "hybrid" | "pqc-required";
  /** Whose tenant a job is, by who submitted it and what it says of itself. */
  tenantOf(principal: string, saidByService: string): string;
}

/** Handles seal jobs. */
export function sealerHandler(parts: SealerParts): Handler {
  return async (work) => {
    const watch = new HopWatch(parts.clock);
    const { draft, title } = await beforeDoor(work, { ...parts, by: "sealer" }, () => {
      if (work.producer !== BUS_PRINCIPAL)
        throw new ArqonError(
          "PERMISSION_DENIED",
          `${work.producer} may not ask for a seal; only the bus may`,
        );
      return reportedDraft(readFinished(work.capsule.program, work.capsule.schema), parts);
    });
    const sealed = await watch.hop("seal", () => parts.vault.seal(draft, title));
    const { recipeId, artifactId, recordId } = sealed;
    return { output: {}, ids: { recipeId, artifactId, recordId }, hops: watch.hops };
  };
}

function readFinished(program: Uint8Array, schema: string): FinishedJob {
  if (schema !== SEAL_JOB_SCHEMA)
    throw new ArqonError("SCHEMA_UNKNOWN", `"${schema}" is not ${SEAL_JOB_SCHEMA}`);
  try {
    return fromBinary(FinishedJobSchema, program);
  } catch (cause) {
    throw new ArqonError("WIRE_MALFORMED", `not a FinishedJob: ${(cause as Error).message}`, { cause });
  }
}

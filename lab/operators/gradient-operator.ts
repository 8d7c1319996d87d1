/** A gradient job as the operator of a backend serves it. */
import { formatSeed, type Json, type JsonObject } from "@arqon/core/base";
import type { Execution, Operation, Work } from "../runtime/index.ts";
import {
  GRADIENT_JOB_SCHEMA,
  GRADIENT_KIND,
  gradientParameters,
  gradientRecipe,
  requireQuantumCapsule,
} from "../scheduler/index.ts";
import type { Served } from "./served.ts";

/** What a gradient job asks of the door, and what its answer is. */
export const GRADIENT: Served = { artifactType: "gradient", operationOf, outputOf };

function operationOf({ capsule, id }: Work, backendId: string): Operation {
  const programMediaType = requireQuantumCapsule(capsule, GRADIENT_JOB_SCHEMA);
  const { asked, seed } = gradientParameters(capsule.parametersJson, id);
  return {
    kind: GRADIENT_KIND,
    backendId,
    program: capsule.program,
    programMediaType,
    name: capsule.name,
    parameters: gradientRecipe(asked),
    seed,
  };
}

function outputOf({ operation, results, warnings }: Execution): JsonObject {
  const value: Json = results.find(({ name }) => name === "gradient.json")?.value ?? {};
  return {
    ...(value as JsonObject),
    backend: operation.backendId,
    seed: formatSeed(operation.seed),
    shots: operation.parameters["shots"] ?? 0,
    warnings: [...warnings],
  };
}

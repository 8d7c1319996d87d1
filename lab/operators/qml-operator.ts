/** Serves `qml.jobs`: learning goes through the door and is sealed like any run. */
import { ArqonError, canonicalJsonFile, formatSeed, type Json, type JsonObject } from "@arqon/core/base";
import { beforeDoor, type Handler, HopWatch, type Operation, type Work } from "../runtime/index.ts";
import { jobSeed } from "../scheduler/index.ts";
import { classifyParameters, jsonProgram, QML_JOB_SCHEMA, QML_MEDIA_TYPE } from "./classify-request.ts";
import { QML_CLASSIFY_KIND, QML_MANIFEST } from "./qml-plugin.ts";
import { type DoorParts, openRun, passDoor, sealPassed } from "./through-door.ts";

/** Handles learning jobs; the submitter needs the capability to execute on "backend.sim-qml". */
export function qmlHandler(parts: DoorParts, tenantOf: (principal: string) => string): Handler {
  return async (work, context) => {
    const watch = new HopWatch(parts.clock);
    const tenant = tenantOf(work.producer);
    const operation = await beforeDoor(work, { ...parts, by: parts.operatorId, tenant }, () =>
      operationOf(work),
    );
    const run = openRun(work, parts, {
      title: work.capsule.name || "samples.json",
      tenant,
      artifactType: "run",
      parents: [],
    });
    const { refusal, results, warnings } = await watch.hop("execute", () =>
      passDoor(operation, run, context, parts),
    );
    const ids = await sealPassed(run, watch, context, parts);
    if (refusal) return { error: refusal.error, ids, hops: watch.hops };
    const value = (name: string): Json => results.find((result) => result.name === name)?.value ?? {};
    const output: JsonObject = {
      ...(value("predictions.json") as JsonObject),
      ...(value("summary.json") as JsonObject),
      backend: operation.backendId,
      seed: formatSeed(operation.seed),
      warnings: [...warnings],
    };
    return { output, ids, hops: watch.hops };
  };
}

function operationOf({ capsule, id }: Work): Operation {
  if (capsule.schema !== QML_JOB_SCHEMA)
    throw new ArqonError("SCHEMA_UNKNOWN", `"${capsule.schema}" is not ${QML_JOB_SCHEMA}`);
  if (capsule.programMediaType !== QML_MEDIA_TYPE)
    throw new ArqonError(
      "SCHEMA_UNKNOWN",
      `a program of "${capsule.programMediaType}" is not ${QML_MEDIA_TYPE}`,
    );
  const { parameters, seed } = classifyParameters(capsule.parametersJson);
  return {
    kind: QML_CLASSIFY_KIND,
    backendId: QML_MANIFEST.id,
    program: canonicalJsonFile(jsonProgram(capsule.program, capsule.name)),
    programMediaType: QML_MEDIA_TYPE,
    name: capsule.name,
    parameters: { ...parameters },
    seed: jobSeed(seed, id),
  };
}

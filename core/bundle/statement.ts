/** What is signed: an in-toto statement about the bundle's files, with SLSA provenance. */
import { canonicalJson, type JsonObject, utf8 } from "../base/index.ts";
import type { ArtifactDocument } from "./artifact.ts";
import { type BundleListing, digestOf } from "./contents.ts";
import type { RunManifest } from "./manifest.ts";
import { comparePaths } from "./path.ts";
import type { RunTimes } from "./times.ts";

export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "https://slsa.dev/provenance/v1";
export const BUILD_TYPE = "urn:arqon:run:v1";

const subject = (name: string, sha256: string): JsonObject => ({ digest: { sha256 }, name });

/**
 * The canonical bytes to sign: subjects are `artifact.json`, the manifest, every result and every view; everything else
 * is listed by digest in `artifact.json`.
 *
 * @param subjects  paths and bytes of the files to sign.
 */
export function buildStatement(
  artifact: ArtifactDocument,
  manifest: RunManifest,
  subjects: BundleListing,
  times: RunTimes,
): Uint8Array {
  const dependencies = [...artifact.recipe.files, ...artifact.content.conditions].map((entry) =>
    subject(entry.path, entry.sha256),
  );
  const parents = artifact.recipe.parents.map(({ artifact_id, role }) => ({
    annotations: { role },
    digest: { sha256: artifact_id.slice("sha256:".length) },
    uri: `urn:arqon:artifact:${artifact_id}`,
  }));
  // Keys in their canonical order, here and in `subject`: nothing is sorted when it is written.
  const statement: JsonObject = {
    _type: STATEMENT_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          artifact_type: artifact.recipe.artifact_type,
          recipe_id: artifact.recipe_id,
        },
        internalParameters: { artifact_id: artifact.artifact_id, reported: manifest.reported },
        resolvedDependencies: [...dependencies, ...parents],
      },
      runDetails: {
        builder: {
          id: `urn:arqon:backend:${encodeURIComponent(manifest.backend_id)}`,
          version: {
            [artifact.recipe.engine.name]: artifact.recipe.engine.semantics_version,
            sdk: manifest.sdk_version,
          },
        },
        metadata: {
          ...(times.ended !== undefined && { finishedOn: times.ended }),
          invocationId: `urn:uuid:${manifest.job_id}`,
          ...(times.started !== undefined && { startedOn: times.started }),
        },
      },
    },
    predicateType: PREDICATE_TYPE,
    subject: [...subjects]
      .map(([path, file]) => ({ path, sha256: digestOf(file) }))
      .sort((a, b) => comparePaths(a.path, b.path))
      .map(({ path, sha256 }) => subject(path, sha256)),
  };
  return utf8(canonicalJson(statement));
}

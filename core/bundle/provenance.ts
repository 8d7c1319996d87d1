/**
 * Parents inside their child: for each parent that was at hand, its `artifact.json`, its signed statement and the keys of
 * it, so that what a bundle came from is verified from the bundle alone.
 */
import { ArqonError, canonicalJsonFile } from "../base/index.ts";
import { isSignatureAlgorithm } from "../proof/index.ts";
import { type ArtifactDocument, parseArtifact, recordIdOf } from "./artifact.ts";
import type { BundleFiles } from "./draft.ts";
import { ARTIFACT_PATH, ENVELOPE_PATH, keyFileSuite, PARENTS_PATH } from "./layout.ts";

const STUB = /^provenance\/parents\/([0-9a-f]{64})\.(artifact\.json|dsse\.json|([a-z0-9-]+)\.pub\.pem)$/;
const KEYS = "attestations/keys/";

/** Whether a file of a parent's bundle goes into its stub. */
export function isStubSource(path: string): boolean {
  return path === ARTIFACT_PATH || path === ENVELOPE_PATH || keyFileSuite(path, KEYS) !== undefined;
}

/** A test of paths: whether an artifact with these parents may have that file. */
export function provenanceTest({ recipe }: ArtifactDocument): (path: string) => boolean {
  const ids = new Set(recipe.parents.map(({ artifact_id }) => artifact_id));
  return (path) => {
    if (path === PARENTS_PATH) return ids.size > 0;
    const stub = STUB.exec(path);
    return (
      stub !== null &&
      (stub[3] === undefined || isSignatureAlgorithm(stub[3])) &&
      ids.has(`sha256:${stub[1]}`)
    );
  };
}

/** The file of a stub, e.g. of kind "artifact.json". */
export const stubPath = (artifactId: string, kind: string): string =>
  `provenance/parents/${artifactId.slice("sha256:".length)}.${kind}`;

/**
 * The stub of a parent, by path in its child's bundle.
 * @throws ArqonError `BUNDLE_MALFORMED` when `parent` is not a sealed bundle's files.
 */
export function stubOf(parent: BundleFiles): BundleFiles {
  const artifactJson = parent.get(ARTIFACT_PATH);
  const envelope = parent.get(ENVELOPE_PATH);
  if (!artifactJson || !envelope)
    throw new ArqonError(
      "BUNDLE_MALFORMED",
      `a parent has no ${artifactJson ? ENVELOPE_PATH : ARTIFACT_PATH}`,
    );
  const { artifact_id } = parseArtifact(artifactJson);
  const stub = new Map([
    [stubPath(artifact_id, "artifact.json"), artifactJson],
    [stubPath(artifact_id, "dsse.json"), envelope],
  ]);
  for (const [path, bytes] of parent)
    if (keyFileSuite(path, KEYS)) stub.set(stubPath(artifact_id, path.slice(KEYS.length)), bytes);
  return stub;
}

/** `provenance/parents.json`: the parents of `artifact.json`, each with the record of its stub where there is one. */
export function renderParents({ recipe }: ArtifactDocument, files: BundleFiles): Uint8Array {
  return canonicalJsonFile(
    recipe.parents.map(({ artifact_id, role }) => {
      const stub = files.get(stubPath(artifact_id, "artifact.json"));
      return { artifact_id, record_id: stub ? recordIdOf(stub) : null, role };
    }),
  );
}

/** Ids of the artifacts that have a file of a stub here. */
export function stubbedIds(files: BundleFiles): Set<string> {
  return new Set(
    [...files.keys()].flatMap((path) => {
      const stub = STUB.exec(path);
      return stub ? [`sha256:${stub[1]}`] : [];
    }),
  );
}

/**
 * Every provenance file of an artifact: empty without parents.
 * @throws TypeError when a bundle is given that is no parent of it.
 */
export function provenanceFiles(artifact: ArtifactDocument, parents: readonly BundleFiles[]): BundleFiles {
  if (artifact.recipe.parents.length === 0 && parents.length === 0) return new Map();
  const files = new Map(parents.flatMap((parent) => [...stubOf(parent)]));
  const belongs = provenanceTest(artifact);
  for (const path of files.keys())
    if (!belongs(path)) throw new TypeError(`${path} is of no parent of this artifact`);
  return files.set(PARENTS_PATH, renderParents(artifact, files));
}

/** Verification of the parents that a bundle carries: each stub by its own ids, statement and signatures. */
import { equalBytes, fromBase64, fromUtf8, sha256Hex } from "../base/index.ts";
import {
  IN_TOTO_TYPE,
  type PublicKey,
  parseEnvelope,
  publicKeyFromPem,
  type RequiredSuites,
  type SignatureAlgorithm,
  type SignatureVerifier,
  SUITES,
  verifyEnvelope,
} from "../proof/index.ts";
import { artifactIdOf, parseArtifact, recipeIdOf } from "./artifact.ts";
import type { BundleFiles } from "./draft.ts";
import { ARTIFACT_PATH, PARENTS_PATH } from "./layout.ts";
import { renderParents, stubbedIds, stubPath } from "./provenance.ts";
import type { Findings } from "./report.ts";
import { type ReadBundle, subjectsOf } from "./verify-files.ts";

/** How parents are verified: as the bundle itself, with the keys of each stub. */
export interface ParentChecks {
  readonly require: RequiredSuites;
  readonly verifier: SignatureVerifier;
  readonly trust: readonly PublicKey[] | undefined;
}

/**
 * Checks `provenance/`. A parent without stub is allowed: its maker did not have it. Whose keys signed a parent does not
 * decide whether the child is trusted; the finding says how many are by others than those one trusts.
 */
export async function checkParents(
  files: BundleFiles,
  { artifact }: ReadBundle,
  checks: ParentChecks,
  found: Findings,
): Promise<void> {
  const ids = [...new Set(artifact.recipe.parents.map(({ artifact_id }) => artifact_id))];
  if (ids.length === 0) return;
  const listing = files.get(PARENTS_PATH);
  const stubbed = stubbedIds(files);
  const stubs = ids.filter((id) => stubbed.has(id));
  if (!listing && stubs.length > 0) found.fail("parents", "it was removed: there are stubs", PARENTS_PATH);
  if (listing && !equalBytes(listing, renderParents(artifact, files)))
    found.fail("parents", "it says other things than artifact.json and the stubs", PARENTS_PATH);
  let strangers = 0;
  for (const id of stubs) {
    const signers = await checkStub(id, files, checks, found);
    if (checks.trust && !signers.every((keyId) => checks.trust?.some((key) => key.keyId === keyId)))
      strangers++;
  }
  const by = strangers > 0 ? `; ${strangers} signed by keys that are not in your trust file` : "";
  found.ok("parents", `${stubs.length} of ${ids.length} parents verified from here${by}`);
}

/** Returns the key ids that signed. */
async function checkStub(
  id: string,
  files: BundleFiles,
  { require, verifier }: ParentChecks,
  found: Findings,
): Promise<readonly string[]> {
  const [artifactPath, envelopePath] = [stubPath(id, "artifact.json"), stubPath(id, "dsse.json")];
  const [artifactJson, envelopeBytes] = [files.get(artifactPath), files.get(envelopePath)];
  if (!artifactJson || !envelopeBytes) {
    found.fail(
      "parents",
      "it was removed: the parent has other files here",
      artifactJson ? envelopePath : artifactPath,
    );
    return [];
  }
  const document = found.attempt("parents", artifactPath, () => parseArtifact(artifactJson));
  const envelope = found.attempt("parents", envelopePath, () => parseEnvelope(envelopeBytes, envelopePath));
  if (!document || !envelope) return [];
  const follows = recipeIdOf(document.recipe) === document.recipe_id && artifactIdOf(document.content) === id;
  if (!follows || document.artifact_id !== id)
    found.fail("parents", "its ids are not those that follow from it, or not the parent's", artifactPath);

  const keys: PublicKey[] = [];
  for (const suite of Object.keys(SUITES) as SignatureAlgorithm[]) {
    const path = stubPath(id, `${suite}.pub.pem`);
    const pem = files.get(path);
    if (!pem) continue;
    const key = found.attempt("parents", path, () => publicKeyFromPem(fromUtf8(pem), path));
    if (key && key.algorithm !== suite) found.fail("parents", `it holds an ${key.algorithm} key`, path);
    else if (key) keys.push(key);
  }
  if (envelope.payloadType !== IN_TOTO_TYPE)
    found.fail("parents", `its payload type is "${envelope.payloadType}"`, envelopePath);
  const verdict = await verifyEnvelope(envelope, { keys, require, verifier });
  if (verdict.status !== "ok")
    found.add("parents", verdict.status, verdict.detail, envelopePath, verdict.code);
  const subjects = found.attempt("parents", envelopePath, () => subjectsOf(fromBase64(envelope.payload)));
  if (subjects && subjects.get(ARTIFACT_PATH) !== sha256Hex(artifactJson))
    found.fail("parents", "the parent's signed statement has another digest", artifactPath);
  return verdict.validKeyIds;
}

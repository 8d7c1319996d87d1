/** Verification of a whole bundle, offline, from its files alone and the keys one trusts. */
import { equalBytes, fromUtf8 } from "../base/index.ts";
import {
  BOTH_SUITES,
  formatTlogProof,
  IN_TOTO_TYPE,
  type PublicKey,
  parseEnvelope,
  parseTlogProof,
  publicKeyFromPem,
  type RequiredSuites,
  type SignatureVerifier,
  systemVerifier,
  verifyCheckpoint,
  verifyEnvelope,
  verifyTlogProof,
} from "../proof/index.ts";
import { idsOf } from "./artifact.ts";
import { type BundleListing, digestOf, heldFiles } from "./contents.ts";
import type { BundleFiles } from "./draft.ts";
import {
  ARTIFACT_PATH,
  ENVELOPE_PATH,
  keyFileSuite,
  PROOF_PATH,
  REQUIRED_VIEWS,
  VIEW_PATHS,
} from "./layout.ts";
import { MANIFEST_PATH } from "./manifest.ts";
import { provenanceTest } from "./provenance.ts";
import { causeOf, Findings, failedOutside, type Verdict, type VerifyReport } from "./report.ts";
import { buildStatement } from "./statement.ts";
import { readTimes } from "./times.ts";
import { type ReadBundle, subjectsOf, verifyFiles } from "./verify-files.ts";
import { checkParents } from "./verify-parents.ts";

/** How to verify. */
export interface VerifyOptions {
  /** The keys to trust, for envelopes and checkpoints. Without them the bundle's own are used, and it says so. */
  readonly trust?: readonly PublicKey[];
  /** Ids of keys that are refused, whatever is trusted: they were trusted once and are no more. */
  readonly refused?: readonly string[];
  /** Suites that must have signed; Ed25519 and ML-DSA-65, both, unless told otherwise. */
  readonly require?: RequiredSuites;
  readonly verifier?: SignatureVerifier;
}

interface Keys {
  readonly attestation: readonly PublicKey[];
  readonly ledger: readonly PublicKey[];
}

/**
 * Verifies a bundle. It never throws on a bad bundle: everything wrong is a check that failed, with its path. Of a file that
 * is not held, the digest and size are believed: whoever gives them has read it.
 */
export async function verifyBundle(
  contents: BundleListing,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const found = new Findings();
  const files = heldFiles(contents);
  const read = verifyFiles(contents, found);
  const artifactJson = files.get(ARTIFACT_PATH);
  const keys = readKeys(files, found);
  const require = options.require ?? BOTH_SUITES;
  const verifier = options.verifier ?? systemVerifier();
  const signers = new Set<string>();
  if (read) {
    for (const id of await checkEnvelope(contents, files, read, keys.attestation, require, verifier, found))
      signers.add(id);
    await checkParents(files, read, { require, verifier, trust: options.trust }, found);
    for (const id of await checkLedger(files, keys.ledger, require, verifier, found)) signers.add(id);
  }
  const trusted = checkTrust(keys, signers, options, read?.manifest.created_at, found);
  const verdict = verdictOf(found, options.trust !== undefined, trusted);
  const code = causeOf(found.checks);
  return {
    verdict,
    trusted,
    ...(code && { code }),
    ...(read && artifactJson && { ids: idsOf(read.artifact, artifactJson) }),
    checks: found.checks,
  };
}

function verdictOf(found: Findings, hasTrust: boolean, trusted: boolean): Verdict {
  if (failedOutside(found.checks, "trust")) return "FAILED";
  const open = found.checks.some(({ name, status }) => status === "not-checked" && name !== "trust");
  const refused = found.checks.some(({ name, status }) => status === "failed" && name === "trust");
  return open || refused || (hasTrust && !trusted) ? "UNTRUSTED" : "VERIFIED";
}

/** The bundle's own keys. The ledger's are those of the attestations unless it has some of its own. */
function readKeys(files: BundleFiles, found: Findings): Keys {
  const keysUnder = (folder: string): PublicKey[] => {
    const keys: PublicKey[] = [];
    for (const [path, bytes] of files) {
      const suite = keyFileSuite(path, folder);
      if (suite === undefined) continue;
      const key = found.attempt("signature", path, () => publicKeyFromPem(fromUtf8(bytes), path));
      if (key && key.algorithm !== suite) found.fail("signature", `it holds an ${key.algorithm} key`, path);
      else if (key) keys.push(key);
    }
    return keys;
  };
  const attestation = keysUnder("attestations/keys/");
  const ledger = keysUnder("ledger/keys/");
  return { attestation, ledger: ledger.length > 0 ? ledger : attestation };
}

async function checkEnvelope(
  contents: BundleListing,
  files: BundleFiles,
  read: ReadBundle,
  keys: readonly PublicKey[],
  require: RequiredSuites,
  verifier: SignatureVerifier,
  found: Findings,
): Promise<readonly string[]> {
  const bytes = files.get(ENVELOPE_PATH);
  const envelope =
    bytes && found.attempt("signature", ENVELOPE_PATH, () => parseEnvelope(bytes, ENVELOPE_PATH));
  if (!envelope) return [];
  if (envelope.payloadType !== IN_TOTO_TYPE)
    found.fail("signature", `its payload type is "${envelope.payloadType}"`, ENVELOPE_PATH);
  const verdict = await verifyEnvelope(envelope, { keys, require, verifier });
  found.add("signature", verdict.status, verdict.detail, ENVELOPE_PATH, verdict.code);
  const used = new Set(envelope.signatures.map(({ keyid }) => keyid));
  for (const key of keys)
    if (!used.has(key.keyId))
      found.fail(
        "signature",
        `the ${key.algorithm} key of the bundle signed nothing`,
        undefined,
        "SIGNATURE_MISSING",
      );
  for (const keyid of used)
    if (!keys.some((key) => key.keyId === keyid))
      found.fail(
        "signature",
        `it has a signature by ${keyid}, whose key is not in the bundle`,
        ENVELOPE_PATH,
        "KEY_UNKNOWN",
      );
  // The manifest is signed: who takes a signature away, where fewer suites are required, cannot change what it says.
  const carried = keys.filter((key) => used.has(key.keyId)).map(({ algorithm }) => algorithm);
  const stated = read.manifest.pqc_suite;
  if (stated.split("+").sort().join("+") !== carried.sort().join("+"))
    found.fail(
      "signature",
      `the manifest says ${stated} signed it, not ${carried.join("+")}`,
      MANIFEST_PATH,
      "SIGNATURE_MISSING",
    );
  if (verdict.payload) checkStatement(contents, read, verdict.payload, found);
  return verdict.validKeyIds;
}

/** The statement is exactly the one that follows from the files: every subject's digest, and every word of it. */
function checkStatement(
  files: BundleListing,
  read: ReadBundle,
  statement: Uint8Array,
  found: Findings,
): void {
  const subjects = found.attempt("statement", ENVELOPE_PATH, () => subjectsOf(statement));
  if (!subjects) return;
  const results = read.artifact.results.map(({ path }) => path);
  const isProvenance = provenanceTest(read.artifact);
  // What may be missing must be signed where it is, and be there where it is signed.
  const optional = [...new Set([...files.keys(), ...subjects.keys()])].filter(
    (path) => isProvenance(path) || (VIEW_PATHS.includes(path) && !REQUIRED_VIEWS.includes(path)),
  );
  const signed = [ARTIFACT_PATH, MANIFEST_PATH, ...results, ...REQUIRED_VIEWS, ...optional];
  for (const path of signed) {
    const bytes = files.get(path);
    const digest = subjects.get(path);
    if (digest === undefined) found.fail("statement", "the signed statement does not cover it", path);
    else if (!bytes) found.fail("statement", "it was removed: the signed statement covers it", path);
    else if (digest !== digestOf(bytes))
      found.fail("statement", "it was changed: the signed statement has another digest", path);
  }
  for (const path of subjects.keys())
    if (!signed.includes(path))
      found.fail("statement", "the signed statement covers it, and it may not be here", path);
  const present = new Map(
    signed.flatMap((path) => {
      const bytes = files.get(path);
      return bytes ? [[path, bytes] as const] : [];
    }),
  );
  const failed = found.checks.some(({ name, status }) => name === "statement" && status === "failed");
  const expected = buildStatement(read.artifact, read.manifest, present, readTimes(heldFiles(files)));
  if (!failed && !equalBytes(expected, statement))
    found.fail("statement", "the signed statement says other things than the files", ENVELOPE_PATH);
  found.ok(
    "statement",
    `${subjects.size} files signed directly, all others by their digests in artifact.json`,
  );
}

async function checkLedger(
  files: BundleFiles,
  keys: readonly PublicKey[],
  require: RequiredSuites,
  verifier: SignatureVerifier,
  found: Findings,
): Promise<readonly string[]> {
  const bytes = files.get(PROOF_PATH);
  const entry = files.get(ENVELOPE_PATH);
  if (!bytes || !entry) return [];
  const proof = found.attempt("ledger", PROOF_PATH, () => parseTlogProof(fromUtf8(bytes)));
  if (!proof) return [];
  if (formatTlogProof(proof) !== fromUtf8(bytes))
    found.fail("ledger", "it is not in canonical form", PROOF_PATH, "LEDGER_INVALID");
  if (!verifyTlogProof(proof, entry))
    found.fail(
      "ledger",
      "the proof does not lead from the envelope to the checkpoint's root",
      PROOF_PATH,
      "PROOF_INVALID",
    );
  found.ok("ledger", `entry ${proof.index} of ${proof.signed.origin}`);
  const verdict = await verifyCheckpoint(proof.signed, { keys, require, verifier });
  found.add("checkpoint", verdict.status, verdict.detail, PROOF_PATH, verdict.code);
  return verdict.validKeyIds;
}

/** Whether every key that signed is one the caller trusts. */
function checkTrust(
  keys: Keys,
  signers: ReadonlySet<string>,
  { trust, refused = [] }: VerifyOptions,
  createdAt: string | undefined,
  found: Findings,
): boolean {
  const own = [...keys.attestation, ...keys.ledger];
  const removed = [...new Set(own.map(({ keyId }) => keyId))].filter((keyId) => refused.includes(keyId));
  for (const keyId of removed)
    found.fail("trust", `key ${keyId} was removed from your trust file`, undefined, "KEY_UNKNOWN");
  if (removed.length > 0) return false;
  if (trust === undefined) {
    const ids = [...new Set(own.map(({ keyId }) => keyId))].join(", ");
    found.add(
      "trust",
      "not-checked",
      `signer not in your trust file; the bundle's own keys are ${ids || "missing"}`,
    );
    return false;
  }
  let all = signers.size > 0;
  for (const keyId of signers) {
    const key = own.find((candidate) => candidate.keyId === keyId);
    const known = trust.find((candidate) => candidate.keyId === keyId);
    const same = known && key && known.algorithm === key.algorithm && equalBytes(known.spki, key.spki);
    const problem = !same ? "is not in your trust file" : validityProblem(known, createdAt);
    if (problem === undefined) continue;
    all = false;
    const code = same ? "KEY_EXPIRED" : "KEY_UNKNOWN";
    found.fail("trust", `the ${key?.algorithm ?? "unknown"} key ${keyId} ${problem}`, undefined, code);
  }
  if (all) found.add("trust", "ok", `${signers.size} signing keys, all in your trust file`);
  else if (signers.size === 0) found.fail("trust", "no valid signature by any key", undefined, "KEY_UNKNOWN");
  return all;
}

function validityProblem(key: PublicKey, at: string | undefined): string | undefined {
  const time = Date.parse(at ?? "");
  if (key.notBefore !== undefined && !(time >= Date.parse(key.notBefore)))
    return `is valid only from ${key.notBefore}`;
  if (key.notAfter !== undefined && !(time <= Date.parse(key.notAfter)))
    return `is valid only up to ${key.notAfter}`;
  return undefined;
}

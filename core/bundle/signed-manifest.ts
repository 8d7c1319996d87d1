/** A run manifest that can be believed by itself: with the statement that was signed over it, and its place in the ledger. */
import {
  ArqonError,
  canonicalJsonFile,
  type ErrorCode,
  fromUtf8,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  sha256Hex,
  utf8,
} from "../base/index.ts";
import {
  CRYPTO_MODES,
  type CryptoMode,
  type Envelope,
  encodeEnvelope,
  IN_TOTO_TYPE,
  type PublicKey,
  parseEnvelope,
  parseTlogProof,
  type SignatureVerifier,
  systemVerifier,
  verifyCheckpoint,
  verifyEnvelope,
  verifyTlogProof,
} from "../proof/index.ts";
import type { BundleFiles } from "./draft.ts";
import { textOf } from "./finish.ts";
import { ARTIFACT_PATH, ENVELOPE_PATH, PROOF_PATH } from "./layout.ts";
import { encodeManifest, MANIFEST_PATH, parseManifest, type RunManifest, readManifest } from "./manifest.ts";
import { fromYaml, toYaml } from "./plain-yaml.ts";
import { type Check, causeOf, Findings, failedOutside, type Verdict } from "./report.ts";

export const SIGNED_MANIFEST_SCHEMA = "urn:arqon:signed_manifest:v1";

/** The document. Its two forms, JSON and YAML, say the same. */
export interface SignedManifest {
  readonly manifest: RunManifest;
  /** The bundle's `attestations/provenance.dsse.json`. */
  readonly envelope: Envelope;
  /** The bundle's `ledger/inclusion.tlog-proof`. */
  readonly proof: string;
}

/** How a manifest is written. */
export type ManifestFormat = "json" | "yaml";

/** The signed manifest of a bundle. @throws ArqonError when the bundle lacks one of its parts. */
export function signedManifestOf(files: BundleFiles): SignedManifest {
  const envelope = files.get(ENVELOPE_PATH);
  if (!envelope || !files.has(PROOF_PATH))
    throw new ArqonError("BUNDLE_MALFORMED", `the bundle has no ${envelope ? PROOF_PATH : ENVELOPE_PATH}`);
  return {
    manifest: readManifest(files),
    envelope: parseEnvelope(envelope, ENVELOPE_PATH),
    proof: textOf(files, PROOF_PATH),
  };
}

/** The file's bytes. */
export function encodeSignedManifest(signed: SignedManifest, format: ManifestFormat): Uint8Array {
  const { manifest, envelope, proof } = signed;
  const value = {
    schema: SIGNED_MANIFEST_SCHEMA,
    manifest,
    envelope: envelope as unknown as JsonObject,
    proof,
  };
  return format === "json" ? canonicalJsonFile(value) : utf8(toYaml(value));
}

/**
 * Reads either form. Nothing is verified yet; that there is one way alone to write a value is.
 * @throws ArqonError `JSON_INVALID`, `BUNDLE_MALFORMED` naming `what`.
 */
export function parseSignedManifest(bytes: Uint8Array, what: string): SignedManifest {
  const value: Json =
    bytes[0] === 0x7b ? parseCanonicalJson(bytes, what) : fromYaml(textIn(bytes, what), what);
  const object = jsonObject(value, what);
  const { schema, manifest, envelope, proof } = object;
  if (
    Object.keys(object).sort().join() !== "envelope,manifest,proof,schema" ||
    schema !== SIGNED_MANIFEST_SCHEMA
  )
    throw new ArqonError("BUNDLE_MALFORMED", `${what} does not have the form of signed_manifest.v1`);
  if (typeof proof !== "string") throw new ArqonError("BUNDLE_MALFORMED", `${what}: "proof" is not a text`);
  return {
    manifest: parseManifest(canonicalJsonFile(manifest ?? null)),
    envelope: parseEnvelope(canonicalJsonFile(envelope ?? null), `${what}: envelope`),
    proof,
  };
}

function textIn(bytes: Uint8Array, what: string): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", `${what} is not UTF-8`, { cause });
  }
}

/** By what a manifest is judged. */
export interface ManifestPolicy {
  /** Keys whose signatures count, each within its validity. */
  readonly trust: readonly PublicKey[];
  /** Suites that must have signed; "hybrid" unless told otherwise. */
  readonly mode?: CryptoMode;
  readonly verifier?: SignatureVerifier;
}

/** What was found. */
export interface ManifestReport {
  /** VERIFIED: a key that is trusted signed it. UNTRUSTED: this runtime could not check a suite. FAILED: anything else. */
  readonly verdict: Verdict;
  /** What is wrong, in one code; absent where no check failed. */
  readonly code?: ErrorCode;
  readonly checks: readonly Check[];
  /** Digest of the bundle's `artifact.json`, as the statement has it; believe it only when verified. */
  readonly recordId?: string;
}

/** Judges a signed manifest, offline: nothing but the file and the keys that are trusted. */
export async function verifySignedManifest(
  signed: SignedManifest,
  { trust, mode = "hybrid", verifier = systemVerifier() }: ManifestPolicy,
): Promise<ManifestReport> {
  const { manifest, envelope, proof } = signed;
  const { require } = CRYPTO_MODES[mode];
  const found = new Findings();
  const at = manifest.created_at;
  if (envelope.payloadType !== IN_TOTO_TYPE)
    found.fail("signature", `its payload type is "${envelope.payloadType}"`);
  const verdict = await verifyEnvelope(envelope, { keys: trust, require, verifier, at });
  found.add("signature", verdict.status, verdict.detail, undefined, verdict.code);
  const subjects =
    verdict.payload && found.attempt("statement", undefined, () => subjectsOf(verdict.payload as Uint8Array));
  if (subjects?.get(MANIFEST_PATH) === sha256Hex(encodeManifest(manifest)))
    found.ok("statement", "the signed statement has the digest of this manifest");
  else found.fail("statement", "the signed statement has another digest: the manifest was changed");
  const read = found.attempt("ledger", undefined, () => parseTlogProof(proof));
  if (read) {
    if (verifyTlogProof(read, encodeEnvelope(envelope)))
      found.ok("ledger", `entry ${read.index} of ${read.signed.origin}`);
    else
      found.fail(
        "ledger",
        "the proof does not lead from the envelope to the checkpoint's root",
        undefined,
        "PROOF_INVALID",
      );
    // A later checkpoint is signed by whoever signs then: its keys must be trusted, not be valid at the run's time.
    const checkpoint = await verifyCheckpoint(read.signed, { keys: trust, require, verifier });
    found.add("checkpoint", checkpoint.status, checkpoint.detail, undefined, checkpoint.code);
  }
  const artifact = subjects?.get(ARTIFACT_PATH);
  const open = found.checks.some(({ status }) => status === "not-checked");
  const code = causeOf(found.checks);
  return {
    verdict: failedOutside(found.checks) ? "FAILED" : open ? "UNTRUSTED" : "VERIFIED",
    ...(code && { code }),
    checks: found.checks,
    ...(artifact !== undefined && { recordId: `sha256:${artifact}` }),
  };
}

function subjectsOf(payload: Uint8Array): Map<string, string> {
  const { subject } = jsonObject(parseCanonicalJson(payload, "the statement"), "the statement");
  if (!Array.isArray(subject)) throw new ArqonError("JSON_INVALID", "the statement has no subjects");
  return new Map(
    subject.map((one) => {
      const { name, digest } = jsonObject(one, "a subject of the statement");
      return [String(name), String(jsonObject(digest, "a digest of the statement")["sha256"])];
    }),
  );
}

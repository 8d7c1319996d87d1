/** The policy under which an envelope is believed: every required suite must have signed. */
import { ArqonError, canonicalJson, type ErrorCode, fromBase64, fromUtf8, parseJson } from "../base/index.ts";
import { type Envelope, MAX_SIGNATURES, pae } from "./dsse.ts";
import type { PublicKey, SignatureAlgorithm } from "./suite.ts";
import type { SignatureVerifier } from "./verifier.ts";

/** Groups of algorithms; of every group at least one must have signed. */
export type RequiredSuites = readonly (readonly SignatureAlgorithm[])[];

/** The house rule: Ed25519 and ML-DSA-65, both. */
export const BOTH_SUITES: RequiredSuites = [["ed25519"], ["ml-dsa-65"]];

/** "not-checked" means this runtime could not decide; it is never a success. */
export type CheckStatus = "ok" | "failed" | "not-checked";

/** How an envelope fared. */
export interface EnvelopeVerdict {
  readonly status: CheckStatus;
  /** Where it failed: what of, as an error of the catalogue. */
  readonly code?: ErrorCode;
  /** One sentence for people. */
  readonly detail: string;
  /** The payload, present unless the envelope could not be decoded. Believe it only when `status` is "ok". */
  readonly payload?: Uint8Array;
  /** Keys whose signatures are valid. */
  readonly validKeyIds: readonly string[];
}

/** What an envelope is judged by. */
export interface EnvelopePolicy {
  /** The keys that count. Signatures by others are ignored. */
  readonly keys: readonly PublicKey[];
  readonly require: RequiredSuites;
  readonly verifier: SignatureVerifier;
  /** RFC 3339 time at which keys must be valid; without it their validity is not looked at. */
  readonly at?: string;
}

function isJsonType(payloadType: string): boolean {
  return /[+/]json$/.test(payloadType.split(";")[0] as string);
}

function outsideValidity(key: PublicKey, at: string | undefined): boolean {
  if (at === undefined) return false;
  const time = Date.parse(at);
  if (Number.isNaN(time)) return true;
  const early = key.notBefore !== undefined && !(time >= Date.parse(key.notBefore));
  return early || (key.notAfter !== undefined && !(time <= Date.parse(key.notAfter)));
}

function decode(base64: string): Uint8Array | undefined {
  try {
    return fromBase64(base64);
  } catch {
    return undefined;
  }
}

/**
 * Judges an envelope, in this order: form and number of signatures; canonical base64; every signature by a known key,
 * each key at most once, an invalid one refusing the whole; every required group; canonical JSON where the payload is JSON.
 */
export async function verifyEnvelope(envelope: Envelope, policy: EnvelopePolicy): Promise<EnvelopeVerdict> {
  const valid: string[] = [];
  let payload: Uint8Array | undefined;
  const answer = (
    status: CheckStatus,
    detail: string,
    code: ErrorCode = "SIGNATURE_INVALID",
  ): EnvelopeVerdict => ({
    status,
    detail,
    validKeyIds: valid,
    ...(status === "failed" && { code }),
    ...(payload && { payload }),
  });

  const count = envelope.signatures.length;
  if (count > MAX_SIGNATURES)
    return answer("failed", `${count} signatures, at most ${MAX_SIGNATURES} allowed`);
  payload = decode(envelope.payload);
  if (!payload) return answer("failed", "the payload is not canonical base64");

  const message = pae(envelope.payloadType, payload);
  const byId = new Map(policy.keys.map((key) => [key.keyId, key]));
  const seen = new Set<string>();
  const signed = new Set<SignatureAlgorithm>();
  const unavailable = new Set<SignatureAlgorithm>();
  const expired: string[] = [];
  let strangers = 0;
  for (const { keyid, sig } of envelope.signatures) {
    if (seen.has(keyid)) return answer("failed", `two signatures name the key ${keyid}`);
    seen.add(keyid);
    const signature = decode(sig);
    if (!signature) return answer("failed", `the signature of ${keyid} is not canonical base64`);
    const key = byId.get(keyid);
    if (!key) {
      strangers++;
      continue;
    }
    if (outsideValidity(key, policy.at)) {
      expired.push(keyid);
      continue;
    }
    const verdict = await policy.verifier.verify(key.algorithm, key.spki, message, signature);
    if (verdict === "invalid")
      return answer("failed", `the ${key.algorithm} signature of ${keyid} is invalid`);
    if (verdict === "unavailable") unavailable.add(key.algorithm);
    else {
      signed.add(key.algorithm);
      valid.push(keyid);
    }
  }

  const open = policy.require.filter((group) => !group.some((name) => signed.has(name)));
  const missing = open.find((group) => !group.some((name) => unavailable.has(name)));
  if (missing) {
    const note = expired.length > 0 ? `; not valid at ${policy.at}: ${expired.join(", ")}` : "";
    const code = expired.length > 0 ? "KEY_EXPIRED" : strangers > 0 ? "KEY_UNKNOWN" : "SIGNATURE_MISSING";
    return answer("failed", `no valid ${missing.join(" or ")} signature by a known key${note}`, code);
  }
  if (isJsonType(envelope.payloadType) && !isCanonical(payload))
    return answer("failed", "the payload is not canonical JSON");
  if (open.length > 0)
    return answer("not-checked", `this runtime cannot check ${[...unavailable].join(", ")} signatures`);
  return answer("ok", `signed with ${[...signed].join(" and ")}`);
}

function isCanonical(payload: Uint8Array): boolean {
  try {
    const text = fromUtf8(payload);
    return canonicalJson(parseJson(text, "payload")) === text;
  } catch {
    return false;
  }
}

/**
 * As {@link verifyEnvelope}, for callers that want the payload or an error.
 * @throws ArqonError `SIGNATURE_INVALID`, `SIGNATURE_MISSING`, `KEY_UNKNOWN` or `KEY_EXPIRED` unless the status is "ok".
 */
export async function openEnvelope(envelope: Envelope, policy: EnvelopePolicy): Promise<Uint8Array> {
  const { status, detail, payload, code } = await verifyEnvelope(envelope, policy);
  if (status !== "ok" || !payload) throw new ArqonError(code ?? "SIGNATURE_INVALID", detail);
  return payload;
}

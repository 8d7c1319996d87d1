/** What an operator believes: decisions and bundles signed with keys it was given. */
import { ArqonError, type JsonObject, jsonObject } from "@arqon/core/base";
import {
  BOTH_SUITES,
  openEnvelope,
  type PublicKey,
  parseEnvelope,
  publicKeyFromPem,
  type RequiredSuites,
  type SignatureVerifier,
} from "@arqon/core/proof";
import type { TrustedKey } from "@arqon/vault";
import { capsuleSha256, type Work } from "../runtime/index.ts";
import { DECISION_TYPE, type DecisionSubject, decisionOf } from "../scheduler/index.ts";

/** Keys and the rule by which signatures count. */
export interface Trust {
  readonly keys: readonly PublicKey[];
  readonly require: RequiredSuites;
  readonly verifier: SignatureVerifier;
  /** Asks for the keys anew: the vault may have rotated them. */
  renew(): Promise<void>;
}

/** Trust in a vault's own keys: Ed25519 and ML-DSA-65, both. `ask` gives the keys it has by then. */
export function trustIn(
  keys: readonly TrustedKey[],
  verifier: SignatureVerifier,
  ask: () => Promise<readonly TrustedKey[]> = async () => keys,
): Trust {
  const parsed = (given: readonly TrustedKey[]): PublicKey[] =>
    given.map(({ keyId, publicKeyPem }) => publicKeyFromPem(publicKeyPem, keyId));
  let known = parsed(keys);
  return {
    get keys() {
      return known;
    },
    require: BOTH_SUITES,
    verifier,
    async renew() {
      known = parsed(await ask());
    },
  };
}

/** A decision that was verified, and for whom it was made. */
export interface VerifiedDecision {
  readonly envelope: Uint8Array;
  readonly payload: JsonObject;
  readonly subject: DecisionSubject;
}

/**
 * Verifies that a trusted scheduler bound exactly this job, with this capsule, to this backend.
 * @throws ArqonError `SIGNATURE_INVALID` when it did not, or no decision is there; `SIGNATURE_MISSING`, `KEY_UNKNOWN` or
 *   `KEY_EXPIRED` as {@link openEnvelope}; `JSON_INVALID` or `JSON_AMBIGUOUS` when it cannot be read.
 */
export async function verifyDecision(work: Work, backendId: string, trust: Trust): Promise<VerifiedDecision> {
  const { decision, parentJobId } = work.job;
  if (decision.length === 0) throw refused(work, "it carries no decision of the scheduler");
  const envelope = parseEnvelope(decision, "decision");
  if (envelope.payloadType !== DECISION_TYPE)
    throw refused(work, `its decision has the type ${envelope.payloadType.slice(0, 80)}`);
  const bytes = await openEnvelope(envelope, trust).catch(async () => {
    await trust.renew();
    return openEnvelope(envelope, trust);
  });
  const payload = decisionOf(bytes);
  const subject = jsonObject(payload["subject"], "subject") as unknown as DecisionSubject;
  const expected = { childJobId: work.id, jobId: parentJobId, capsuleSha256: capsuleSha256(work.capsule) };
  for (const [name, value] of Object.entries(expected))
    if (subject[name as keyof DecisionSubject] !== value)
      throw refused(
        work,
        `its decision is for ${name} ${String(subject[name as keyof DecisionSubject])}, not ${value}`,
      );
  if (payload["chosen"] !== backendId)
    throw refused(work, `its decision chose ${String(payload["chosen"])}, not ${backendId}`);
  if (typeof subject.principal !== "string" || typeof subject.tenant !== "string")
    throw refused(work, "its decision names no principal");
  return { envelope: decision, payload, subject };
}

function refused(work: Work, why: string): ArqonError {
  return new ArqonError("SIGNATURE_INVALID", `job ${work.id}: ${why}`, {
    remedy: "Submit to quantum.jobs; the scheduler binds jobs to backends.",
  });
}

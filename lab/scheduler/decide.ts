/** Chooses a backend, and states the choice so that it can be signed, kept and made again. */
import {
  ArqonError,
  canonicalJson,
  formatBytes,
  formatCount,
  formatDuration,
  type Json,
  type JsonObject,
  jsonObject,
} from "@arqon/core/base";
import { type BackendOffer, catalogueOf, offerJson } from "./backend-offer.ts";
import {
  type Candidate,
  type EstimateMitigation,
  type JobNeeds,
  judge,
  rank,
  SCORE_RULE,
  unmitigated,
} from "./score.ts";

/** Payload type of a signed decision. */
export const DECISION_TYPE = "application/vnd.arqon.decision+json";

/** A choice among backends. */
export interface Choice {
  readonly chosen: Candidate;
  /** Every backend judged, best first. */
  readonly candidates: readonly Candidate[];
}

/** For whom and what a decision was made. */
export interface DecisionSubject {
  readonly jobId: string;
  /** The bound job that may run because of it. */
  readonly childJobId: string;
  readonly principal: string;
  readonly tenant: string;
  /** Of the bound job's capsule. */
  readonly capsuleSha256: string;
}

/**
 * @throws ArqonError `BACKEND_UNKNOWN` when the backend asked for is not in the catalogue, `QUANTUM_TOO_LARGE` when all that
 *   fails is the number of qubits, `BACKEND_UNSUITABLE` when nothing else fits.
 */
export function choose(
  needs: JobNeeds,
  offers: readonly BackendOffer[],
  estimate: EstimateMitigation = unmitigated,
): Choice {
  const catalogue = catalogueOf(offers);
  const asked = needs.constraints.backend;
  if (asked !== undefined && !catalogue.some(({ id }) => id === asked))
    throw new ArqonError(
      "BACKEND_UNKNOWN",
      `no backend "${asked.slice(0, 64)}"; there are: ${catalogue.map(({ id }) => id).join(", ") || "none"}`,
      { details: { backend: asked.slice(0, 64) } },
    );
  const candidates = rank(catalogue.map((offer) => judge(offer, needs, estimate)));
  const [best] = candidates;
  if (!best || best.rank === "none") throw unsuitable(needs, catalogue, candidates);
  return { chosen: best, candidates };
}

function unsuitable(
  needs: JobNeeds,
  catalogue: readonly BackendOffer[],
  candidates: readonly Candidate[],
): ArqonError {
  const { qubits, memoryBytes, timeMs } = needs.estimate;
  const largest = Math.max(0, ...catalogue.map(({ maxQubits }) => maxQubits));
  const why = candidates.map(({ backend, reasons }) => `${backend}: ${reasons.join("; ")}`).join(". ");
  if (catalogue.length > 0 && qubits > largest)
    return new ArqonError(
      "QUANTUM_TOO_LARGE",
      `the circuit needs ${formatCount(qubits, "qubit")}, a simulator ${formatBytes(memoryBytes)} and ` +
        `${formatDuration(timeMs)} for it; the largest backend takes ${formatCount(largest, "qubit")}`,
      { details: { qubits, memoryBytes, timeMs, limit: largest } },
    );
  return new ArqonError("BACKEND_UNSUITABLE", why || "no backend is registered");
}

/** The decision as it is signed: everything that led to it, so that {@link replayDecision} needs nothing else. */
export function decisionPayload(
  subject: DecisionSubject,
  needs: JobNeeds,
  offers: readonly BackendOffer[],
  choice: Choice,
): JsonObject {
  const { features, estimate, constraints, schema, shots, cryptoMode } = needs;
  return {
    candidates: choice.candidates.map(
      (candidate): Json => ({ ...candidate, reasons: [...candidate.reasons] }),
    ),
    catalogue: catalogueOf(offers).map(offerJson),
    chosen: choice.chosen.backend,
    needs: {
      constraints: { ...constraints },
      cryptoMode,
      estimate: { ...estimate },
      features: { ...features },
      schema,
      shots,
    },
    rule: SCORE_RULE,
    subject: { ...subject },
  };
}

/**
 * Makes a decision again from its own payload.
 * @returns the backend it gives now, and whether every judgement is the same.
 * @throws ArqonError `REPLAY_NOT_COMPARABLE` for a decision by another rule.
 */
export function replayDecision(
  payload: JsonObject,
  estimate: EstimateMitigation = unmitigated,
): { readonly chosen: string; readonly identical: boolean } {
  if (payload["rule"] !== SCORE_RULE)
    throw new ArqonError("REPLAY_NOT_COMPARABLE", `the decision was made by rule ${String(payload["rule"])}`);
  const needs = jsonObject(payload["needs"], "needs") as unknown as JobNeeds;
  const subject = jsonObject(payload["subject"], "subject") as unknown as DecisionSubject;
  const offers = payload["catalogue"] as unknown as readonly BackendOffer[];
  const again = choose(needs, offers, estimate);
  const restated = decisionPayload(subject, needs, offers, again);
  return {
    chosen: again.chosen.backend,
    identical: canonicalJson(restated) === canonicalJson(payload),
  };
}

/** Scores backends for a job. Pure: the same job and catalogue give the same order on any machine. */
import type { CircuitFeatures } from "@arqon/substrates/quantum";
import type { BackendOffer } from "./backend-offer.ts";

/** Name and version of the rule, kept in every decision. Any change of its outcome is a new version. */
export const SCORE_RULE = "fidelity-per-cost/1";

/** Availability from which on there is no penalty. */
const AVAILABLE = 0.95;

/** What running a circuit would cost on a simulator. Only the qubits it touches count, anywhere. */
export interface CircuitCost {
  readonly qubits: number;
  readonly memoryBytes: number;
  readonly timeMs: number;
}

/** What a job asks of a backend. */
export interface Constraints {
  /** Only this one. */
  readonly backend?: string;
  readonly backendClass?: string;
  /** Whether a backend without cost may serve the job. Default true. */
  readonly allowFree?: boolean;
  readonly minFidelity?: number;
  /** Largest cost of all shots together. */
  readonly maxCost?: number;
}

/** Everything a choice depends on, besides the catalogue. */
export interface JobNeeds {
  readonly schema: string;
  readonly shots: number;
  readonly features: CircuitFeatures;
  readonly estimate: CircuitCost;
  readonly constraints: Constraints;
  readonly cryptoMode: string;
}

/** What error mitigation would do for a job on a backend. */
export interface MitigationEstimate {
  readonly method: string;
  /** Fidelity after mitigation, in [0, 1]. */
  readonly fidelity: number;
  /** Shots needed for one shot asked for; at least 1. */
  readonly shotMultiplier: number;
}

/** The policy engine's part of a score. */
export type EstimateMitigation = (offer: BackendOffer, needs: JobNeeds) => MitigationEstimate;

/** Nothing is mitigated: the fidelity a backend states, at one shot a shot. */
export const unmitigated: EstimateMitigation = ({ expectedFidelity }) => ({
  method: "none",
  fidelity: expectedFidelity,
  shotMultiplier: 1,
});

/** One backend, judged. */
export interface Candidate {
  readonly backend: string;
  /** Why it cannot serve the job; empty when it can. */
  readonly reasons: readonly string[];
  /** Free backends are ranked among themselves: the formula divides by cost. */
  readonly rank: "free" | "priced" | "none";
  /** Within its rank; 0 when it cannot serve the job. */
  readonly score: number;
  readonly method: string;
  readonly fidelity: number;
  /** Per shot asked for. */
  readonly effectiveCost: number;
}

/**
 * `(fidelity after mitigation / effective cost) * availability * crypto compatibility`; for free backends the fidelity
 * stands alone.
 */
export function judge(offer: BackendOffer, needs: JobNeeds, estimate: EstimateMitigation): Candidate {
  const { method, fidelity, shotMultiplier } = estimate(offer, needs);
  const effectiveCost = offer.costPerShot * shotMultiplier;
  const reasons = objections(offer, needs, fidelity, effectiveCost * needs.shots);
  const common = { backend: offer.id, reasons, method, fidelity, effectiveCost };
  if (reasons.length > 0) return { ...common, rank: "none", score: 0 };
  const availability = offer.availability >= AVAILABLE ? 1 : offer.availability;
  return effectiveCost === 0
    ? { ...common, rank: "free", score: fidelity * availability }
    : { ...common, rank: "priced", score: (fidelity / effectiveCost) * availability };
}

/** Candidates from best to worst: free ones first, where the job allows them; equal scores by id. */
export function rank(candidates: readonly Candidate[]): Candidate[] {
  const order = { free: 0, priced: 1, none: 2 };
  return [...candidates].sort(
    (a, b) => order[a.rank] - order[b.rank] || b.score - a.score || (a.backend < b.backend ? -1 : 1),
  );
}

function objections(offer: BackendOffer, needs: JobNeeds, fidelity: number, cost: number): string[] {
  const { constraints, estimate } = needs;
  const found: string[] = [];
  const refuse = (applies: boolean, why: string): void => {
    if (applies) found.push(why);
  };
  refuse(
    constraints.backend !== undefined && constraints.backend !== offer.id,
    `the job asks for ${constraints.backend}`,
  );
  refuse(
    constraints.backendClass !== undefined && constraints.backendClass !== offer.backendClass,
    `it is ${offer.backendClass}, the job asks for ${constraints.backendClass}`,
  );
  refuse(!offer.inputSchemas.includes(needs.schema), `it does not take ${needs.schema}`);
  refuse(offer.availability <= 0, "it is not available");
  refuse(
    estimate.qubits > offer.maxQubits,
    `the circuit needs ${estimate.qubits} qubits, it takes ${offer.maxQubits}`,
  );
  refuse(!offer.cryptoModes.includes(needs.cryptoMode), `it does not support ${needs.cryptoMode}`);
  refuse(
    constraints.minFidelity !== undefined && fidelity < constraints.minFidelity,
    `its fidelity ${fidelity} is below ${constraints.minFidelity}`,
  );
  refuse(
    constraints.maxCost !== undefined && cost > constraints.maxCost,
    `its cost ${cost} is over ${constraints.maxCost}`,
  );
  const named = constraints.backend === offer.id;
  refuse(
    !offer.trusted && !named,
    "its operator is not one of the server's own, and the job does not name it",
  );
  refuse(
    offer.costPerShot === 0 && constraints.allowFree === false && !named,
    "it is free, and the job does not allow free backends",
  );
  return found;
}

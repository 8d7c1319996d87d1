/** The catalogue of backends, as operators describe them at their handshake. */
import type { JsonObject } from "@arqon/core/base";
import type { Backend } from "@arqon/core/wire";

/** One backend a job could go to. */
export interface BackendOffer {
  readonly id: string;
  readonly backendClass: string;
  readonly maxQubits: number;
  readonly inputSchemas: readonly string[];
  /** 0 for free backends, such as simulators. */
  readonly costPerShot: number;
  /** In [0, 1]. */
  readonly expectedFidelity: number;
  /** Share of the time in which it takes jobs, in [0, 1]. */
  readonly availability: number;
  /** Empty when it has none. */
  readonly calibrationId: string;
  readonly cryptoModes: readonly string[];
  /** Driven by one of the server's own services. Any other serves only jobs that name it. */
  readonly trusted: boolean;
}

const EVERY_MODE: readonly string[] = ["classical", "hybrid", "pqc-required"];

/** Backends one connection may offer; a decision keeps the whole catalogue. */
const MOST_OFFERS = 64;

/** What a connected operator offers. Backends that no topic can name, or no score can be computed for, are left out. */
export function offersOf(backends: readonly Backend[], trusted: boolean): BackendOffer[] {
  return backends
    .filter(isSound)
    .slice(0, MOST_OFFERS)
    .map((backend) => offerOf(backend, trusted));
}

function isSound({ id, costPerShot, expectedFidelity }: Backend): boolean {
  const isToken = /^[A-Za-z0-9_-]{1,64}$/.test(id);
  const isScored = costPerShot >= 0 && costPerShot < Infinity;
  return isToken && isScored && expectedFidelity >= 0 && expectedFidelity <= 1;
}

/** What an operator's handshake says of a backend. One that is not healthy is present but never available. */
function offerOf(backend: Backend, trusted: boolean): BackendOffer {
  return {
    id: backend.id,
    backendClass: backend.backendClass,
    maxQubits: backend.maxQubits,
    inputSchemas: [...backend.inputSchemas].sort(),
    costPerShot: backend.costPerShot,
    expectedFidelity: backend.expectedFidelity,
    availability: backend.healthy ? 1 : 0,
    calibrationId: backend.calibrationId,
    cryptoModes: EVERY_MODE,
    trusted,
  };
}

/** One offer a backend, sorted by id. Of several operators of one backend a trusted one speaks for it, then the most available. */
export function catalogueOf(offers: readonly BackendOffer[]): BackendOffer[] {
  const byId = new Map<string, BackendOffer>();
  for (const offer of offers) {
    const known = byId.get(offer.id);
    if (!known || weight(offer) > weight(known)) byId.set(offer.id, offer);
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function weight({ trusted, availability }: BackendOffer): number {
  return (trusted ? 2 : 0) + availability;
}

/** The form in which an offer is kept in a decision. */
export function offerJson(offer: BackendOffer): JsonObject {
  return { ...offer };
}

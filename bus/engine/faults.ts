/** Seeded misfortune for the fault engine: when things take time, and when they fail. */
import { createRandom, type Random, type Timer } from "@arqon/core/base";

/** How often what goes wrong; every rate is a probability in [0, 1]. */
export interface FaultRates {
  /** A group of appends is refused as if the disk were full; nothing of it is stored. Default 0. */
  readonly append?: number;
  /** A sync fails, which is final until the log is opened anew. Default 0. */
  readonly sync?: number;
  /** A write to a key is refused. Default 0. */
  readonly key?: number;
  /** An acknowledgement comes later than it could, so that later ones overtake it. Default 0.3. */
  readonly late?: number;
  /** Longest delay of one step. Default 2 ms; 0 never waits. */
  readonly maxDelayMs?: number;
}

/** The dice of one engine. */
export class Faults {
  /** May be replaced at any time, e.g. to let a test's last phase run undisturbed. */
  rates: FaultRates;
  readonly random: Random;
  readonly #timer: Timer;

  constructor(seed: bigint, timer: Timer, rates: FaultRates) {
    this.random = createRandom(seed);
    this.#timer = timer;
    this.rates = rates;
  }

  /** Whether this step goes wrong. */
  strikes(what: "append" | "sync" | "key" | "late"): boolean {
    const rate = this.rates[what] ?? (what === "late" ? 0.3 : 0);
    return rate > 0 && this.random.nextDouble() < rate;
  }

  /** Waits for a seeded time on the timer that was given. */
  async delay(): Promise<void> {
    const maxDelayMs = this.rates.maxDelayMs ?? 2;
    if (maxDelayMs === 0) return;
    const delayMs = this.random.nextDouble() * maxDelayMs;
    await new Promise<void>((resolve) => {
      this.#timer.after(delayMs, resolve);
    });
  }
}

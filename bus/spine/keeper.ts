/** Keeps the log of a Reality within its law of retention. */
import type { Cancel, Clock, Timer } from "@arqon/core/base";
import type { RealityLog } from "../engine/index.ts";
import type { Retention } from "./laws.ts";
import { firstKept } from "./retention.ts";

/** How often it is looked at. */
const KEEP_EVERY_MS = 10_000;

/** Trims one log, now and then. */
export class Keeper {
  readonly #retention: Retention;
  readonly #log: RealityLog;
  readonly #jobs: { oldestNeeded(): number };
  readonly #time: { readonly clock: Clock; readonly timer: Timer };
  #cancel: Cancel = () => {};
  #trimming: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    retention: Retention,
    log: RealityLog,
    jobs: { oldestNeeded(): number },
    time: { readonly clock: Clock; readonly timer: Timer },
  ) {
    this.#retention = retention;
    this.#log = log;
    this.#jobs = jobs;
    this.#time = time;
  }

  /** Trims now, and again every so often. Resolves after the first time. */
  async start(): Promise<void> {
    const { maxAgeMs, maxBytes, maxMessages } = this.#retention;
    if (this.#stopped || (maxAgeMs === 0 && maxBytes === 0 && maxMessages === 0)) return;
    this.#trimming = this.trim();
    await this.#trimming;
    if (!this.#stopped) this.#cancel = this.#time.timer.after(KEEP_EVERY_MS, () => void this.start());
  }

  /** Trims what the law does not want kept. A disk that refuses is asked again the next time. */
  async trim(): Promise<void> {
    const nowUs = this.#time.clock.nowUs();
    const kept = firstKept(this.#log.segments(), this.#retention, nowUs, this.#jobs.oldestNeeded());
    await this.#log.trim(kept).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#trimming;
  }
}

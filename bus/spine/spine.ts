/** The Realities of a server, opened when the first connection joins. */
import { ArqonError } from "@arqon/core/base";
import { requireReality } from "@arqon/core/wire";
import { Reality } from "./reality.ts";
import type { RealityOptions } from "./reality-options.ts";

/** All Realities. */
export class Spine {
  readonly #options: RealityOptions;
  readonly #maxRealities: number;
  readonly #realities = new Map<string, Promise<Reality>>();
  readonly #open = new Set<Reality>();

  constructor(options: RealityOptions, maxRealities = 64) {
    this.#options = options;
    this.#maxRealities = maxRealities;
  }

  /**
   * The Reality of a name, opened if need be.
   * @throws ArqonError `TOPIC_INVALID`, `LIMIT_EXCEEDED`, and those of the engine.
   */
  async open(name: string): Promise<Reality> {
    requireReality(name);
    const known = this.#realities.get(name);
    if (known) return known;
    if (this.#realities.size >= this.#maxRealities)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `this server has ${this.#maxRealities} Realities open, its limit`,
      );
    const opening = Reality.open(name, this.#options).then((reality) => {
      this.#open.add(reality);
      return reality;
    });
    this.#realities.set(name, opening);
    opening.catch(() => this.#realities.delete(name));
    return opening;
  }

  /** Those open now. */
  realities(): readonly Reality[] {
    return [...this.#open];
  }

  /** Resolves once nothing is on its way to a log. */
  async settled(): Promise<void> {
    await Promise.all(this.realities().map((reality) => reality.settled()));
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#realities.values()]);
    await Promise.all(this.realities().map((reality) => reality.close()));
  }
}

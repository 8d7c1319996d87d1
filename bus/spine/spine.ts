/** The Realities of a server, opened when the first connection joins. */
import { ArqonError } from "@arqon/core/base";
import { requireReality } from "@arqon/core/wire";
import { LawBook } from "./law-book.ts";
import { DEFAULT_LAWS, type RealityLaws } from "./laws.ts";
import type { Principal } from "./port.ts";
import { Reality } from "./reality.ts";
import type { RealityOptions } from "./reality-options.ts";

/** The Reality of a client that names none; it needs no declaration. */
export const DEFAULT_REALITY = "main";

/** All Realities. */
export class Spine {
  readonly laws: LawBook;
  readonly #options: RealityOptions;
  readonly #maxRealities: number;
  readonly #realities = new Map<string, Promise<Reality>>();
  readonly #open = new Set<Reality>();

  constructor(options: RealityOptions, maxRealities = 64) {
    this.laws = new LawBook(options.engine.keys, options.clock);
    this.#options = options;
    this.#maxRealities = maxRealities;
  }

  /**
   * The Reality of a name, for a principal that says hello. One that nobody has declared is made for those who may.
   * @throws ArqonError `REALITY_UNKNOWN`, and those of {@link open}.
   */
  async join(name: string, principal: Principal, mayMake: boolean): Promise<Reality> {
    requireReality(name);
    if (!this.#realities.has(name) && name !== DEFAULT_REALITY && !(await this.laws.get(name))) {
      if (!mayMake)
        throw new ArqonError(
          "REALITY_UNKNOWN",
          `there is no Reality "${name}", and "${principal.id}" may not make one`,
        );
      await this.laws.declare(name, principal.id);
    }
    return this.open(name);
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
    const opening = this.#laws(name).then(async (laws) => {
      const reality = await Reality.open(name, this.#options, laws);
      this.#open.add(reality);
      return reality;
    });
    this.#realities.set(name, opening);
    opening.catch(() => this.#realities.delete(name));
    return opening;
  }

  async #laws(name: string): Promise<RealityLaws> {
    return (await this.laws.get(name))?.laws ?? DEFAULT_LAWS;
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

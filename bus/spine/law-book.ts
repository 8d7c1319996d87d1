/** The Realities that were made, and their laws: kept in the engine's keys. */
import {
  ArqonError,
  type Clock,
  canonicalJson,
  fromUtf8,
  type Json,
  parseJson,
  utf8,
} from "@arqon/core/base";
import type { Engine } from "../engine/index.ts";
import { DEFAULT_LAWS, type RealityLaws, readLaws } from "./laws.ts";

/** A Reality as it was declared. */
export interface RealityEntry {
  readonly name: string;
  readonly laws: RealityLaws;
  /** The principal that made it; empty: the server's configuration. */
  readonly madeBy: string;
  readonly madeUnixUs: number;
}

const PREFIX = "reality.";
/** Realities that may be declared on one server. */
const MAX_ENTRIES = 4_096;

/** What is declared; read before it is needed, written through. */
export class LawBook {
  readonly #keys: Engine["keys"];
  readonly #clock: Clock;

  constructor(keys: Engine["keys"], clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** @throws ArqonError `LOG_CORRUPT` when what is kept cannot be read. */
  async get(name: string): Promise<RealityEntry | undefined> {
    const kept = await this.#keys.get(PREFIX + name);
    if (kept === undefined) return undefined;
    try {
      const { laws, madeBy, madeUnixUs } = parseJson(
        fromUtf8(kept.value),
        `the laws of Reality "${name}"`,
      ) as {
        [name: string]: Json;
      };
      return { name, laws: readLaws(laws ?? {}), madeBy: String(madeBy), madeUnixUs: Number(madeUnixUs) };
    } catch (cause) {
      throw new ArqonError("LOG_CORRUPT", `the laws of Reality "${name}" cannot be read`, { cause });
    }
  }

  /** Names of all, sorted. */
  async names(): Promise<string[]> {
    return (await this.#keys.list(PREFIX)).map((key) => key.slice(PREFIX.length));
  }

  /**
   * Declares a Reality. The same again is fine.
   * @throws ArqonError `REALITY_CONFLICT` when it has other laws, `LIMIT_EXCEEDED` when there are too many.
   */
  async declare(name: string, madeBy: string, laws: RealityLaws = DEFAULT_LAWS): Promise<RealityEntry> {
    const known = await this.get(name);
    if (known) return agreed(known, laws);
    if ((await this.names()).length >= MAX_ENTRIES)
      throw new ArqonError("LIMIT_EXCEEDED", `this server has ${MAX_ENTRIES} Realities, its limit`);
    const madeUnixUs = this.#clock.nowUs();
    const value = utf8(canonicalJson({ laws, madeBy, madeUnixUs } as unknown as Json));
    try {
      await this.#keys.compareAndSet(PREFIX + name, 0, value);
    } catch (thrown) {
      const other = await this.get(name);
      if (other) return agreed(other, laws);
      throw thrown;
    }
    return { name, laws, madeBy, madeUnixUs };
  }
}

function agreed(entry: RealityEntry, laws: RealityLaws): RealityEntry {
  const [has, wanted] = [entry.laws, laws].map((each) => canonicalJson(each as unknown as Json));
  if (has !== wanted)
    throw new ArqonError("REALITY_CONFLICT", `Reality "${entry.name}" has other laws: ${has}`);
  return entry;
}

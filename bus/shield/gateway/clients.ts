/** Connections to the bus, one for each API key in use. */
import { ArqonError, type Cancel, type Timer } from "@arqon/core/base";
import { hashApiKey } from "../access.ts";
import type { GatewayClient, OpenClient } from "./client.ts";
import type { GatewayLimits } from "./limits.ts";
import { goingAway } from "./status.ts";

interface Entry {
  readonly client: Promise<GatewayClient>;
  calls: number;
  /** Set while nobody uses it. */
  expiry?: Cancel | undefined;
}

/** Opens, shares and closes connections to the bus. */
export class Clients {
  readonly #open: OpenClient;
  readonly #timer: Timer;
  readonly #limits: GatewayLimits;
  /** By the hash of the API key, least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  constructor(open: OpenClient, timer: Timer, limits: GatewayLimits) {
    this.#open = open;
    this.#timer = timer;
    this.#limits = limits;
  }

  /** How many keys have a connection. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Takes a share of the connection of a key; give it back with `release`, once.
   * @throws ArqonError `AUTH_REQUIRED`, `RATE_LIMITED`, `SHUTTING_DOWN`, `SERVER_UNREACHABLE`
   */
  async acquire(apiKey: string): Promise<{ readonly client: GatewayClient; readonly release: () => void }> {
    if (this.#closed) throw goingAway();
    const hash = hashApiKey(apiKey);
    const entry = this.#entry(hash, apiKey);
    if (entry.calls >= this.#limits.maxCallsPerKey)
      throw new ArqonError("RATE_LIMITED", `${entry.calls} calls with this key run already, the limit`);
    entry.calls++;
    entry.expiry?.();
    entry.expiry = undefined;
    try {
      const client = await entry.client;
      return { client, release: () => this.#release(hash, entry) };
    } catch (thrown) {
      entry.calls--;
      throw thrown;
    }
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#entries].map(([hash, entry]) => this.#drop(hash, entry)));
  }

  #entry(hash: string, apiKey: string): Entry {
    const known = this.#entries.get(hash);
    if (known) {
      this.#entries.delete(hash);
      this.#entries.set(hash, known);
      return known;
    }
    if (this.#entries.size >= this.#limits.maxKeys) this.#evict();
    const entry: Entry = { client: this.#open(apiKey), calls: 0 };
    this.#entries.set(hash, entry);
    const forget = (): void => {
      if (this.#entries.get(hash) === entry) this.#entries.delete(hash);
      entry.expiry?.();
    };
    entry.client.then((client) => client.ended).then(forget, forget);
    return entry;
  }

  #evict(): void {
    for (const [hash, entry] of this.#entries)
      if (entry.calls === 0) {
        void this.#drop(hash, entry);
        return;
      }
    throw new ArqonError("RATE_LIMITED", `${this.#limits.maxKeys} API keys are in use, the limit`);
  }

  #release(hash: string, entry: Entry): void {
    if (--entry.calls > 0 || this.#entries.get(hash) !== entry) return;
    entry.expiry = this.#timer.after(this.#limits.idleMs, () => void this.#drop(hash, entry));
  }

  async #drop(hash: string, entry: Entry): Promise<void> {
    this.#entries.delete(hash);
    entry.expiry?.();
    await entry.client.then((client) => client.close()).catch(() => {});
  }
}

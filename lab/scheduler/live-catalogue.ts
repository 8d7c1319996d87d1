/** The backends there are, kept up to date from the bus registry. */
import { ArqonError, type Json, jsonObject, type Timer } from "@arqon/core/base";
import { fromJson, SamSchema } from "@arqon/core/wire";
import type { Client } from "@arqon/sdk";
import { type BackendOffer, offersOf } from "./backend-offer.ts";

const LIST = "sys.registry.list";
const CHANGED = "sys.registry.changed";

/** What of a client the catalogue uses. */
export type RegistryClient = Pick<Client, "request" | "subscribe">;

/** Every connected operator's backends. Events and lists may arrive in any order: each says all of one connection. */
export class LiveCatalogue {
  readonly #byConnection = new Map<string, readonly BackendOffer[]>();
  readonly #client: RegistryClient;
  readonly #onError: (error: ArqonError) => void;
  readonly #first: PromiseWithResolvers<void> = Promise.withResolvers();

  private constructor(client: RegistryClient, onError: (error: ArqonError) => void) {
    this.#client = client;
    this.#onError = onError;
  }

  /** Listens first and then lists, so that nothing is missed between. */
  static async open(client: RegistryClient, onError: (error: ArqonError) => void): Promise<LiveCatalogue> {
    const catalogue = new LiveCatalogue(client, onError);
    const changes = await client.subscribe(CHANGED);
    void catalogue.#follow(changes);
    await catalogue.refresh();
    return catalogue;
  }

  /** One offer a connection and backend. */
  offers(): readonly BackendOffer[] {
    return [...this.#byConnection.values()].flat();
  }

  /**
   * Resolves when a backend was seen, or `graceMs` after the call: right after a start, operators may still be on their
   * way, and a job of before must not be refused for that.
   */
  async ready(timer: Timer, graceMs: number): Promise<void> {
    const cancel = timer.after(graceMs, this.#first.resolve);
    await this.#first.promise;
    cancel();
  }

  /** Asks for the whole list, e.g. after the connection was restored. */
  async refresh(): Promise<void> {
    const reply = await this.#client.request(LIST, {});
    const { connections } = jsonObject(reply.json(), LIST);
    if (!Array.isArray(connections)) throw new ArqonError("WIRE_MALFORMED", `${LIST} has no connections`);
    this.#byConnection.clear();
    for (const entry of connections) this.#note(entry, true);
  }

  async #follow(changes: AsyncIterable<{ json(): Json }>): Promise<void> {
    try {
      for await (const message of changes) {
        const { change, connection } = jsonObject(message.json(), CHANGED);
        this.#note(connection, change === "joined");
      }
    } catch (thrown) {
      this.#onError(ArqonError.from(thrown));
    }
  }

  /** One that cannot be read is told of, and hides no other. */
  #note(entry: Json | undefined, present: boolean): void {
    try {
      const { connection, sam, trusted } = jsonObject(entry, "a connection of the registry");
      this.#byConnection.delete(String(connection));
      if (!present || !sam) return;
      const { backends } = fromJson(SamSchema, sam as never, { ignoreUnknownFields: true });
      const offers = offersOf(backends, trusted === true);
      if (offers.length === 0) return;
      this.#byConnection.set(String(connection), offers);
      this.#first.resolve();
    } catch (thrown) {
      this.#onError(ArqonError.from(thrown));
    }
  }
}

/** The backends there are, kept up to date from the bus registry. */
import { ArqonError, type Json, type JsonObject, jsonObject, type Timer } from "@arqon/core/base";
import { fromJson, SamSchema } from "@arqon/core/wire";
import type { Client } from "@arqon/sdk";
import { type BackendOffer, offerOf } from "./backend-offer.ts";

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
    for (const entry of connections) this.#note(jsonObject(entry, LIST), true);
  }

  async #follow(changes: AsyncIterable<{ json(): Json }>): Promise<void> {
    try {
      for await (const message of changes) {
        const { change, connection } = jsonObject(message.json(), CHANGED);
        this.#note(jsonObject(connection, CHANGED), change === "joined");
      }
    } catch (thrown) {
      this.#onError(ArqonError.from(thrown));
    }
  }

  #note(entry: JsonObject, present: boolean): void {
    const connection = String(entry["connection"]);
    if (!present || entry["sam"] === null || entry["sam"] === undefined) {
      this.#byConnection.delete(connection);
      return;
    }
    const sam = fromJson(SamSchema, entry["sam"] as never, { ignoreUnknownFields: true });
    const trusted = entry["trusted"] === true;
    if (sam.backends.length === 0) return;
    this.#byConnection.set(
      connection,
      sam.backends.map((backend) => offerOf(backend, trusted)),
    );
    this.#first.resolve();
  }
}

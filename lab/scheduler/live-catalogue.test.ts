import { type ArqonError, type Json, ManualTime } from "@arqon/core/base";
import { create, SamSchema, toJson } from "@arqon/core/wire";
import type { Message, Subscription } from "@arqon/sdk";
import { describe, expect, test } from "vitest";
import { LiveCatalogue, type RegistryClient } from "./live-catalogue.ts";

function connection(id: string, backend?: string, trusted = true): Json {
  const sam = create(SamSchema, {
    operatorId: id,
    backends: backend ? [{ id: backend, maxQubits: 3, inputSchemas: ["s"], healthy: true }] : [],
  });
  return {
    connection: id,
    client: "x",
    principal: "p",
    trusted,
    sam: toJson(SamSchema, sam, { alwaysEmitImplicit: true }) as Json,
  };
}

/** A bus registry by hand. */
class HandRegistry {
  list: Json[] = [];
  readonly #queue: Json[] = [];
  #wake: () => void = () => {};

  async tell(change: "joined" | "left", entry: Json): Promise<void> {
    this.#queue.push({ change, connection: entry });
    this.#wake();
    await new Promise((resolve) => setImmediate(resolve));
  }

  get client(): RegistryClient {
    const json = (value: Json) => ({ json: () => value }) as Message;
    return {
      request: async () => json({ connections: this.list }),
      subscribe: async () => this.#events(json) as unknown as Subscription,
    };
  }

  async *#events(json: (value: Json) => Message): AsyncGenerator<Message> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) yield json(next);
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

describe("the live catalogue", () => {
  test("begins with who is there, and follows who joins and leaves", async () => {
    const registry = new HandRegistry();
    registry.list = [connection("a", "sim"), connection("b"), { connection: "c", sam: null }];
    const catalogue = await LiveCatalogue.open(registry.client, () => {});
    const ids = () => catalogue.offers().map(({ id }) => id);
    expect(ids()).toEqual(["sim"]);
    await registry.tell("joined", connection("d", "qpu", false));
    expect(catalogue.offers()).toMatchObject([
      { id: "sim", trusted: true, availability: 1 },
      { id: "qpu", trusted: false },
    ]);
    await registry.tell("left", connection("a", "sim"));
    await registry.tell("left", connection("a", "sim"));
    expect(ids()).toEqual(["qpu"]);
    registry.list = [];
    await catalogue.refresh();
    expect(ids()).toEqual([]);
  });

  test("leaves out what no decision can be computed or written from", async () => {
    const registry = new HandRegistry();
    const offer = (backends: object[]): Json => {
      const sam = create(SamSchema, { operatorId: "eve", backends });
      return { connection: "e", trusted: false, sam: toJson(SamSchema, sam) as Json };
    };
    const unsound = [
      { costPerShot: NaN },
      { costPerShot: -1 },
      { expectedFidelity: Infinity },
      { id: "a.>" },
    ];
    registry.list = [offer(unsound.map((part) => ({ id: "qpu", ...part })))];
    const catalogue = await LiveCatalogue.open(registry.client, () => {});
    expect(catalogue.offers()).toEqual([]);
    await registry.tell("joined", offer(Array.from({ length: 5000 }, (_, i) => ({ id: `q${i}` }))));
    expect(catalogue.offers()).toHaveLength(64);
  });

  test("is ready with the first backend, or when none came in time", async () => {
    const time = new ManualTime();
    for (const come of [true, false]) {
      const registry = new HandRegistry();
      const catalogue = await LiveCatalogue.open(registry.client, () => {});
      let ready = false;
      const waiting = catalogue.ready(time, 1000).then(() => {
        ready = true;
      });
      await registry.tell("joined", connection("a"));
      expect(ready).toBe(false);
      if (come) await registry.tell("joined", connection("b", "sim"));
      else time.advance(1000);
      await waiting;
    }
    expect(time.nextDueMs()).toBeUndefined();
  });

  test("tells of a registry it cannot read", async () => {
    const errors: ArqonError[] = [];
    const registry = new HandRegistry();
    const catalogue = await LiveCatalogue.open(registry.client, (error) => errors.push(error));
    await registry.tell("joined", "nobody");
    expect(errors).toMatchObject([{ code: "JSON_INVALID" }]);
    await registry.tell("joined", connection("a", "sim"));
    expect(catalogue.offers()).toHaveLength(1);
    const broken = { ...registry.client, request: async () => ({ json: () => ({}) }) as unknown as Message };
    await expect(LiveCatalogue.open(broken, () => {})).rejects.toMatchObject({ code: "WIRE_MALFORMED" });
  });
});

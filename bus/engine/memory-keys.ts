/** The keys of the fault engine. */
import { ArqonError } from "@arqon/core/base";
import { mismatchError } from "./check.ts";
import type { KeyEntry, KeyValue } from "./engine.ts";
import type { Faults } from "./faults.ts";
import { Watchers } from "./watchers.ts";

/** Keys in memory, written one after the other, each after a seeded delay. */
export class MemoryKeys implements KeyValue {
  readonly #entries = new Map<string, KeyEntry>();
  readonly #watchers = new Watchers();
  readonly #faults: Faults;
  #last: Promise<unknown> = Promise.resolve();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  async get(key: string): Promise<KeyEntry | undefined> {
    await this.#faults.delay();
    const entry = this.#entries.get(key);
    return entry && { ...entry, value: entry.value.slice() };
  }

  compareAndSet(key: string, expected: number, value: Uint8Array): Promise<number> {
    const copy = value.slice();
    const result = this.#last.then(async () => {
      await this.#faults.delay();
      if (this.#faults.strikes("key"))
        throw new ArqonError("LOG_UNAVAILABLE", `key "${key}" could not be written (seeded fault)`);
      const found = this.#entries.get(key)?.revision ?? 0;
      if (found !== expected) throw mismatchError(key, expected, found);
      const entry = { value: copy, revision: expected + 1 };
      this.#entries.set(key, entry);
      this.#watchers.notify(key, entry);
      return entry.revision;
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async list(prefix: string): Promise<string[]> {
    await this.#faults.delay();
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  watch(prefix: string, call: (key: string, entry: KeyEntry) => void): () => void {
    return this.#watchers.add(prefix, call);
  }
}

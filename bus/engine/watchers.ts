/** Who wants to hear of writes to keys. */
import type { KeyEntry } from "./engine.ts";

type Call = (key: string, entry: KeyEntry) => void;

/** Watches by prefix. */
export class Watchers {
  readonly #all = new Set<{ readonly prefix: string; readonly call: Call }>();

  /** Returns the way to stop. */
  add(prefix: string, call: Call): () => void {
    const watcher = { prefix, call };
    this.#all.add(watcher);
    return () => {
      this.#all.delete(watcher);
    };
  }

  /** Calls each watcher of the key in a turn of its own, with a copy, so that none can harm the writer. */
  notify(key: string, entry: KeyEntry): void {
    for (const watcher of this.#all) {
      if (!key.startsWith(watcher.prefix)) continue;
      const copy = { value: entry.value.slice(), revision: entry.revision };
      queueMicrotask(() => {
        if (this.#all.has(watcher)) watcher.call(key, copy);
      });
    }
  }
}

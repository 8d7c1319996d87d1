/** Counts the uses of keys that are too many to be noted one by one: sealing, and data keys of encrypted objects. */
import type { JsonObject } from "@arqon/core/base";

/** One kind of use. */
export interface KeyCount {
  readonly key: string;
  readonly operation: "sign" | "wrap" | "unwrap";
  readonly purpose: string;
  readonly tenant: string;
}

/** Gathers uses until they are written to the governance log. */
export interface UseMeter {
  count(use: KeyCount): void;
  /** What was counted since it was last asked, as an entry of the governance log; `undefined` when nothing was. */
  drain(): JsonObject | undefined;
}

export function useMeter(): UseMeter {
  const counts = new Map<string, { use: KeyCount; count: number }>();
  return {
    count(use) {
      const id = [use.key, use.operation, use.purpose, use.tenant].join("\n");
      const entry = counts.get(id) ?? { use, count: 0 };
      entry.count++;
      counts.set(id, entry);
    },
    drain() {
      if (counts.size === 0) return undefined;
      const uses = Array.from(counts.values(), ({ use, count }) => ({ ...use, count }));
      counts.clear();
      return { event: "keys.use", uses };
    },
  };
}

/** The governance log: what was refused, imported or decided, in order. */
import {
  type Clock,
  canonicalJson,
  fromUtf8,
  type JsonObject,
  jsonObject,
  parseJson,
  utf8,
} from "@arqon/core/base";
import { requireEntry } from "@arqon/core/proof";
import { againAfterRotation } from "./keys/index.ts";
import type { Ledger } from "./ledger/index.ts";
import { isoTime } from "./time.ts";

/** Appends entries, many in one commit when they come together. */
export interface AuditLog {
  /** @throws ArqonError `LIMIT_EXCEEDED` for more than 65,535 bytes, with nothing written. */
  append(entry: JsonObject): Promise<void>;
  /** Newest first. */
  tail(limit: number): Promise<JsonObject[]>;
}

/** Keeps audit entries in `ledger`, each with the time it came as `at` unless it has its own. */
export function auditLog(ledger: Ledger, clock: Clock): AuditLog {
  let waiting: Uint8Array[] = [];
  let flush: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    // One turn of the event loop gathers what comes at once: a flood of refusals costs few signatures.
    await new Promise((resolve) => setImmediate(resolve));
    const batch = waiting;
    waiting = [];
    flush = undefined;
    await againAfterRotation(() => ledger.append(batch));
  };
  return {
    async append(entry) {
      const bytes = utf8(canonicalJson({ at: isoTime(clock), ...entry }));
      waiting.push(requireEntry(bytes, `the record of "${String(entry["event"])}"`, "Say it in several."));
      flush ??= write();
      return flush;
    },
    async tail(limit) {
      const from = Math.max(0, ledger.size() - limit);
      return (await ledger.entries(from, limit)).map(parseEntry).reverse();
    },
  };
}

/** An entry of the governance log. */
export function parseEntry(bytes: Uint8Array): JsonObject {
  return jsonObject(parseJson(fromUtf8(bytes), "audit entry"), "audit entry");
}

/** The two logs as static files, their entries as they were hashed. */
import { ArqonError } from "@arqon/core/base";
import { ENVELOPE_PATH } from "@arqon/core/bundle";
import { parseEntry } from "./audit.ts";
import { readSheet } from "./catch-up.ts";
import { fileOf } from "./large.ts";
import { logFiles } from "./ledger/index.ts";
import type { VaultParts } from "./parts.ts";
import type { LogName } from "./vault.ts";

/** A file of a log; see `Vault.logFile`. */
export function logFile(parts: VaultParts, log: LogName, path: string): Promise<Uint8Array | undefined> {
  return log === "governance"
    ? logFiles(parts.governance)(path)
    : logFiles(parts.runs, (from, count) => envelopes(parts, from, count))(path);
}

/** The run ledger's leaves are hashes of envelopes; what it keeps beside them says where those are. */
async function envelopes({ runs, objects }: VaultParts, from: number, count: number): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const [i, kept] of (await runs.entries(from, count)).entries()) {
    const digest = sheetDigestIn(kept);
    const sheet = digest === undefined ? undefined : await readSheet(objects, digest);
    const envelope = sheet && (await fileOf(objects, sheet, ENVELOPE_PATH));
    if (!envelope)
      throw new ArqonError(
        "LEDGER_INVALID",
        `the envelope of entry ${from + i} of the run ledger is missing`,
      );
    found.push(envelope);
  }
  return found;
}

function sheetDigestIn(kept: Uint8Array): string | undefined {
  try {
    const { sheet } = parseEntry(kept);
    return typeof sheet === "string" ? sheet : undefined;
  } catch {
    return undefined; // What it should have led to is missing then.
  }
}

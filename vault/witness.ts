/** A witness of logs: it cosigns a checkpoint when that log is the one it knew, only longer. */
import { join } from "node:path";
import { ArqonError, type Clock, equalBytes } from "@arqon/core/base";
import {
  BOTH_SUITES,
  cosign,
  type PublicKey,
  parseCheckpoint,
  parseCosignRequest,
  systemVerifier,
  verifyCheckpoint,
  verifyConsistency,
  type WitnessKey,
} from "@arqon/core/proof";
import { inTransaction, oneAtATime, openDatabase } from "./sqlite/index.ts";

const SCHEMA = `CREATE TABLE seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL) STRICT;`;

/** What a witness works with. */
export interface WitnessOptions {
  /** Where it keeps what it knows: `witness.sqlite`. */
  readonly home: string;
  readonly clock: Clock;
  /** Keys of logs it takes checkpoints from. */
  readonly trust: readonly PublicKey[];
  readonly key: WitnessKey;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A witness. */
export interface Witness {
  /**
   * The note of an add-checkpoint request with the witness's line appended. What it attests is durable before.
   * @throws ArqonError `KEY_UNKNOWN` for a log it does not trust, `SIGNATURE_MISSING`, `SIGNATURE_INVALID`, `LEDGER_FORK`,
   *   `LEDGER_ROLLED_BACK`, or `LEDGER_INVALID` with the size it knows when the request starts from another.
   */
  add(request: string): Promise<string>;
  /** Size and origin of every log it knows. */
  known(): { readonly origin: string; readonly size: number }[];
  close(): void;
}

/** Opens the witness of `home`. */
export async function openWitness({ home, clock, trust, key, sign }: WitnessOptions): Promise<Witness> {
  const path = join(home, "witness.sqlite");
  const db = await openDatabase({ path, clock, schema: SCHEMA, version: 1 });
  const queue = oneAtATime();
  const select = db.prepare("SELECT size, root FROM seen WHERE origin = ?");
  const store = db.prepare(
    "INSERT INTO seen (origin, size, root) VALUES (?, ?, ?) ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root",
  );
  return {
    async add(text) {
      const { oldSize, proof, note } = parseCosignRequest(text);
      const checkpoint = parseCheckpoint(note);
      const { origin, size, root } = checkpoint;
      const verdict = await verifyCheckpoint(checkpoint, {
        keys: trust,
        require: BOTH_SUITES,
        verifier: systemVerifier(),
      });
      if (verdict.status !== "ok") {
        const isUnsigned = verdict.code === "KEY_UNKNOWN" || verdict.code === "SIGNATURE_MISSING";
        throw new ArqonError(isUnsigned ? verdict.code : "SIGNATURE_INVALID", `${origin}: ${verdict.detail}`);
      }
      await queue(() =>
        inTransaction(db, clock, async () => {
          const row = select.get(origin);
          const known = Number(row?.["size"] ?? 0);
          // A request that starts beyond its own end is no question of what is known here.
          const details = oldSize <= size ? { known } : {};
          if (size < known)
            throw new ArqonError(
              "LEDGER_ROLLED_BACK",
              `${origin} had ${known} entries, and says it has ${size}`,
              { details },
            );
          if (size === known && row && !equalBytes(row["root"] as Uint8Array, root))
            throw new ArqonError("LEDGER_FORK", `${origin} has two trees of ${size} entries`);
          if (oldSize !== known)
            throw new ArqonError(
              "LEDGER_INVALID",
              `${origin}: the request starts from ${oldSize}, known are ${known}`,
              {
                remedy: `Ask again with the consistency proof from ${known}.`,
                details,
              },
            );
          const isPrefix =
            row === undefined
              ? proof.length === 0
              : verifyConsistency(known, size, proof, row["root"] as Uint8Array, root);
          if (!isPrefix)
            throw new ArqonError(
              "LEDGER_FORK",
              `${origin}: its ${size} entries do not begin with the ${known} known ones`,
            );
          store.run(origin, size, root);
        }),
      );
      return note + (await cosign(checkpoint, key, Math.floor(clock.nowUs() / 1e6), sign));
    },
    known: () =>
      db
        .prepare("SELECT origin, size FROM seen ORDER BY origin")
        .all()
        .map((row) => ({ origin: String(row["origin"]), size: Number(row["size"]) })),
    close: () => db.close(),
  };
}

/** What trust costs: sealing a run beside its two signatures alone, ledger appends beside bare SQLite, verification. */
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { canonicalJsonFile, type JsonObject, systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { type BundleDraft, countsResult, jsonResult, prepareBundle, verifyBundle } from "@arqon/core/bundle";
import { openVault, readTrust, type Vault } from "@arqon/vault";
import { openFileKeystore, signersOf } from "@arqon/vault/keys";
import { type Ledger, openLedger } from "@arqon/vault/ledger";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "trust";

/** The files of one job as the lab hands them over: those of `arqon demo`. */
interface JobFiles {
  readonly recipe: Readonly<Record<string, string>>;
  readonly conditions: Readonly<Record<string, string>>;
  readonly record: Readonly<Record<string, string>>;
  readonly decision: JsonObject;
}
const JOB = JSON.parse(readFileSync(new URL("trust-run.json", import.meta.url), "utf8")) as JobFiles;
/** What in them names the job. */
const JOB_ID = "01a1fe7d-f11c-7000-8a61-1225a241e99c";

/** Such a run; every number gives another recipe, result and record. */
function draft(n: number): BundleDraft {
  const seed = `0x${n.toString(16)}`;
  const jobId = `0198c0de-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
  const files = (section: Readonly<Record<string, string>>) =>
    Object.entries(section).map(([name, text]): [string, Uint8Array] => [
      name,
      utf8(text.replaceAll(JOB_ID, jobId)),
    ]);
  const zeros = 400 + (n % 200);
  return {
    artifactType: "run",
    engine: { name: "arqon-statevector", semantics: "2" },
    recipe: new Map([
      ...files(JOB.recipe),
      ["seeds.json", canonicalJsonFile({ algorithm: "philox4x32-10", seed })],
    ]),
    conditions: new Map(files(JOB.conditions)),
    results: new Map([
      ["counts.json", countsResult({ "00": zeros, "11": 1024 - zeros })],
      ["summary.json", jsonResult({ outcomes: 2, qubits: 2, shots: 1024 })],
    ]),
    record: new Map(files(JOB.record)),
    parents: [],
    reported: false,
    manifest: {
      jobId,
      tenant: "local",
      backendId: "sim-statevector",
      cryptoMode: "hybrid",
      calibrationSnapshotId: "",
      emMethod: "none",
      emVersion: "",
      seed,
      sdkVersion: "arqon/bench",
      createdAt: "2026-01-02T03:04:05Z",
      decision: JOB.decision,
    },
  };
}

/** Milliseconds of CPU that one of `count` calls took. */
async function cpuMs(count: number, call: (i: number) => unknown): Promise<number> {
  const from = process.cpuUsage();
  for (let i = 0; i < count; i++) await call(i);
  const used = process.cpuUsage(from);
  return (used.user + used.system) / 1000 / count;
}

/** Calls a second, by the clock. */
async function perSecond(count: number, call: (i: number) => unknown): Promise<number> {
  const from = performance.now();
  for (let i = 0; i < count; i++) await call(i);
  return (count * 1000) / (performance.now() - from);
}

/** Takes turns, so that both sides see the same machine; the first turn warms up and is not counted. */
async function inTurns(
  repetitions: number,
  ours: (turn: number) => Promise<number>,
  theirs: (turn: number) => Promise<number>,
): Promise<{ ours: number[]; theirs: number[] }> {
  const figures = { ours: [] as number[], theirs: [] as number[] };
  for (let turn = 0; turn <= repetitions; turn++) {
    const [a, b] = [await ours(turn), await theirs(turn)];
    if (turn > 0) {
      figures.ours.push(a);
      figures.theirs.push(b);
    }
  }
  return figures;
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const home = mkdtempSync(join(tmpdir(), "arqon-bench-"));
  const repetitions = quick ? 3 : 7;
  const count = quick ? 10 : 40;
  const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy });
  try {
    const signed = prepareBundle(draft(0)).statement;
    // A server seals for weeks: what the runtime compiles at first is not counted.
    const warmUp = quick ? 2 : 40;
    log(`seal: ${warmUp * TOGETHER} to warm up`);
    for (let i = 0; i < warmUp; i++) await sealTogether(vault, TOGETHER);
    for (const together of [TOGETHER, 1]) {
      const rounds = together === 1 ? count : Math.ceil((4 * count) / together);
      log(`seal, ${together} at a time: ${repetitions} x ${rounds}`);
      yield await sealing(vault, signed, repetitions, rounds, together);
    }
    log(`verify: ${repetitions} x ${count}`);
    yield* verifying(vault, home, repetitions, count);
    for (const batch of [1, 256]) {
      log(`append: ${repetitions} x ${count} batches of ${batch}`);
      yield await appending(join(home, `batch-${batch}`), repetitions, count, batch);
    }
    const sizes = quick ? [10_000] : [10_000, 100_000, 1_000_000];
    log(`a ledger that grows to ${sizes.at(-1)}`);
    yield* growing(join(home, "growing"), sizes);
  } finally {
    await vault.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Runs that are in flight together: their ledger entries share a checkpoint, and its signatures. */
const TOGETHER = 32;

let jobs = 0;

function sealTogether(vault: Vault, together: number): Promise<unknown> {
  const drafts = Array.from({ length: together }, () => draft(jobs++));
  return Promise.all(drafts.map((one) => vault.seal(one, "bell.qasm")));
}

/**
 * CPU of a whole sealing (ids, views, both signatures of the statement, ledger, objects, index; `together` at a time),
 * beside both signatures of its statement and nothing else, by the OpenSSL inside node:crypto.
 */
async function sealing(
  vault: Vault,
  statement: Uint8Array,
  repetitions: number,
  count: number,
  together: number,
): Promise<BenchRow> {
  const keys = [generateKeyPairSync("ed25519").privateKey, generateKeyPairSync("ml-dsa-65").privateKey];
  const { ours, theirs } = await inTurns(
    repetitions,
    async () => {
      // The drafts are the lab's work; they are made before.
      const drafts = Array.from({ length: count }, () =>
        Array.from({ length: together }, () => draft(jobs++)),
      );
      const each = await cpuMs(count, (i) =>
        Promise.all((drafts[i] ?? []).map((one) => vault.seal(one, "bell.qasm"))),
      );
      return each / together;
    },
    () => cpuMs(count * together, () => keys.map((key) => sign(null, statement, key))),
  );
  return benchRow({
    bench: name,
    case: together === 1 ? "seal-alone" : "seal",
    metric: "cpu_ms",
    unit: "ms",
    values: ours,
    peer: { name: "openssl", values: theirs },
    target: 1.5,
  });
}

async function* verifying(
  vault: Vault,
  home: string,
  repetitions: number,
  count: number,
): AsyncGenerator<BenchRow> {
  const [row] = await vault.list(1);
  const files = await vault.bundle(row?.recordId ?? "");
  const trust = await readTrust(home);
  const values: number[] = [];
  for (let turn = 0; turn <= repetitions; turn++) {
    const value = await cpuMs(count, async () => {
      if ((await verifyBundle(files, { trust })).verdict !== "VERIFIED")
        throw new TypeError("the bundle does not verify");
    });
    if (turn > 0) values.push(value);
  }
  yield benchRow({ bench: name, case: "verify", metric: "cpu_ms", unit: "ms", values });
}

/** A ledger of its own with keys of its own. */
async function newLedger(home: string): Promise<Ledger> {
  const validity = { notBeforeUs: 0, notAfterUs: systemClock.nowUs() + 1e12 };
  const initial = (["ed25519", "ml-dsa-65"] as const).map((algorithm) => ({
    algorithm,
    label: "bench",
    validity,
  }));
  const keystore = openFileKeystore({ home, clock: systemClock, entropy: systemEntropy, initial });
  const signers = signersOf(keystore, "bench", systemClock.nowUs());
  return openLedger({
    path: join(home, "ledger.sqlite"),
    origin: "bench/log",
    clock: systemClock,
    keys: signers,
    signers: () => signers,
  });
}

/** Appends and proofs a second while a ledger grows; entries of 300 bytes, 1,000 under a checkpoint. */
async function* growing(home: string, sizes: readonly number[]): AsyncGenerator<BenchRow> {
  const ledger = await newLedger(home);
  const entries = Array.from({ length: 1000 }, (_, i) => new Uint8Array(300).fill(i));
  try {
    for (const size of sizes) {
      const row = { bench: name, case: `ledger-${size}`, unit: "1/s" };
      const batches = (size - ledger.size()) / entries.length;
      const appends = entries.length * (await perSecond(batches, () => ledger.append(entries)));
      yield benchRow({ ...row, metric: "appends", values: [appends] });
      const somewhere = (i: number): number => (i * 7_368_787) % size;
      const proofs = await perSecond(2000, (i) => ledger.prove(somewhere(i)));
      yield benchRow({ ...row, metric: "inclusion_proofs", values: [proofs] });
      const consistency = await perSecond(2000, (i) => ledger.consistency(1 + somewhere(i), size));
      yield benchRow({ ...row, metric: "consistency_proofs", values: [consistency] });
    }
  } finally {
    ledger.close();
  }
}

/** Entries a second into a ledger, each batch signed and synced, beside rows a second into a bare table, synced alike. */
async function appending(home: string, repetitions: number, count: number, batch: number): Promise<BenchRow> {
  const ledger = await newLedger(home);
  const bare = new DatabaseSync(join(home, "bare.sqlite"));
  bare.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE entry (i INTEGER PRIMARY KEY, bytes BLOB)",
  );
  const insert = bare.prepare("INSERT INTO entry (bytes) VALUES (?)");
  const entries = Array.from({ length: batch }, (_, i) => new Uint8Array(300).fill(i));
  try {
    const { ours, theirs } = await inTurns(
      repetitions,
      async () => batch * (await perSecond(count, () => ledger.append(entries))),
      async () =>
        batch *
        (await perSecond(count, () => {
          bare.exec("BEGIN IMMEDIATE");
          for (const entry of entries) insert.run(entry);
          bare.exec("COMMIT");
        })),
    );
    const peer = { name: "sqlite", values: theirs };
    return benchRow({
      bench: name,
      case: `append-${batch}`,
      metric: "throughput",
      unit: "entries/s",
      values: ours,
      peer,
    });
  } finally {
    ledger.close();
    bare.close();
  }
}

/** How fast the log takes and gives records, beside SQLite and JetStream on the same disk in the same run. */
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  type AppendDurability,
  type FileKeys,
  nodeDisk,
  openSegmentEngine,
  threadDigest,
  wrappingKeys,
} from "@arqon/bus/engine";
import { systemEntropy, systemTimer } from "@arqon/core/base";
import { interleave } from "./bus-lab/interleave.ts";
import { Peers } from "./bus-lab/peers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "log";

const RECORD_BYTES = 1024;
const BATCH = 500;
const BODY = Uint8Array.from({ length: RECORD_BYTES }, (_, i) => Math.imul(i, 2654435761) >>> 13);

/** One repetition: how fast it went. */
interface Figures {
  readonly appendsPerSecond: number;
  readonly cpuUs: number;
  readonly readMBs: number;
}

/** A store under test: commits batches of {@link BATCH} records from `first` on, and reads them all. */
interface Store {
  commit(first: number): Promise<void>;
  /** Bytes of all records from 1 to `last`, one after the other. */
  read(last: number): Promise<number>;
  close(): Promise<void>;
}

async function segments(root: string, durability: AppendDurability, fileKeys?: FileKeys): Promise<Store> {
  const engine = await openSegmentEngine({
    disk: nodeDisk(root),
    timer: systemTimer(),
    entropy: systemEntropy,
    digest: threadDigest,
    fileKeys,
  });
  const log = await engine.openLog("bench");
  return {
    commit: (first) => {
      const batch = Array.from({ length: BATCH }, (_, i) => ({
        sequence: first + i,
        timestampUnixUs: first + i,
        bytes: BODY,
      }));
      return log.append(batch, durability);
    },
    read: async (last) => {
      let bytes = 0;
      for (let from = 1; from <= last; ) {
        const records = await log.read({
          fromSequence: from,
          toSequence: last,
          maxRecords: 4096,
          maxBytes: 4 << 20,
        });
        for (const record of records) bytes += record.bytes.length;
        from += records.length;
      }
      return bytes;
    },
    close: () => engine.close(),
  };
}

function sqlite(root: string, synchronous: "FULL" | "OFF"): Store {
  const database = new DatabaseSync(path.join(root, "log.sqlite"));
  database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${synchronous};
    CREATE TABLE log(sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, bytes BLOB NOT NULL)`);
  const insert = database.prepare("INSERT INTO log VALUES(?, ?, ?)");
  const select = database.prepare(
    "SELECT sequence, time, bytes FROM log WHERE sequence <= ? ORDER BY sequence",
  );
  return {
    commit: async (first) => {
      database.exec("BEGIN");
      for (let i = 0; i < BATCH; i++) insert.run(first + i, first + i, BODY);
      database.exec("COMMIT");
    },
    read: async (last) => {
      let bytes = 0;
      for (const row of select.iterate(last)) bytes += (row["bytes"] as Uint8Array).length;
      return bytes;
    },
    close: async () => database.close(),
  };
}

async function measure(open: (root: string) => Store | Promise<Store>, commits: number): Promise<Figures> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), "arqon-bench-"));
  try {
    const store = await open(root);
    await store.commit(1); // files are made, code is warm
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    // the next batch arrives while the last is being committed, as it does on a bus; SQLite is done when it returns
    let earlier = Promise.resolve();
    for (let i = 1; i <= commits; i++) {
      const commit = store.commit(1 + i * BATCH);
      await earlier;
      earlier = commit;
    }
    await earlier;
    const tookMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpu);
    const last = (commits + 1) * BATCH;
    const readMs = performance.now();
    const bytes = await store.read(last);
    const readTookMs = performance.now() - readMs;
    if (bytes !== last * RECORD_BYTES) throw new Error(`read ${bytes} bytes of ${last} records`);
    await store.close();
    const appends = commits * BATCH;
    return {
      appendsPerSecond: (appends / tookMs) * 1000,
      cpuUs: (user + system) / appends,
      readMBs: bytes / 1000 / readTookMs,
    };
  } finally {
    await fs.rm(root, { recursive: true });
  }
}

/** Messages of the bus beside JetStream's, each published and acknowledged over a WebSocket by the load in C. */
async function* acknowledged({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const peers = new Peers(log);
  try {
    if (!peers.has("nats-ws")) return;
    for (const [kept, peer, target, floor] of [
      ["synced", "jetstream-sync", 5, 3],
      ["logged", "jetstream", 3, 1],
    ] as const) {
      const task = { kept, readers: 0, window: 4_096, warmMs: 500, runMs: quick ? 500 : 1_200 };
      const rates = await interleave(
        {
          arqon: async () => (await peers.run({ ...task, protocol: "arqon" })).perSecond,
          [peer]: async () => (await peers.run({ ...task, protocol: "nats-ws" })).perSecond,
        },
        quick ? 1 : 5,
        (line) => log(`${kept}: ${line}`),
        (rate) => `${Math.round(rate)} acknowledged/s`,
      );
      const [ours, theirs] = [rates.get("arqon"), rates.get(peer)];
      if (ours === undefined || theirs === undefined) continue;
      yield benchRow({
        bench: name,
        case: kept,
        metric: "throughput",
        unit: "messages/s",
        values: ours,
        peer: { name: peer, values: theirs },
        floor,
        target,
      });
    }
  } finally {
    peers.close();
  }
}

/** The log read from end to end as history is, every record held against its checksum; it was written just before. */
async function* history({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), "arqon-bench-"));
  try {
    const store = await segments(root, "synced");
    const commits = quick ? 100 : 400;
    for (let i = 0; i < commits; i++) await store.commit(1 + i * BATCH);
    const values: number[] = [];
    for (let i = 0; i < (quick ? 3 : 6); i++) {
      const beganMs = performance.now();
      const bytes = await store.read(commits * BATCH);
      const mbPerS = bytes / 1000 / (performance.now() - beganMs);
      if (bytes !== commits * BATCH * RECORD_BYTES) throw new Error(`read ${bytes} bytes`);
      // The first time the code is not warm.
      if (i > 0) values.push(mbPerS);
      log(`history ${i}: ${Math.round(mbPerS)} MB/s`);
    }
    yield benchRow({ bench: name, case: "history", metric: "mb_per_s", unit: "MB/s", values, target: 500 });
    await store.close();
  } finally {
    await fs.rm(root, { recursive: true });
  }
}

/** What encryption costs: the same appends and the same reading, boxed and plain, in turns. */
async function* encrypted({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const keys = wrappingKeys(systemEntropy(32), systemEntropy);
  const commits = quick ? 20 : 100;
  const boxed: Figures[] = [];
  const plain: Figures[] = [];
  for (let i = 0; i < (quick ? 2 : 7); i++) {
    boxed.push(await measure((root) => segments(root, "logged", keys), commits));
    plain.push(await measure((root) => segments(root, "logged"), commits));
    const [a, b] = [boxed.at(-1), plain.at(-1)];
    log(
      `encrypted ${i + 1}: ${Math.round(a?.appendsPerSecond ?? 0)} appends/s, plain ${Math.round(b?.appendsPerSecond ?? 0)}; ` +
        `history ${Math.round(a?.readMBs ?? 0)} and ${Math.round(b?.readMBs ?? 0)} MB/s`,
    );
  }
  const row = rowsOf("encrypted", boxed, "plain", plain);
  yield row("throughput", "appends/s", ({ appendsPerSecond }) => appendsPerSecond, 0.4, 0.7);
  yield row("cpu_us", "us/append", ({ cpuUs }) => cpuUs, 2, 1.5);
  yield row("history", "MB/s", ({ readMBs }) => readMBs, 0.3, 0.5);
}

/** Makes the rows of one case: a figure of ours beside the peer's. */
function rowsOf(what: string, ours: readonly Figures[], peer: string, peers: readonly Figures[]) {
  return (
    metric: string,
    unit: string,
    pick: (figures: Figures) => number,
    floor: number,
    target: number,
  ): BenchRow =>
    benchRow({
      bench: name,
      case: what,
      metric,
      unit,
      values: ours.map(pick),
      peer: { name: peer, values: peers.map(pick) },
      floor,
      target,
    });
}

export async function* rows(options: BenchOptions): AsyncGenerator<BenchRow> {
  yield* engines(options);
  yield* encrypted(options);
  yield* history(options);
  yield* acknowledged(options);
}

async function* engines({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const commits = quick ? 20 : 100;
  for (const kind of ["synced", "logged"] as const) {
    const ours: Figures[] = [];
    const peers: Figures[] = [];
    for (let i = 0; i < (quick ? 1 : 5); i++) {
      ours.push(await measure((root) => segments(root, kind), commits));
      peers.push(await measure((root) => sqlite(root, kind === "synced" ? "FULL" : "OFF"), commits));
      const [a, b] = [ours.at(-1), peers.at(-1)].map((each) => Math.round(each?.appendsPerSecond ?? 0));
      log(`${kind} ${i + 1}: segments ${a} appends/s, sqlite ${b}`);
    }
    const row = rowsOf(kind, ours, "sqlite", peers);
    yield row("throughput", "appends/s", ({ appendsPerSecond }) => appendsPerSecond, 1, 2);
    yield row("cpu_us", "us/append", ({ cpuUs }) => cpuUs, 1, 0.5);
    if (kind === "synced") yield row("read", "MB/s", ({ readMBs }) => readMBs, 1, 2);
  }
}

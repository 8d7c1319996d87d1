/**
 * An hour under a mixed load: a server of its own process, its memory, files and log sampled, and a verdict by the slope.
 * Usage: node bench/soak.ts [MINUTES=60] [RESULT.json]. Not part of `npm run bench`: it takes its time.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, connect, operator } from "@arqon/sdk";

/** What the server held at one moment. */
interface Sample {
  readonly atS: number;
  readonly rssMb: number;
  readonly threads: number;
  readonly files: number;
  readonly logMb: number;
  readonly cpuS: number;
  readonly connections: number;
  readonly loadMb: number;
}

const MINUTES = Number(process.argv[2] ?? 60);
const RESULT = process.argv[3] ?? "soak.json";
const EVERY_MS = 10_000;
/** The first part is left out: what is grown once is no leak. */
const WARM = 1 / 3;
/** Growth per hour that counts as stable. */
const STABLE = { rssMb: 16, files: 4 };
const ROOT = resolve(import.meta.dirname, "..");

const home = mkdtempSync(join(tmpdir(), "arqon-soak-"));
const server = spawn(
  process.execPath,
  [join(ROOT, "apps/cli/bin/arqon.mjs"), "serve", "--port", "0", "--json"],
  { env: { ...process.env, ARQON_HOME: home }, stdio: ["ignore", "pipe", "inherit"] },
);
const { url, apiKey } = await ready(server);
const counts = { events: 0, received: 0, logged: 0, jobs: 0, reconnects: 0, pages: 0, errors: 0, lost: 0 };
const errors = new Map<string, number>();
let isOver = false;

async function ready(child: ChildProcess): Promise<{ url: string; apiKey: string }> {
  let text = "";
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    text += line;
    if (line === "}") break;
  }
  return JSON.parse(text);
}

/** Does something again and again; what fails is counted, by its code. */
async function loop(everyMs: number, act: () => Promise<unknown>): Promise<void> {
  while (!isOver) {
    try {
      await act();
    } catch (thrown) {
      counts.errors++;
      const name = String((thrown as { code?: string }).code ?? thrown);
      errors.set(name, (errors.get(name) ?? 0) + 1);
    }
    await pause(everyMs);
  }
}

const open = (): Promise<Client> => connect({ url, apiKey });

async function count(filter: string): Promise<void> {
  const client = await open();
  const subscription = await client.subscribe(filter);
  for await (const message of subscription) {
    counts.received++;
    if (message.topic === "") counts.lost++;
  }
}

function bytesUnder(path: string): number {
  let bytes = 0;
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true }))
    if (entry.isFile())
      try {
        bytes += statSync(join(entry.parentPath, entry.name)).size;
      } catch {
        // It was replaced meanwhile.
      }
  return bytes;
}

/** Clock ticks of Linux a second. */
const TICKS = 100;

async function sample(startedMs: number): Promise<Sample> {
  const proc = `/proc/${server.pid}`;
  const stat = readFileSync(`${proc}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const status = readFileSync(`${proc}/status`, "utf8");
  const page = await fetch(`${url.replace("ws:", "http:")}/metrics`, {
    headers: { authorization: `Bearer ${apiKey}` },
  }).then(
    (answer) => (answer.ok ? answer.text() : ""),
    () => "",
  );
  const connections = [...page.matchAll(/^arqonbus_connections\{[^}]*\} (\d+)/gm)].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
  return {
    atS: Math.round((performance.now() - startedMs) / 1000),
    rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
    threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1]),
    files: readdirSync(`${proc}/fd`).length,
    logMb: bytesUnder(home) / 1e6,
    cpuS: (Number(stat[11]) + Number(stat[12])) / TICKS,
    connections,
    loadMb: process.memoryUsage().rss / 1048576,
  };
}

/** Median of the slopes between all pairs (Theil and Sen), per hour. */
function slope(samples: readonly Sample[], of: keyof Sample): number {
  const slopes: number[] = [];
  for (let i = 0; i < samples.length; i++)
    for (let j = i + 1; j < samples.length; j++) {
      const [a, b] = [samples[i] as Sample, samples[j] as Sample];
      if (b.atS > a.atS) slopes.push(((b[of] - a[of]) / (b.atS - a.atS)) * 3600);
    }
  slopes.sort((a, b) => a - b);
  return slopes[slopes.length >> 1] ?? 0;
}

function report(samples: readonly Sample[]): object {
  const steady = samples.slice(Math.floor(samples.length * WARM));
  const perHour = {
    rssMb: slope(steady, "rssMb"),
    files: slope(steady, "files"),
    threads: slope(steady, "threads"),
    logMb: slope(steady, "logMb"),
    loadMb: slope(steady, "loadMb"),
  };
  const isStable = perHour.rssMb <= STABLE.rssMb && perHour.files <= STABLE.files;
  return {
    minutes: MINUTES,
    node: process.version,
    cpu: cpus()[0]?.model,
    verdict: isStable && counts.lost === 0 ? "stable" : "not stable",
    bounds: STABLE,
    perHour,
    counts,
    errors: Object.fromEntries(errors),
    samples,
  };
}

const worker = await operator({
  url,
  apiKey,
  topic: "soak.jobs",
  maxInFlight: 4,
  handle: (job) => job.parameters,
});
const [publisher, keeper] = await Promise.all([open(), open()]);
for (const filter of ["soak.events.*", "soak.events.a", "soak.>"]) void count(filter);
const text = "x".repeat(500);
const topics = ["a", "b", "c", "d"];
const kept: { id: string; sequence: number }[] = [];

void loop(100, async () => {
  for (const topic of topics) publisher.send(`soak.events.${topic}`, text);
  counts.events += topics.length;
});
void loop(200, async () => {
  const published = await keeper.publish("soak.logged.a", text, {
    durability: counts.logged % 4 === 0 ? "synced" : "logged",
  });
  counts.logged++;
  if (counts.logged % 50 === 0) kept.push({ id: published.id, sequence: published.sequence ?? 0 });
});
void loop(2_000, async () => {
  const job = await keeper.submit("soak.jobs", {
    schema: "soak.v1",
    program: "p",
    parameters: { n: counts.jobs },
  });
  await job.result();
  counts.jobs++;
});
void loop(5_000, async () => {
  const client = await open();
  await client.subscribe("soak.events.>");
  await client.close();
  counts.reconnects++;
});
void loop(15_000, async () => {
  const wanted = kept.at(counts.pages % Math.max(1, kept.length));
  if (wanted === undefined) return;
  let found = false;
  for await (const message of keeper.history({
    filter: "soak.logged.*",
    fromSequence: wanted.sequence,
  })) {
    found = message.id === wanted.id;
    break;
  }
  if (!found) counts.lost++;
  counts.pages++;
});

const samples: Sample[] = [];
const startedMs = performance.now();
while (performance.now() - startedMs < MINUTES * 60_000) {
  await pause(EVERY_MS);
  samples.push(await sample(startedMs));
  writeFileSync(RESULT, JSON.stringify(report(samples), undefined, 1));
}
isOver = true;
await pause(3_000);
await worker.drain({ graceMs: 1_000 });
server.kill("SIGINT");
const { samples: _, ...summary } = report(samples) as { samples: unknown };
console.log(JSON.stringify(summary, undefined, 2));
rmSync(home, { recursive: true, force: true });
process.exit(0);

/**
 * Statevector simulation beside qsim, Aer and qulacs (a Python with them is named in ARQON_AER_PYTHON; absent ones are named), on one
 * core, in CPU time with compilation, both sides warm, runs interleaved; the oracle beside both. Memory, and growth with
 * qubits, depth and threads. Circuits of the research data come from ARQON_DATA.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { widenVectors } from "@arqon/lab/operators";
import {
  type EngineName,
  type Precision,
  parseQasm,
  runCircuit,
  statevector,
} from "@arqon/substrates/quantum";
import { brickwork, circuitOf } from "./quantum-lab/brickwork.ts";
import { depthRows, threadRows } from "./quantum-lab/growth.ts";
import { type PeerAnswer, type Peers, startPeers } from "./quantum-lab/peers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "quantum";

const CIRCUITS = join(resolve(process.env["ARQON_DATA"] ?? "../shared/data"), "circuits");
const DEPTH = 20;
const SHOTS = 1024;
const AGREE = 1e-5;
/** The rows of smaller states are there for the growth. */
const AIMED_FROM = 20;

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** CPU milliseconds of one run of a brickwork: planning, allocation, gates and one shot. */
function timed(qubits: number, depth: number, engine: EngineName, precision: Precision): number {
  const steps = brickwork(qubits, depth);
  return cpuMs(() => {
    runCircuit(circuitOf(qubits, steps), { shots: 1, seed: 9n, engine, precision });
  });
}

/** Ours and a peer's, one after the other; nothing of the peer where it is absent. */
async function beside(
  peers: Peers | undefined,
  { n, log, what }: { readonly n: number; readonly log: (line: string) => void; readonly what: string },
  ours: () => number,
  request: object,
  check: (answer: PeerAnswer) => void = () => {},
): Promise<{ values: number[]; peer: number[] | undefined }> {
  const [values, peer]: [number[], number[]] = [[], []];
  ours();
  let absent = peers ? (await peers.ask(request)).absent : "ARQON_AER_PYTHON names no Python with it";
  for (let i = 0; i < n; i++) {
    values.push(ours());
    if (!peers || absent) continue;
    const answer = await peers.ask(request);
    absent = answer.absent;
    check(answer);
    peer.push(answer.ms as number);
  }
  if (absent) log(`quantum: ${what}: the peer is absent: ${absent}`);
  else log(`quantum: ${what}: ${Math.min(...values).toFixed(0)} ms, peer ${Math.min(...peer).toFixed(0)} ms`);
  return { values, peer: absent ? undefined : peer };
}

/** Compilers have seen the code of both precisions and engines before anything is timed. */
function warmUp(): void {
  for (let i = 0; i < 40; i++)
    for (const precision of ["f32", "f64"] as const) timed(12 + (i % 4), DEPTH, "fast", precision);
}

export async function* rows(options: BenchOptions): AsyncGenerator<BenchRow> {
  options.log(`quantum: vectors of ${(await widenVectors()) ? 256 : 128} bits`);
  const peers = startPeers();
  warmUp();
  try {
    yield* oracleRow(options);
    yield* peerRows(options, peers);
    yield* fileRow(options, peers);
    yield* memoryRows(options);
    yield* depthRows(options);
    yield* threadRows(options);
  } finally {
    peers?.close();
  }
}

function* oracleRow({ quick }: BenchOptions): Generator<BenchRow> {
  const cpu: Record<EngineName, number[]> = { fast: [], oracle: [] };
  for (const engine of ["fast", "oracle"] as const) timed(12, 4, engine, "f64");
  for (let i = 0; i < (quick ? 2 : 3); i++)
    for (const engine of ["fast", "oracle"] as const) cpu[engine].push(timed(20, DEPTH, engine, "f64"));
  const peer = { name: "oracle", values: cpu.oracle };
  yield benchRow({ bench: name, case: "brickwork-20", metric: "cpu_ms", unit: "ms", values: cpu.fast, peer });
}

async function* peerRows({ quick, log }: BenchOptions, peers: Peers | undefined): AsyncGenerator<BenchRow> {
  for (const qubits of quick ? [20] : [14, 16, 18, 20, 22, 24]) {
    const n = quick ? 2 : qubits < 24 ? 5 : 3;
    const steps = brickwork(qubits, DEPTH);
    const { re, im } = statevector(circuitOf(20, brickwork(20, DEPTH)), "fast", { precision: "f32" });
    const first = (re[0] as number) ** 2 + (im[0] as number) ** 2;
    for (const [peer, precision, suffix] of [
      ["qsim", "f32", ""],
      ["aer", "f64", "-f64"],
      ["qulacs", "f64", "-f64"],
    ] as const) {
      const what = `brickwork-${qubits}${suffix}`;
      const request = { peer, qubits, steps, shots: 1, precision: precision === "f32" ? "single" : "double" };
      const measured = await beside(
        peers,
        { n, log, what },
        () => timed(qubits, DEPTH, "fast", precision),
        request,
        ({ probability, build }) => {
          if (probability === undefined) return;
          if (build) log(`quantum: qsim's build: ${build.join(", ")}`);
          if (qubits === 20 && Math.abs(probability / first - 1) > AGREE * 100)
            throw new Error(`the amplitudes disagree: ${probability} and ${first}`);
        },
      );
      yield benchRow({
        bench: name,
        case: what,
        metric: "cpu_ms",
        unit: "ms",
        values: measured.values,
        ...(measured.peer && { peer: { name: peer, values: measured.peer } }),
        ...(qubits >= AIMED_FROM && peer !== "qulacs" && { target: 1 }),
      });
    }
  }
}

/** Every OpenQASM 2 file of 14 to 26 qubits, from its text to 1,024 shots; the total. */
async function* fileRow({ quick, log }: BenchOptions, peers: Peers | undefined): AsyncGenerator<BenchRow> {
  if (!existsSync(CIRCUITS)) {
    log(`quantum: no circuits in ${CIRCUITS} (ARQON_DATA): qasmbench-14-26 is left out`);
    return;
  }
  const sources = readdirSync(CIRCUITS)
    .filter((file) => file.endsWith(".qasm"))
    .map((file) => ({ file, source: readFileSync(join(CIRCUITS, file), "utf8") }))
    .filter(({ source, file }) => {
      if (!/OPENQASM\s+2/.test(source)) return false;
      const { qubits } = parseQasm(source, file);
      return qubits >= 14 && qubits <= 26;
    });
  const n = quick ? 1 : 3;
  const [values, peer]: [number[], number[]] = [new Array(n).fill(0), new Array(n).fill(0)];
  let whole = true;
  for (const { file, source } of sources) {
    const ours = (): number =>
      cpuMs(() => {
        runCircuit(parseQasm(source, file), { shots: SHOTS, seed: 9n, engine: "fast" });
      });
    const request = { peer: "aer", source, shots: SHOTS, precision: "double" };
    const measured = await beside(peers, { n, log, what: file }, ours, request);
    for (let i = 0; i < n; i++) {
      values[i] = (values[i] as number) + (measured.values[i] as number);
      peer[i] = (peer[i] as number) + (measured.peer?.[i] ?? 0);
    }
    whole &&= measured.peer !== undefined;
  }
  yield benchRow({
    bench: name,
    case: "qasmbench-14-26",
    metric: "cpu_ms",
    unit: "ms",
    values,
    ...(whole && { peer: { name: "aer", values: peer } }),
    target: 1,
    floor: 1.5,
  });
}

/** What a process grows by, beside the amplitudes alone. */
function* memoryRows({ quick }: BenchOptions): Generator<BenchRow> {
  const script = new URL("./quantum-lab/memory.ts", import.meta.url).pathname;
  const qubits = quick ? 22 : 24;
  for (const precision of ["f64", "f32"] as const) {
    const grown = (): number => Number(execFileSync(process.execPath, [script, String(qubits), precision]));
    yield benchRow({
      bench: name,
      case: precision === "f64" ? "memory" : "memory-f32",
      metric: "bytes",
      unit: "bytes",
      values: quick ? [grown()] : [grown(), grown(), grown()],
      peer: { name: "ideal", values: [2 ** qubits * (precision === "f64" ? 16 : 8)] },
      target: 1.1,
    });
  }
}

/**
 * Transpilation of the shared circuits (of at most 27 qubits) to three devices of ARQON_DATA: two-qubit gates, depth and CPU time;
 * beside Qiskit at optimisation levels 1 to 3 where a Python with it is named in ARQON_AER_PYTHON. Same pairs and gates, errors
 * left alone on both sides; Qiskit's measured in the same run, on one thread, after a warm-up.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseJson } from "@arqon/core/base";
import {
  type Circuit,
  circuitFeatures,
  deviceTarget,
  ibmCalibration,
  parseQasm2,
  type Target,
  targetOf,
  transpile,
} from "@arqon/substrates/quantum";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "quantum";

const DATA = resolve(process.env["ARQON_DATA"] ?? "../shared/data");
const DEVICES = ["hanoi", "sherbrooke", "torino"];
const MOST_QUBITS = 27;

/** Reads {devices, files, levels} and prints for each device and level [two-qubit gates, depth, CPU milliseconds]. */
const PEER = `
import json, sys, time
from qiskit import qasm2, transpile
from qiskit.transpiler import CouplingMap
j = json.load(sys.stdin)
out = {}
for device, (basis, pairs) in j["devices"].items():
    circuits = [qasm2.loads(t, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS) for t in j["texts"]]
    for level in j["levels"]:
        run = lambda c: transpile(c, basis_gates=basis, coupling_map=CouplingMap(pairs), optimization_level=level, seed_transpiler=0)
        run(circuits[0])
        gates = depth = 0
        start = time.process_time()
        done = [run(c) for c in circuits]
        ms = 1e3 * (time.process_time() - start)
        for c in done:
            gates += sum(1 for i in c.data if len(i.qubits) == 2 and i.operation.name != "barrier")
            depth += c.depth()
        out[f"{device} {level}"] = [gates, depth, ms]
print(json.dumps(out))
`;

type Totals = readonly [gates: number, depth: number, cpuMs: number];

function targetNamed(device: string): Target {
  const read = (kind: string) => {
    const path = join(DATA, "calibration", device, `${kind}_${device}.json`);
    return parseJson(readFileSync(path, "utf8"), path);
  };
  const { gates, coupling, qubits } = deviceTarget(ibmCalibration(read("props"), read("conf")));
  const pairs = coupling?.map(({ from, to }) => [from, to] as const);
  return targetOf(
    device,
    [...gates].filter((gate) => gate !== "reset"),
    pairs,
    qubits,
  );
}

function ours(circuits: readonly Circuit[], target: Target): Totals {
  let [gates, depth] = [0, 0];
  const before = process.cpuUsage();
  const made = circuits.map((circuit) => transpile(circuit, target).circuit);
  const { user, system } = process.cpuUsage(before);
  for (const circuit of made) {
    const features = circuitFeatures(circuit);
    gates += features.twoQubitGates;
    depth += features.depth;
  }
  return [gates, depth, (user + system) / 1000];
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const folder = join(DATA, "circuits");
  if (!existsSync(folder)) {
    log(`transpile: no circuits in ${folder}; name the research data in ARQON_DATA`);
    return;
  }
  const files = readdirSync(folder).filter((file) => /^(qasmbench|benchpress|feynman).*\.qasm$/.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8"));
  const read = texts.map((text, k) => parseQasm2(text, files[k] as string));
  const fits = read.map(({ qubits }) => qubits <= MOST_QUBITS);
  const circuits = read.filter((_, k) => fits[k]).slice(0, quick ? 12 : undefined);
  const targets = DEVICES.map(targetNamed);
  const own = targets.map((target) => {
    ours(circuits.slice(0, 8), target);
    const totals = ours(circuits, target);
    log(
      `transpile: ${target.name}: ${totals[0]} two-qubit gates, depth ${totals[1]}, ${Math.round(totals[2])} ms`,
    );
    return totals;
  });
  const kept = texts.filter((_, k) => fits[k]).slice(0, quick ? 12 : undefined);
  const peers = qiskit(targets, kept, log);
  const figures = [
    ["two_qubit_gates", "gates"],
    ["depth", "layers"],
    ["cpu_ms", "ms"],
  ] as const;
  for (const [d, target] of targets.entries())
    for (const [k, [metric, unit]] of figures.entries()) {
      const values = [own[d]?.[k] as number];
      if (!peers) yield benchRow({ bench: name, case: `transpile-${target.name}`, metric, unit, values });
      for (const level of [1, 2, 3]) {
        const theirs = peers?.[`${target.name} ${level}`];
        if (!theirs) continue;
        const peer = { name: "qiskit", values: [theirs[k] as number] };
        const at = `transpile-${target.name}-O${level}`;
        yield benchRow({ bench: name, case: at, metric, unit, values, peer });
      }
    }
  if (!peers) return;
  const sum = (totals: readonly Totals[], k: number): number =>
    totals.reduce((all, each) => all + (each[k] as number), 0);
  const best = targets.map(({ name: device }) => peers[`${device} 3`] as Totals);
  for (const [k, [metric, unit]] of figures.entries())
    yield benchRow({
      bench: name,
      case: "transpile",
      metric,
      unit,
      values: [sum(own, k)],
      peer: { name: "qiskit", values: [sum(best, k)] },
      ...(metric === "two_qubit_gates" && { target: 1, floor: 1.1 }),
    });
}

function qiskit(
  targets: readonly Target[],
  texts: readonly string[],
  log: (line: string) => void,
): Readonly<Record<string, Totals>> | undefined {
  const python = process.env["ARQON_AER_PYTHON"];
  if (!python) {
    log("transpile: no Qiskit; name a Python that has it in ARQON_AER_PYTHON");
    return undefined;
  }
  const devices = Object.fromEntries(
    targets.map(({ name: device, gates, coupling = [] }) => [
      device,
      [[...gates], coupling.map(({ from, to }) => [from, to])],
    ]),
  );
  const input = JSON.stringify({ devices, texts, levels: [1, 2, 3] });
  const env = { ...process.env, RAYON_NUM_THREADS: "1", QISKIT_PARALLEL: "FALSE" };
  return JSON.parse(execFileSync(python, ["-c", PEER], { input, env, maxBuffer: 1 << 26 }).toString());
}

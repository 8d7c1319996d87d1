/**
 * Noise of calibrated devices beside Aer's: the parameters of every gate of every snapshot in ARQON_DATA, and whole distributions
 * of circuits of the devices' own gates. Needs a Python with Qiskit and Aer, named in ARQON_AER_PYTHON.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createRandom, type Json } from "@arqon/core/base";
import {
  type Calibration,
  deviceNoise,
  gateNoise,
  ibmCalibration,
  noiseKey,
  noisyDistribution,
  parseQasm2,
  runNoisyCircuit,
} from "@arqon/substrates/quantum";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "noise";

const FOLDER = join(resolve(process.env["ARQON_DATA"] ?? "../shared/data"), "calibration");
const AIM = 1e-10;
/** Aer's simulator drops terms of a channel under 1e-10, some hundreds for each pair of qubits. */
const SIMULATOR_AIM = 1e-6;
/** Snapshots of more bytes than this are left out of a quick run: Aer takes some ten seconds for each. */
const QUICK_BYTES = 100_000;
const TEMPERATURE_MK = 50;
/** Outcomes a trajectory run is judged by; see docs/bench/quantum.md for what they can tell apart. */
const SHOTS = 100_000;
/** Standard normal deviations of a chi-square statistic that are too many: one run in a thousand. */
const TOO_FAR = 3.09;
const LAYERS = 8;

/** Every device of the collection, and how many of its first qubits a circuit uses: all of those that have at most five. */
const RUNS: readonly (readonly [device: string, qubits: number])[] = [
  ["armonk", 1],
  ["manila", 5],
  ["lima", 5],
  ["yorktown", 5],
  ["johannesburg", 5],
  ["guadalupe", 6],
  ["hanoi", 6],
  ["prague", 6],
  ["sherbrooke", 6],
  ["torino", 6],
  ["fez", 6],
];
/** What qelib1.inc has not; the parser knows it again. */
const ECR = "gate ecr a,b { s a; sx b; cx a,b; x a; }";

/** A snapshot's file, and the device it is of. */
interface Snapshot {
  readonly device: string;
  readonly path: string;
  readonly label: string;
}

interface Figures {
  readonly gates: readonly (readonly [string, number[], number, number, number | null])[];
  readonly readout: readonly (readonly [number, number] | null)[];
}

interface Distribution {
  /** By Aer's simulator, which drops rare terms of channels; by Aer's channels on Qiskit's density matrix, which does not. */
  readonly simulator: readonly number[];
  readonly channels: readonly number[];
}

const json = (path: string): Json => JSON.parse(readFileSync(path, "utf8")) as Json;

function calibrationOf({ device, path }: Snapshot): Calibration {
  return ibmCalibration(json(path), json(join(FOLDER, device, `conf_${device}.json`)));
}

function snapshots(): Snapshot[] {
  const devices = readdirSync(FOLDER).filter((device) => !device.startsWith("_"));
  const history = join(FOLDER, "_history");
  return [
    ...devices.map((device) => ({
      device,
      path: join(FOLDER, device, `props_${device}.json`),
      label: device,
    })),
    ...readdirSync(history).flatMap((device) =>
      readdirSync(join(history, device)).map((file) => ({
        device,
        path: join(history, device, file),
        label: `${device} ${file.slice(6, -5)}`,
      })),
    ),
  ];
}

function aer<T>(python: string, request: object): T[] {
  const script = new URL("./quantum-lab/noise.py", import.meta.url).pathname;
  const env = { ...process.env, OMP_NUM_THREADS: "1", RAYON_NUM_THREADS: "1" };
  const input = JSON.stringify(request);
  return JSON.parse(execFileSync(python, [script], { input, env, maxBuffer: 1 << 28 }).toString()) as T[];
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const python = process.env["ARQON_AER_PYTHON"];
  if (!existsSync(FOLDER) || !python) {
    log(
      `noise: needs the calibrations in ${FOLDER} (ARQON_DATA) and a Python with Qiskit Aer (ARQON_AER_PYTHON)`,
    );
    return;
  }
  yield* distributionRows(python, quick, log);
  const worst: number[] = [];
  for (const snapshot of snapshots()) {
    const small = readFileSync(snapshot.path).length < QUICK_BYTES;
    if (!small && quick) continue;
    const apart = parametersApart(python, snapshot, small, log);
    worst.push(apart);
    yield difference("parameters_max_difference@aer", [apart], AIM, snapshot.label.replace(" ", "-"));
  }
  yield difference("parameters_max_difference@aer", worst);
}

function difference(metric: string, values: readonly number[], target = AIM, of?: string): BenchRow {
  return benchRow({
    bench: "quantum",
    case: of === undefined ? "noise" : `noise/${of}`,
    metric,
    unit: "largest",
    values: [Math.max(...values)],
    floor: target,
    target,
  });
}

/** Largest difference of a snapshot's figures: relaxation, depolarising, both together, readout. Throws for one that is not finite. */
function parametersApart(
  python: string,
  snapshot: Snapshot,
  small: boolean,
  log: (line: string) => void,
): number {
  const temperatures = small ? [0, TEMPERATURE_MK] : [0];
  const { qubits, gates } = calibrationOf(snapshot);
  const theirs = aer<Figures>(python, {
    snapshots: [snapshot.path],
    temperatures,
    together: small,
  });
  let worst = 0;
  const compare = (ours: number, wanted: number, where: string): void => {
    const apart = Math.abs(ours - wanted);
    if (!Number.isFinite(apart)) throw new Error(`${snapshot.label}: ${where}: ${ours} beside ${wanted}`);
    worst = Math.max(worst, apart);
  };
  for (const [t, figures] of theirs.entries()) {
    if (figures.gates.length !== gates.length) throw new Error(`${snapshot.label}: other gates`);
    for (const [g, [gate, on, relaxation, depolarizing, both]] of figures.gates.entries()) {
      const own = gates[g] as (typeof gates)[number];
      const where = `${gate} ${on.join(" ")}`;
      if (where !== `${own.gate} ${own.qubits.join(" ")}`) throw new Error(`${snapshot.label}: not ${where}`);
      // Aer's functions for snapshots take a reset for a gate; those for targets do not, and neither do we.
      if (gate === "reset" && depolarizing > 0) continue;
      const noise = gateNoise(own, qubits, temperatures[t]);
      const dim = 1 << on.length;
      compare(noise.relaxFidelity, relaxation, where);
      compare(noise.depolarizing, depolarizing, where);
      if (both !== null)
        compare(
          noise.relaxFidelity - (noise.depolarizing * (dim * noise.relaxFidelity - 1)) / dim,
          both,
          where,
        );
    }
    for (const [q, wrong] of figures.readout.entries()) {
      compare(qubits[q]?.p1Given0 ?? 0, wrong?.[0] ?? 0, `readout of ${q}`);
      compare(qubits[q]?.p0Given1 ?? 0, wrong?.[1] ?? 0, `readout of ${q}`);
    }
  }
  log(
    `${worst.toExponential(1)}  ${qubits.length} qubits, ${gates.length} gates, ${temperatures.join(" and ")} mK  ${snapshot.label}`,
  );
  return worst;
}

/** Random layers of a device's own gates on its first qubits. */
function circuitText({ gates }: Calibration, qubits: number, usable: (key: string) => boolean): string {
  const random = createRandom(BigInt(qubits));
  const angle = (): string => (2 * Math.PI * random.nextDouble()).toFixed(12);
  const pairs = gates.filter(
    ({ gate, qubits: on }) =>
      ["cx", "cz", "ecr"].includes(gate) && on.every((q) => q < qubits) && usable(noiseKey(gate, on)),
  );
  const old = gates.some(({ gate }) => gate === "u3");
  const lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', ECR, `qreg q[${qubits}];`, `creg c[${qubits}];`];
  for (let layer = 0; layer < LAYERS; layer++) {
    for (let q = 0; q < qubits; q++)
      if (old)
        lines.push(
          `u3(${angle()},${angle()},${angle()}) q[${q}];`,
          `u2(${angle()},0) q[${q}];`,
          `u1(${angle()}) q[${q}];`,
        );
      else lines.push(`rz(${angle()}) q[${q}];`, `sx q[${q}];`, `rz(${angle()}) q[${q}];`, `x q[${q}];`);
    for (const { gate, qubits: on } of pairs)
      if (random.nextDouble() < 0.5) lines.push(`${gate} q[${on[0]}],q[${on[1]}];`);
  }
  for (let q = 0; q < qubits; q++) lines.push(`measure q[${q}] -> c[${q}];`);
  return lines.join("\n");
}

function* distributionRows(
  python: string,
  quick: boolean,
  log: (line: string) => void,
): Generator<BenchRow, void, undefined> {
  const shots = quick ? SHOTS / 10 : SHOTS;
  const cases = RUNS.map(([device, qubits]) => {
    const path = join(FOLDER, device, `props_${device}.json`);
    const calibration = calibrationOf({ device, path, label: device });
    const noise = deviceNoise(calibration, { temperatureMk: TEMPERATURE_MK });
    const text = circuitText(calibration, qubits, (key) => !noise.excluded.has(key));
    return { device, qubits, path, noise, text };
  });
  const theirs = aer<Distribution>(python, {
    runs: cases.map(({ path, text }) => [path, TEMPERATURE_MK, text]),
  });
  const [exact, simulated]: [number[], number[]] = [[], []];
  const ours: number[] = [];
  for (const [k, { device, qubits, noise, text }] of cases.entries()) {
    const { channels, simulator } = theirs[k] as Distribution;
    const circuit = parseQasm2(text, device);
    const own = noisyDistribution(circuit, noise);
    const apart = (from: readonly number[]): number =>
      Math.max(
        ...from.map((p, i) => Math.abs(p - (own.get(i.toString(2).padStart(qubits, "0")) ?? Number.NaN))),
      );
    const run = runNoisyCircuit(circuit, { shots, seed: 5n, noise, method: "trajectories" });
    const drawn = judge(run.counts, channels, shots);
    exact.push(apart(channels));
    simulated.push(apart(simulator));
    ours.push(drawn.deviations);
    const of = `${device}-${qubits}`;
    yield difference("distribution_max_difference@aer", [apart(channels)], AIM, of);
    yield difference("distribution_max_difference@aer-simulator", [apart(simulator)], SIMULATOR_AIM, of);
    yield chiSquare(`noise/${of}`, drawn.deviations);
    yield benchRow({
      bench: "quantum",
      case: `noise/${of}`,
      metric: "trajectories_total_variation@aer",
      unit: "probability",
      values: [drawn.variation],
    });
    log(
      `${device}, ${qubits} qubits, ${circuit.length} operations: exact ${apart(channels).toExponential(1)} (Aer's simulator ${apart(simulator).toExponential(1)}); ${shots} shots: ` +
        `chi-square ${drawn.deviations.toFixed(2)} deviations, ` +
        `total variation ${drawn.variation.toFixed(4)}`,
    );
  }
  yield difference("distribution_max_difference@aer", exact);
  yield difference("distribution_max_difference@aer-simulator", simulated, SIMULATOR_AIM);
  yield chiSquare("noise", Math.max(...ours));
}

function chiSquare(of: string, deviations: number): BenchRow {
  return benchRow({
    bench: "quantum",
    case: of,
    metric: "trajectories_chi_square@aer",
    unit: "deviations",
    values: [deviations],
    floor: TOO_FAR,
    target: TOO_FAR,
  });
}

/** Pearson's chi-square as a standard normal deviation (Wilson and Hilferty), rare outcomes together; and the total variation. */
function judge(
  counts: ReadonlyMap<string, number>,
  probabilities: readonly number[],
  shots: number,
): { readonly deviations: number; readonly variation: number } {
  const seen = new Float64Array(probabilities.length);
  for (const [key, count] of counts) seen[Number.parseInt(key, 2)] = count;
  let [sum, degrees, rare, rareSeen, apart] = [0, -1, 0, 0, 0];
  const add = (count: number, expected: number): void => {
    sum += (count - expected) ** 2 / expected;
    degrees++;
  };
  for (const [i, p] of probabilities.entries()) {
    const [count, expected] = [seen[i] as number, p * shots];
    apart += Math.abs(count - expected);
    if (expected >= 5) add(count, expected);
    else [rare, rareSeen] = [rare + expected, rareSeen + count];
  }
  if (rare > 0) add(rareSeen, rare);
  const spread = 2 / (9 * degrees);
  return {
    deviations: (Math.cbrt(sum / degrees) - 1 + spread) / Math.sqrt(spread),
    variation: apart / (2 * shots),
  };
}

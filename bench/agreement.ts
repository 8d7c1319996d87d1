/**
 * Our statevector beside Aer's, amplitude by amplitude, on every OpenQASM 2 circuit of ARQON_DATA whose state does not hang on
 * a measurement; and how fast each side reads the texts. Needs a Python with Qiskit and Aer, named in ARQON_AER_PYTHON.
 * Measurements are left out on both sides, the states' common phase is taken out, and what remains is the largest difference.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRandom } from "@arqon/core/base";
import { type Circuit, type Precision, parseQasm2, statevector } from "@arqon/substrates/quantum";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "agreement";

const DATA = resolve(process.env["ARQON_DATA"] ?? "../shared/data");
/** A quick run leaves out the states of more than 16 MiB. */
const QUICK_QUBITS = 20;
const MOST_QUBITS = 26;
/** CPU milliseconds that a side reads for, at least, in each repetition. */
const READ_MS = 200;
const REPETITIONS = 5;
/** Gates a second that are read at least. */
const RATE = 1e6;

/** Reads {texts, states} and prints each state's largest difference; with {texts, ms, n}, the reading times of all texts. */
const PEER = `
import json, sys, time
from qiskit import qasm2, transpile
j = json.load(sys.stdin)
load = lambda t: qasm2.loads(t, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
if "ms" in j:
    out = []
    for t in j["texts"]: load(t)
    for _ in range(j["n"]):
        start, passes = time.process_time(), 0
        while 1e3 * (time.process_time() - start) < j["ms"]:
            for t in j["texts"]: load(t)
            passes += 1
        out.append((time.process_time() - start) / passes)
else:
    import numpy as np
    from qiskit_aer import AerSimulator
    out = []
    simulator = AerSimulator(method="statevector", precision="double", max_parallel_threads=1)
    for text, path in zip(j["texts"], j["states"]):
        c = load(text)
        c.data = [i for i in c.data if i.operation.name not in ("measure", "barrier")]
        c = transpile(c, simulator, optimization_level=0)
        c.save_statevector()
        theirs = np.asarray(simulator.run(c).result().get_statevector())
        ours = np.fromfile(path)
        half = len(ours) // 2
        ours = ours[:half] + 1j * ours[half:]
        overlap = np.vdot(ours, theirs)
        out.append(float(np.abs(ours * (overlap / abs(overlap)) - theirs).max()))
print(json.dumps(out))
`;

/** Reads one text, the first of its process, and prints the CPU seconds of that. */
const COLD_PEER = `
import sys, time
from qiskit import qasm2
text = sys.stdin.read()
start = time.process_time()
qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
print(time.process_time() - start)
`;
const COLD_GATES = 100_000;
const COLD_CHILD = join(import.meta.dirname, "quantum-lab", "cold-parse.ts");

function peer(python: string, request: object): number[] {
  const env = { ...process.env, OMP_NUM_THREADS: "1", RAYON_NUM_THREADS: "1", QISKIT_PARALLEL: "FALSE" };
  const input = JSON.stringify(request);
  return JSON.parse(execFileSync(python, ["-c", PEER], { input, env, maxBuffer: 1 << 26 }).toString());
}

/** A circuit and its text. */
interface Case {
  readonly file: string;
  readonly text: string;
  readonly circuit: Circuit;
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const folder = join(DATA, "circuits");
  const python = process.env["ARQON_AER_PYTHON"];
  if (!existsSync(folder) || !python) {
    log(
      `agreement: needs the circuits in ${folder} (ARQON_DATA) and a Python with Qiskit Aer (ARQON_AER_PYTHON)`,
    );
    return;
  }
  const files = readdirSync(folder).filter((file) => /^(qasmbench|benchpress|feynman).*\.qasm$/.test(file));
  const cases = files.sort().map((file): Case => {
    const text = readFileSync(join(folder, file), "utf8");
    return { file, text, circuit: parseQasm2(text, file) };
  });
  yield* readingRows(python, cases, quick);
  yield* coldRows(python, quick);
  const most = quick ? QUICK_QUBITS : MOST_QUBITS;
  const fitting = cases.filter(({ file, circuit }) => {
    if (circuit.qubits > most) log(`${file}: ${circuit.qubits} qubits, not compared`);
    return circuit.qubits <= most;
  });
  for (const [precision, target] of [
    ["f64", 1e-12],
    ["f32", 1e-6],
  ] as const) {
    const over = precision === "f64" ? "agreement" : "agreement-f32";
    const row = (of: string, value: number): BenchRow =>
      benchRow({
        bench: "quantum",
        case: of,
        metric: "max_difference@aer",
        unit: "amplitude",
        values: [value],
        floor: target,
        target,
      });
    const differences = compare(python, fitting, precision, log);
    for (const { file, difference } of differences)
      yield row(`${over}/${file.replace(".qasm", "")}`, difference);
    if (differences.length > 0) yield row(over, Math.max(...differences.map(({ difference }) => difference)));
  }
}

/** Largest differences, of each circuit that has a state; the large ones one at a time, for their memory. */
function compare(
  python: string,
  cases: readonly Case[],
  precision: Precision,
  log: (line: string) => void,
): { readonly file: string; readonly difference: number }[] {
  const out: { file: string; difference: number }[] = [];
  const small = cases.filter(({ circuit }) => circuit.qubits <= QUICK_QUBITS);
  const large = cases.filter(({ circuit }) => circuit.qubits > QUICK_QUBITS);
  for (const group of [small, ...large.map((one) => [one])]) {
    const scratch = mkdtempSync(join(tmpdir(), "arqon-agreement-"));
    try {
      const kept = group.filter(({ circuit, file }, k) => {
        try {
          const { re, im } = statevector(circuit, "fast", { precision });
          writeFileSync(join(scratch, `${file}.f64`), re);
          writeFileSync(join(scratch, `${file}.f64`), im, { flag: "a" });
          return true;
        } catch (thrown) {
          if (!(thrown instanceof TypeError)) throw thrown;
          log(`${group[k]?.file}: its state depends on measurements, not compared`);
          return false;
        }
      });
      if (kept.length === 0) continue;
      const states = kept.map(({ file }) => join(scratch, `${file}.f64`));
      const differences = peer(python, { texts: kept.map(({ text }) => text), states });
      for (const [k, difference] of differences.entries()) {
        const { file, circuit } = kept[k] as Case;
        log(`${precision}  ${difference.toExponential(1)}  ${circuit.qubits} qubits  ${file}`);
        out.push({ file, difference });
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  return out;
}

/** The same texts, read by both sides; counted in instructions of our parser, whose `gate` definitions are expanded. */
function* readingRows(python: string, cases: readonly Case[], quick: boolean): Generator<BenchRow> {
  const gates = cases.reduce((all, { circuit }) => all + circuit.length, 0);
  const n = quick ? 2 : REPETITIONS;
  const own: number[] = [];
  for (let repetition = -1; repetition < n; repetition++) {
    const before = process.cpuUsage();
    let passes = 0;
    let seconds = 0;
    do {
      for (const { text, file } of cases) parseQasm2(text, file);
      passes++;
      const { user, system } = process.cpuUsage(before);
      seconds = (user + system) / 1e6;
    } while (1e3 * seconds < READ_MS);
    if (repetition >= 0) own.push((gates * passes) / seconds);
  }
  const theirs = peer(python, { texts: cases.map(({ text }) => text), ms: READ_MS, n });
  const common = {
    bench: "quantum",
    case: "parse-qasm2",
    metric: "gates_per_s",
    unit: "gates/s",
    values: own,
  };
  const peerRates = theirs.map((seconds) => gates / seconds);
  yield benchRow({ ...common, peer: { name: "qiskit", values: peerRates }, floor: 1, target: 1 });
  yield benchRow({ ...common, floor: RATE, target: RATE });
}

/** A first text in a fresh process, before any of the reader is compiled; both sides in turn. */
function* coldRows(python: string, quick: boolean): Generator<BenchRow> {
  const input = longText(COLD_GATES);
  const [own, theirs]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < (quick ? 2 : REPETITIONS); repetition++) {
    const answer = JSON.parse(execFileSync(process.execPath, [COLD_CHILD], { input }).toString());
    own.push(answer.length / answer.seconds);
    theirs.push(COLD_GATES / Number(execFileSync(python, ["-c", COLD_PEER], { input }).toString()));
  }
  const common = { bench: "quantum", case: "parse-qasm2-cold", metric: "gates_per_s", unit: "gates/s" };
  yield benchRow({ ...common, values: own, peer: { name: "qiskit", values: theirs }, target: 1 });
  yield benchRow({ ...common, values: own, target: RATE });
}

/** Gates with and without angles on 20 qubits. */
function longText(gates: number): string {
  const random = createRandom(11n);
  const lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', "qreg q[20];"];
  for (let i = 0; i < gates; i++) {
    const a = i % 20;
    const angle = (6 * random.nextDouble()).toFixed(12);
    lines.push(
      [
        `cx q[${a}],q[${(a + 7) % 20}];`,
        `rz(${angle}) q[${a}];`,
        `u3(${angle},pi/2,-${angle}) q[${a}];`,
        `h q[${a}];`,
        `rx(-pi/4) q[${a}];`,
      ][i % 5] as string,
    );
  }
  return lines.join("\n");
}

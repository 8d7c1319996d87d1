/**
 * Noisy shots as trajectories: 12 qubits, 40 layers, 1 % two-qubit depolarising after each CZ; beside Aer and qsim where a
 * Python with them is named in ARQON_AER_PYTHON. CPU time with compilation, one thread, both sides warm; ours and Aer in f64,
 * qsim in f32. The samples' overlap with the noiseless distribution (linear cross entropy) must agree.
 */
import { execFileSync } from "node:child_process";
import { createRandom } from "@arqon/core/base";
import {
  type Circuit,
  CircuitBuilder,
  depolarizing,
  NoiseModelBuilder,
  runNoisyCircuit,
  statevector,
} from "@arqon/substrates/quantum";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "trajectories";

const QUBITS = 12;
const DEPTH = 40;
const NOISE = 0.01;
/** Cross entropies of this many shots scatter by some 0.03. */
const AGREE = 0.15;

/** A gate as both sides read it. */
type Step = readonly [gate: "u3" | "cz", angles: readonly number[], qubits: readonly number[]];

function steps(): Step[] {
  const random = createRandom(1n);
  const out: Step[] = [];
  for (let layer = 0; layer < DEPTH; layer++) {
    for (let q = 0; q < QUBITS; q++) {
      const theta = Math.acos(1 - 2 * random.nextDouble());
      out.push(["u3", [theta, 2 * Math.PI * random.nextDouble(), 2 * Math.PI * random.nextDouble()], [q]]);
    }
    for (let q = layer % 2; q + 1 < QUBITS; q += 2) out.push(["cz", [], [q, q + 1]]);
  }
  return out;
}

function circuitOf(list: readonly Step[]): Circuit {
  const out = new CircuitBuilder(`trajectories-${QUBITS}x${DEPTH}`);
  out.qreg("q", QUBITS);
  for (const [gate, angles, qubits] of list) out.gate(gate, angles, qubits);
  return out.build();
}

/** Reads {steps, qubits, noise, shots, n} and prints for each peer its CPU milliseconds and the outcomes of the last run. */
const PEER = `
import json, sys, time
j = json.load(sys.stdin)
n, shots, out = j["qubits"], j["shots"], {}
def timed(run):
    run(10)
    ms = []
    for _ in range(j["n"]):
        t = time.process_time(); counts = run(shots); ms.append(1e3 * (time.process_time() - t))
    return {"ms": ms, "counts": counts}
try:
    from qiskit import QuantumCircuit
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel, depolarizing_error
    def aer(shots):
        qc = QuantumCircuit(n)
        for g, a, q in j["steps"]: qc.u(*a, *q) if g == "u3" else qc.cz(*q)
        qc.measure_all()
        model = NoiseModel(); model.add_all_qubit_quantum_error(depolarizing_error(j["noise"], 2), "cz")
        sim = AerSimulator(method="statevector", noise_model=model, max_parallel_threads=1)
        return sim.run(qc, shots=shots, seed_simulator=1).result().get_counts()
    out["aer"] = timed(aer)
except ImportError: pass
try:
    import cirq, qsimcirq
    def qsim(shots):
        qs = cirq.LineQubit.range(n); c = cirq.Circuit()
        for g, a, q in j["steps"]:
            if g == "u3":
                x = qs[q[0]]; c.append([cirq.rz(a[2])(x), cirq.ry(a[0])(x), cirq.rz(a[1])(x)])
            else:
                pair = [qs[k] for k in q]
                c.append(cirq.CZ(*pair)); c.append(cirq.depolarize(j["noise"] * 15 / 16, n_qubits=2)(*pair))
        c.append(cirq.measure(*reversed(qs), key="m"))
        sim = qsimcirq.QSimSimulator(qsimcirq.QSimOptions(cpu_threads=1, max_fused_gate_size=2), seed=1)
        h = sim.run(c, repetitions=shots).histogram(key="m")
        return {format(k, "0%db" % n): v for k, v in h.items()}
    out["qsim"] = timed(qsim)
except ImportError: pass
print(json.dumps(out))
`;

type Peers = Readonly<Record<string, { readonly ms: number[]; readonly counts: Record<string, number> }>>;

function peersOf(list: readonly Step[], shots: number, n: number): Peers {
  const python = process.env["ARQON_AER_PYTHON"];
  if (!python) return {};
  const input = JSON.stringify({ steps: list, qubits: QUBITS, noise: NOISE, shots, n });
  return JSON.parse(execFileSync(python, ["-c", PEER], { input, encoding: "utf8", maxBuffer: 2 ** 28 }));
}

/** Mean of 2^n p(outcome) - 1, p of the noiseless circuit: near the part of shots without an error. */
function crossEntropy(ideal: Float64Array, counts: Iterable<[string, number]>): number {
  let [sum, shots] = [0, 0];
  for (const [key, count] of counts) {
    sum += count * (ideal[Number.parseInt(key, 2)] as number);
    shots += count;
  }
  return (2 ** QUBITS * sum) / shots - 1;
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const [shots, repetitions] = quick ? [300, 3] : [1000, 5];
  const list = steps();
  const circuit = circuitOf(list);
  const { re, im } = statevector(circuit);
  const ideal = re.map((x, i) => x * x + (im[i] as number) ** 2);
  const noise = new NoiseModelBuilder("depolarising").after("cz", depolarizing(NOISE, 2)).build();
  const values: number[] = [];
  let counts: ReadonlyMap<string, number> = new Map();
  for (let i = -1; i < repetitions; i++) {
    const before = process.cpuUsage();
    ({ counts } = runNoisyCircuit(circuit, { shots, seed: BigInt(i + 2), noise, method: "trajectories" }));
    const { user, system } = process.cpuUsage(before);
    if (i >= 0) values.push((user + system) / 1000);
  }
  const ours = crossEntropy(ideal, counts);
  log(`trajectories: ${shots} shots, cross entropy ${ours.toFixed(3)}`);
  const common = { bench: "quantum", case: circuit.name, metric: "cpu_ms", unit: "ms", values };
  const peers = Object.entries(peersOf(list, shots, repetitions));
  for (const [peer, { ms, counts: theirs }] of peers) {
    const other = crossEntropy(ideal, Object.entries(theirs));
    log(`trajectories: ${peer}: cross entropy ${other.toFixed(3)}`);
    if (Math.abs(other - ours) > AGREE)
      throw new Error(`cross entropies differ: ours ${ours}, ${peer} ${other}`);
    yield benchRow({ ...common, peer: { name: peer, values: ms }, target: 1 });
  }
  if (peers.length === 0) yield benchRow(common);
}

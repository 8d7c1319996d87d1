/** Statevector simulation: the fast engine beside the plain oracle, end to end, in CPU time of the process. */
import { createRandom } from "@arqon/core/base";
import { type Circuit, CircuitBuilder, type EngineName, runCircuit } from "@arqon/substrates/quantum";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "quantum";

/** Layers of a random U3 on every qubit and CZ on neighbouring pairs, shifted by one from layer to layer. */
function brickwork(qubits: number, depth: number): Circuit {
  const random = createRandom(1n);
  const out = new CircuitBuilder(`brickwork-${qubits}`);
  out.qreg("q", qubits);
  for (let layer = 0; layer < depth; layer++) {
    for (let q = 0; q < qubits; q++) {
      const theta = Math.acos(1 - 2 * random.nextDouble());
      out.gate("u3", [theta, 2 * Math.PI * random.nextDouble(), 2 * Math.PI * random.nextDouble()], [q]);
    }
    for (let q = layer % 2; q + 1 < qubits; q += 2) out.gate("cz", [], [q, q + 1]);
  }
  return out.build();
}

/** CPU milliseconds of one run: planning, allocation, gates and one shot; with the outcome, to be compared. */
function timed(circuit: Circuit, engine: EngineName): [cpuMs: number, outcome: string] {
  const before = process.cpuUsage();
  const { counts } = runCircuit(circuit, { shots: 1, seed: 9n, engine });
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1000, [...counts.keys()].join()];
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const repetitions = quick ? 3 : 5;
  const circuit = brickwork(20, 20);
  const cpuMs: Record<EngineName, number[]> = { fast: [], oracle: [] };
  timed(brickwork(12, 4), "fast");
  timed(brickwork(12, 4), "oracle");
  for (let i = 0; i < repetitions; i++) {
    const [fast, ours] = timed(circuit, "fast");
    const [plain, theirs] = timed(circuit, "oracle");
    if (ours !== theirs) throw new Error(`the engines disagree: ${ours} and ${theirs}`);
    cpuMs.fast.push(fast);
    cpuMs.oracle.push(plain);
    log(`quantum: run ${i + 1} of ${repetitions}: fast ${fast.toFixed(0)} ms, oracle ${plain.toFixed(0)} ms`);
  }
  yield benchRow({
    bench: name,
    case: circuit.name,
    metric: "cpu_ms",
    unit: "ms",
    values: cpuMs.fast,
    peer: { name: "oracle", values: cpuMs.oracle },
  });
}

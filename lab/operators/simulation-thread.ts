/** The thread that simulates: one circuit at a time, synchronously. It knows no bus and ends when it is terminated. */
import { parseQasm, runCircuit } from "@arqon/substrates/quantum";
import { serveThread } from "./serve-thread.ts";
import type { SimulationAnswer, SimulationRequest } from "./simulation.ts";

function simulate(
  request: SimulationRequest,
  progress: (fraction: number, note: string) => void,
): SimulationAnswer {
  const circuit = parseQasm(request.source, request.fileName);
  const { counts, engine, reason, warnings } = runCircuit(circuit, {
    shots: request.shots,
    seed: request.seed,
    limits: { memoryBytes: request.memoryBytes },
    onProgress: (fraction) => progress(fraction, "simulating"),
  });
  return {
    counts: Object.fromEntries(counts),
    engine,
    reason,
    qubits: circuit.qubits,
    warnings: [...warnings],
  };
}

serveThread(simulate);

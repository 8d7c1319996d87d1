/** The thread that simulates: one circuit at a time, synchronously. It knows no bus and ends when it is terminated. */
import { parentPort } from "node:worker_threads";
import { parseQasm, runCircuit } from "@arqon/substrates/quantum";
import {
  type SimulationAnswer,
  type SimulationReply,
  type SimulationRequest,
  toWireError,
} from "./simulation.ts";

function simulate(request: SimulationRequest, say: (reply: SimulationReply) => void): SimulationAnswer {
  const circuit = parseQasm(request.source, request.fileName);
  const { counts, engine, reason, warnings } = runCircuit(circuit, {
    shots: request.shots,
    seed: request.seed,
    limits: { memoryBytes: request.memoryBytes },
    onProgress: (fraction) => say({ kind: "progress", fraction, note: "simulating" }),
  });
  return {
    counts: Object.fromEntries(counts),
    engine,
    reason,
    qubits: circuit.qubits,
    warnings: [...warnings],
  };
}

parentPort?.on("message", (request: SimulationRequest) => {
  const say = (reply: SimulationReply): void => parentPort?.postMessage(reply);
  try {
    say({ kind: "answer", answer: simulate(request, say) });
  } catch (thrown) {
    say({ kind: "error", error: toWireError(thrown) });
  }
});

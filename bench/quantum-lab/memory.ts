/** Runs a brickwork of argv[2] qubits in precision argv[3] and prints by how many bytes the process grew at most. */
import { runCircuit } from "@arqon/substrates/quantum";
import { brickwork, circuitOf } from "./brickwork.ts";

const [qubits, precision] = [Number(process.argv[2]), process.argv[3] === "f32" ? "f32" : "f64"] as const;
const run = (n: number): void => {
  runCircuit(circuitOf(n, brickwork(n, 2)), { shots: 1, seed: 1n, engine: "fast", precision });
};
run(14);
const before = process.memoryUsage().rss;
run(qubits);
console.log(process.resourceUsage().maxRSS * 1024 - before);

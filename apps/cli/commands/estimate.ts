/** `arqon estimate FILE`: which engine would run a circuit, why, and what it would take; nothing is run. */
import { basename } from "node:path";
import { ArqonError, formatBytes, formatCount, formatDuration, type JsonObject } from "@arqon/core/base";
import type { Command } from "../command.ts";
import { EXPERIMENT_OPTIONS, experimentFrom } from "../experiment.ts";
import { limitsHere } from "../job-limits.ts";
import { readCircuit } from "../store.ts";
import { shotsFrom } from "./run.ts";

export const estimate: Command = {
  name: "estimate",
  summary: "say what running a circuit would cost, on which engine and why, without running it",
  positionals: ["FILE"],
  options: {
    shots: { type: "string", value: "N", help: "repetitions, 1 to 10000000 (default 1024)" },
    ...EXPERIMENT_OPTIONS,
  },
  example: "arqon estimate examples/bell.qasm --shots 100000",
  async run(args, terminal) {
    const [path] = args.positionals as [string];
    const shots = shotsFrom(args);
    const source = await readCircuit(path);
    const asked = (await experimentFrom(args, source)) as JsonObject;
    const quantum = await import("@arqon/substrates/quantum");
    const limits = await limitsHere(terminal);
    const options = quantum.readExperimentOptions(asked);
    const experiment = quantum.prepareExperiment(source, basename(path), options);
    const cost = quantum.estimateExperiment(experiment, shots);
    const { notes, ...figures } = cost;
    const { engine, reason, qubits, simulatedQubits, memoryBytes, timeMs } = figures;
    const features = quantum.circuitFeatures(experiment.circuit);
    terminal.print(`${basename(path)} · ${formatCount(qubits, "qubit")} · ${formatCount(shots, "shot")}`);
    terminal.print();
    terminal.print(`engine    ${engine}: ${reason}`);
    terminal.print(`simulates ${formatCount(simulatedQubits, "qubit")}`);
    terminal.print(`memory    ${formatBytes(memoryBytes)}, of ${formatBytes(limits.memoryBytes)} allowed`);
    terminal.print(`time      about ${formatDuration(timeMs)}, of ${formatDuration(limits.timeMs)} allowed`);
    for (const warning of [...notes, ...experiment.warnings]) terminal.print(`  note: ${warning}`);
    const over = [
      ...(memoryBytes > limits.memoryBytes
        ? [
            `${formatBytes(memoryBytes)} over the limit of ${formatBytes(limits.memoryBytes)} (serve --job-memory-mib)`,
          ]
        : []),
      ...(timeMs > limits.timeMs
        ? [
            `${formatDuration(timeMs)} over the limit of ${formatDuration(limits.timeMs)} (serve --job-minutes)`,
          ]
        : []),
    ];
    if (over.length > 0)
      throw new ArqonError("QUANTUM_TOO_LARGE", `${basename(path)} would need ${over.join(" and ")}`, {
        details: { engine, qubits: simulatedQubits, memoryBytes, timeMs },
      });
    terminal.answer({
      ...figures,
      shots,
      features: { ...features },
      limits: { memoryBytes: limits.memoryBytes, timeMs: limits.timeMs },
      warnings: [...notes, ...experiment.warnings],
    });
    return 0;
  },
};

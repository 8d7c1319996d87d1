/** `arqon estimate FILE`: which engine would run a circuit, why, and what it would take; nothing is run. */
import { basename } from "node:path";
import { formatBytes, formatCount, formatDuration, type JsonObject } from "@arqon/core/base";
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
    const { estimateCircuit, requireFits } = await import("@arqon/lab/scheduler");
    const limits = await limitsHere(terminal);
    const cost = estimateCircuit(source, basename(path), shots, asked, limits);
    const { figures, features, warnings } = cost;
    const { engine, reason, qubits, simulatedQubits, memoryBytes, timeMs } = figures;
    terminal.print(`${basename(path)} · ${formatCount(qubits, "qubit")} · ${formatCount(shots, "shot")}`);
    terminal.print();
    terminal.print(`engine    ${engine}: ${reason}`);
    terminal.print(`simulates ${formatCount(simulatedQubits, "qubit")}`);
    terminal.print(`memory    ${formatBytes(memoryBytes)}, of ${formatBytes(limits.memoryBytes)} allowed`);
    terminal.print(`time      about ${formatDuration(timeMs)}, of ${formatDuration(limits.timeMs)} allowed`);
    for (const warning of warnings) terminal.print(`  note: ${warning}`);
    requireFits(basename(path), cost);
    terminal.answer({
      ...figures,
      shots,
      features,
      limits: { memoryBytes: limits.memoryBytes, timeMs: limits.timeMs },
      warnings: [...warnings],
    });
    return 0;
  },
};

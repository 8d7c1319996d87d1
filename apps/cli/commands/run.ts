/** `arqon run FILE`: a circuit file becomes a sealed result. */
import { basename, dirname, resolve } from "node:path";
import {
  ArqonError,
  formatCount,
  formatDuration,
  formatSeed,
  type JsonObject,
  parseSeed,
  systemEntropy,
} from "@arqon/core/base";
import { captureSource, type RunResult } from "@arqon/sdk";
import { cancellable } from "../cancellable.ts";
import type { Arguments, Command } from "../command.ts";
import { EXPERIMENT_OPTIONS, experimentFrom } from "../experiment.ts";
import { LABEL_OPTIONS, labelsFrom } from "../labels.ts";
import { histogram, shortId } from "../render.ts";
import { isElsewhere, withClient } from "../session.ts";
import { readCircuit } from "../store.ts";
import type { Terminal } from "../terminal.ts";
import { tracedSend } from "../traced.ts";

export const run: Command = {
  name: "run",
  summary: "run an OpenQASM 2 or 3 circuit; prints counts and the id of the sealed artifact",
  positionals: ["FILE"],
  options: {
    shots: { type: "string", value: "N", help: "repetitions, 1 to 10000000 (default 1024)" },
    seed: { type: "string", value: "S", help: "64-bit seed, decimal or 0x hexadecimal (default: random)" },
    backend: { type: "string", value: "B", help: "backend id (default: the scheduler chooses)" },
    diff: {
      type: "boolean",
      help: "keep commit and uncommitted changes of FILE's git working copy in the record",
    },
    ...EXPERIMENT_OPTIONS,
    ...LABEL_OPTIONS,
  },
  example: "arqon run examples/bell.qasm --shots 1000 --seed 42 --tag bell --note 'first light'",
  async run(args, terminal) {
    const [path] = args.positionals as [string];
    const shots = shotsFrom(args);
    const seed = seedFrom(args);
    const source = await readCircuit(path);
    const backend = args.text("backend");
    const labels = labelsFrom(args);
    const experiment = await experimentFrom(args, source);
    const working = args.flag("diff") ? await captureSource(dirname(resolve(path))) : undefined;
    const result = await withClient(terminal, ["scheduler", "quantum", "artifacts"], (client) =>
      tracedSend(terminal, "quantum.jobs", (trace) =>
        cancellable(client, terminal, (id) =>
          client.runCircuit(source, {
            ...experiment,
            ...labels,
            id,
            ...(trace && { trace }),
            ...(working && { source: { ...working } }),
            shots,
            seed,
            name: basename(path),
            ...(backend && { backend }),
            onState: (state) => {
              const done = state.progress > 0 ? ` ${Math.round(100 * state.progress)} %` : "";
              terminal.progress(`${basename(path)}: ${state.note || "waiting"}${done}`);
            },
          }),
        ),
      ),
    );
    terminal.progress("");
    terminal.answer(resultJson(result));
    printResult(result, basename(path), terminal);
    return 0;
  },
};

/** The answer for programs. */
function resultJson(result: RunResult): JsonObject {
  const { artifactId, recipeId, recordId, jobId, backend, engine, reason, qubits, shots, seed } = result;
  return {
    artifactId,
    recipeId,
    recordId,
    jobId,
    backend,
    engine,
    reason,
    qubits,
    shots,
    seed,
    counts: { ...result.counts },
    ...(result.expectations.length > 0 && {
      expectations: result.expectations.map((each): JsonObject => ({ ...each }) as JsonObject),
    }),
    warnings: [...result.warnings],
    hops: result.hops.map(({ name, startMs, durationMs }) => ({ name, startMs, durationMs })),
  };
}

/** The answer for people: histogram, ids, and what to do next. */
export function printResult(result: RunResult, title: string, terminal: Terminal): void {
  const { shots, seed, backend, qubits } = result;
  terminal.print(
    `${title} · ${formatCount(qubits, "qubit")} · ${formatCount(shots, "shot")} · seed ${seed} · ${backend}`,
  );
  terminal.print();
  for (const line of histogram(result.counts, terminal.columns)) terminal.print(line);
  for (const { observable, value } of result.expectations)
    terminal.print(
      `  <${typeof observable === "string" ? observable : JSON.stringify(observable)}> = ${value}`,
    );
  if (result.reason !== "") terminal.print(`  engine: ${result.engine} (${result.reason})`);
  for (const warning of result.warnings) terminal.print(`  note: ${warning}`);
  terminal.print();
  terminal.print(`artifact  ${result.artifactId}`);
  terminal.print(`recipe    ${result.recipeId}`);
  const total = result.hops.reduce((end, hop) => Math.max(end, hop.startMs + hop.durationMs), 0);
  if (total > 0) terminal.print(`took      ${formatDuration(total)}`);
  terminal.print();
  const id = shortId(result.artifactId);
  const next = isElsewhere(terminal)
    ? nextElsewhere(id, terminal.invocation)
    : nextCommands(id, terminal.invocation);
  for (const line of next) terminal.print(line);
}

/** Other commands read ARQON_HOME, and this artifact is on a server elsewhere. */
function nextElsewhere(id: string, arqon: string): string[] {
  return [
    "next:",
    `  ${arqon} export ${id} run.zip    fetch it from the server: a file anyone can verify offline`,
    `  ${arqon} verify run.zip          check every byte, signature and proof`,
    `  ${arqon} import run.zip          keep it here, to replay and cite it`,
  ];
}

/** What one may want to do with an artifact. */
export function nextCommands(id: string, arqon: string): string[] {
  return [
    "next:",
    `  ${arqon} verify ${id}            check every byte, signature and proof`,
    `  ${arqon} replay ${id}            run it again and compare`,
    `  ${arqon} export ${id} run.zip    a file anyone can verify offline`,
    `  ${arqon} cite ${id}              an entry for your bibliography`,
  ];
}

/** @throws ArqonError `USAGE` */
export function shotsFrom(args: Arguments): number {
  const text = args.text("shots") ?? "1024";
  const shots = Number(text);
  if (!/^[0-9]+$/.test(text) || shots < 1 || shots > 10_000_000)
    throw new ArqonError("USAGE", `--shots ${text}: expected a whole number from 1 to 10000000`);
  return shots;
}

/** @throws ArqonError `USAGE` */
export function seedFrom(args: Arguments): string {
  const text = args.text("seed");
  if (text === undefined) return formatSeed(new DataView(systemEntropy(8).buffer).getBigUint64(0));
  const seed = parseSeed(text);
  if (seed === undefined)
    throw new ArqonError(
      "USAGE",
      `--seed ${text}: expected an integer from 0 to 2^64 - 1, decimal or 0x hexadecimal`,
    );
  return formatSeed(seed);
}

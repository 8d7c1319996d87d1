/** `arqon classify FILE.csv --label COLUMN`: learns with quantum circuits, and says how it does beside a classical control. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ArqonError, createRandom, type Json, type JsonObject, parseSeed, utf8 } from "@arqon/core/base";
import { labelledSet, stratifiedSplit } from "@arqon/substrates/quantum";
import { cancellable } from "../cancellable.ts";
import type { Arguments, Command } from "../command.ts";
import { type LabelledRows, labelledCsv } from "../labelled-csv.ts";
import { shortId } from "../render.ts";
import { withClient } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { wholeNumber } from "../whole-number.ts";
import { seedFrom } from "./run.ts";

/** Draws who is tested; the others of the job's draws have streams of their own. */
const SPLIT_STREAM = 7n;

export const classify: Command = {
  name: "classify",
  summary: "learn classes from a table of samples with quantum circuits, beside a classical control",
  positionals: ["FILE.csv"],
  options: {
    label: { type: "string", value: "COLUMN", help: "the column that names the class (needed)" },
    method: { type: "string", value: "M", help: "kernel (default) or variational (two classes only)" },
    qubits: { type: "string", value: "N", help: "principal components kept, 1 to 12 (default 4)" },
    shots: { type: "string", value: "N", help: "kernel: shots for each entry (default 0: exact)" },
    test: { type: "string", value: "P", help: "percent of each class kept aside to judge by (default 50)" },
    seed: { type: "string", value: "S", help: "64-bit seed, decimal or 0x hexadecimal (default: random)" },
  },
  example: "arqon classify examples/wine.csv --label cultivar --seed 1",
  async run(args, terminal) {
    const [path] = args.positionals as [string];
    const label = args.text("label");
    if (!label) throw new ArqonError("USAGE", "--label is missing: the column that names the class");
    const seed = seedFrom(args);
    const text = await readFile(path, "utf8").catch((cause: Error) => {
      throw new ArqonError("FILE_UNREADABLE", `${path}: ${cause.message}`, { cause });
    });
    const program = programOf(labelledCsv(text, path, label), path, args, seed);
    const { output, artifactId } = await withClient(terminal, ["qml", "artifacts"], (client) =>
      cancellable(client, terminal, async (id) => {
        const job = await client.submit("qml.jobs", {
          id,
          schema: "arqonbus.qml.job.v1",
          program: utf8(JSON.stringify(program)),
          programMediaType: "application/json",
          name: basename(path),
          parameters: parametersOf(args, seed),
        });
        terminal.progress(`${basename(path)}: learning`);
        const result = await job.result();
        return { output: result.json() as JsonObject, artifactId: result.artifactId };
      }),
    );
    terminal.progress("");
    terminal.answer({ ...output, artifactId });
    print(output, artifactId, basename(path), terminal);
    return 0;
  },
};

function parametersOf(args: Arguments, seed: string): JsonObject {
  const parameters: Record<string, Json> = { seed, method: args.text("method") ?? "kernel" };
  const qubits = wholeNumber(args, "qubits", 1, 12);
  const shots = wholeNumber(args, "shots", 0, 100_000);
  if (qubits !== undefined) parameters["qubits"] = qubits;
  if (shots !== undefined) parameters["shots"] = shots;
  return parameters;
}

/** The samples, parted by the seed into those to learn from and those to be judged by. */
function programOf(rows: LabelledRows, path: string, args: Arguments, seed: string): JsonObject {
  const percent = wholeNumber(args, "test", 1, 99) ?? 50;
  const { labels } = labelledSet(rows.features, rows.labels, path);
  const random = createRandom(parseSeed(seed) as bigint, SPLIT_STREAM);
  const { train, test } = stratifiedSplit(labels, 1 - percent / 100, random);
  const pick = <T>(from: readonly T[], indices: readonly number[]): T[] => indices.map((k) => from[k] as T);
  return {
    features: pick(rows.features, train),
    labels: pick(rows.labels, train),
    unseen: pick(rows.features, test),
    truth: pick(rows.labels, test),
  };
}

/** Two lines to compare, and what to do next. */
function print(output: JsonObject, artifactId: string, title: string, terminal: Terminal): void {
  const control = output["control"] as JsonObject;
  terminal.print(
    `${title} · ${output["samples"]} samples learned, ${output["unseen"]} judged · ${output["qubits"]} qubits`,
  );
  terminal.print();
  for (const [name, result] of [
    [`quantum ${output["method"]}`, output],
    ["classical control", control],
  ] as const) {
    const [low, high] = (result["interval"] ?? []) as readonly number[];
    if (low === undefined || high === undefined) continue;
    const shares = [result["accuracy"] as number, low as number, high as number].map(
      (x) => `${(100 * x).toFixed(1)} %`,
    );
    terminal.print(`${name.padEnd(20)} ${shares[0]} right, 95 % interval ${shares[1]} to ${shares[2]}`);
  }
  for (const warning of output["warnings"] as readonly string[]) terminal.print(`note: ${warning}`);
  terminal.print();
  terminal.print(`artifact  ${artifactId}`);
  terminal.print(`next:     ${terminal.invocation} verify ${shortId(artifactId)}`);
}

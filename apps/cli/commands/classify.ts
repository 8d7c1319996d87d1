/** `arqon classify FILE.csv --label COLUMN`: learns with quantum circuits, and says how it does beside a classical control. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ArqonError, createRandom, formatCount, type Json, parseSeed } from "@arqon/core/base";
import type { ClassifyOptions, ClassifyResult, Samples } from "@arqon/sdk";
import { labelledSet, stratifiedSplit } from "@arqon/substrates/quantum";
import { cancellable } from "../cancellable.ts";
import type { Arguments, Command } from "../command.ts";
import { type LabelledRows, labelledCsv } from "../labelled-csv.ts";
import { LABEL_OPTIONS, labelsFrom } from "../labels.ts";
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
    ...LABEL_OPTIONS,
  },
  example: "arqon classify examples/wine.csv --label cultivar --seed 1",
  async run(args, terminal) {
    const [path] = args.positionals as [string];
    const label = args.text("label");
    if (!label) throw new ArqonError("USAGE", "--label is missing: the column that names the class");
    const seed = seedFrom(args);
    const labels = labelsFrom(args);
    const text = await readFile(path, "utf8").catch((cause: Error) => {
      throw new ArqonError("FILE_UNREADABLE", `${path}: ${cause.message}`, { cause });
    });
    const samples = samplesOf(labelledCsv(text, path, label), path, args, seed);
    terminal.progress(`${basename(path)}: learning`);
    const result = await withClient(terminal, ["qml", "artifacts"], (client) =>
      cancellable(client, terminal, (id) =>
        client.classify(samples, { ...labels, id, seed, name: basename(path), ...optionsFrom(args) }),
      ),
    );
    terminal.progress("");
    const { summary: _all, ...answer } = result;
    terminal.answer({ ...result.summary, ...answer } as unknown as Json);
    print(result, basename(path), terminal);
    return 0;
  },
};

function optionsFrom(args: Arguments): Pick<ClassifyOptions, "method" | "qubits" | "shots"> {
  const qubits = wholeNumber(args, "qubits", 1, 12);
  const shots = wholeNumber(args, "shots", 0, 100_000);
  return {
    // Which methods there are is for the job's own check to say.
    method: (args.text("method") ?? "kernel") as NonNullable<ClassifyOptions["method"]>,
    ...(qubits !== undefined && { qubits }),
    ...(shots !== undefined && { shots }),
  };
}

/** The samples, parted by the seed into those to learn from and those to be judged by. */
function samplesOf(rows: LabelledRows, path: string, args: Arguments, seed: string): Samples {
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
function print(result: ClassifyResult, title: string, terminal: Terminal): void {
  const { samples, unseen, qubits, method, control, warnings, artifactId } = result;
  terminal.print(`${title} · ${samples} samples learned, ${unseen} judged · ${formatCount(qubits, "qubit")}`);
  terminal.print();
  for (const [name, { accuracy, interval }] of [
    [`quantum ${method}`, result],
    ["classical control", control],
  ] as const) {
    if (accuracy === undefined || !interval) continue;
    const [right, low, high] = [accuracy, ...interval].map((share) => `${(100 * share).toFixed(1)} %`);
    terminal.print(`${name.padEnd(20)} ${right} right, 95 % interval ${low} to ${high}`);
  }
  for (const warning of warnings) terminal.print(`note: ${warning}`);
  terminal.print();
  terminal.print(`artifact  ${artifactId}`);
  terminal.print(`next:     ${terminal.invocation} verify ${shortId(artifactId)}`);
}

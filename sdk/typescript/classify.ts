/** Learning classes with quantum circuits: a job on "qml.jobs". */
import { type Json, type JsonObject, jsonObject, utf8 } from "@arqon/core/base";
import { type AnswerIds, type AskOptions, answerOf, ask, idsIn, textsIn } from "./ask.ts";
import type { Client } from "./client.ts";
import { seedText } from "./seed.ts";

/** Samples to learn from, and others whose class is asked for. */
export interface Samples {
  /** One row of numbers a sample. */
  readonly features: readonly (readonly number[])[];
  /** The class of each. */
  readonly labels: readonly string[];
  readonly unseen?: readonly (readonly number[])[];
  /** Classes of the unseen, where they are known: accuracy is told then, and nothing is learned from it. */
  readonly truth?: readonly string[];
}

/** How to learn. */
export interface ClassifyOptions extends AskOptions {
  /** Default "kernel"; "variational" takes two classes. */
  readonly method?: "kernel" | "variational";
  /** Principal components kept, 1 to 12. Default 4. */
  readonly qubits?: number;
  /** "kernel": shots for each entry. Default 0: exact. */
  readonly shots?: number;
  /** "variational": times that each sample is seen. Default 15. */
  readonly epochs?: number;
  /** 64 bits; default: it follows from the job's id. */
  readonly seed?: bigint | number | string;
  /** Name for people, e.g. the file name. */
  readonly name?: string;
}

/** The share of right answers; all absent unless `truth` was given. */
export interface Accuracy {
  readonly accuracy?: number;
  /** Wilson's 95 % interval. */
  readonly interval?: readonly [low: number, high: number];
  readonly right?: number;
}

/** What was predicted, and how well, beside a classical control. */
export interface ClassifyResult extends Accuracy, AnswerIds {
  readonly classes: readonly string[];
  /** Of the unseen samples, in their order. */
  readonly predicted: readonly string[];
  readonly method: string;
  readonly qubits: number;
  /** Learned from. */
  readonly samples: number;
  readonly unseen: number;
  readonly control: Accuracy;
  /** Everything that `results/summary.json` of the artifact says. */
  readonly summary: JsonObject;
  readonly seed: string;
  readonly backend: string;
  readonly warnings: readonly string[];
}

/** @throws ArqonError `USAGE` naming row and field, `LIMIT_EXCEEDED` */
export async function classify(
  client: Client,
  samples: Samples,
  options: ClassifyOptions,
): Promise<ClassifyResult> {
  const { method, qubits, shots, epochs, seed, name = "samples.json", ...how } = options;
  const asked: Record<string, Json> = {};
  for (const [key, value] of Object.entries({ method, qubits, shots, epochs }))
    if (value !== undefined) asked[key] = value;
  if (seed !== undefined) asked["seed"] = seedText(seed, () => new Uint8Array(8));
  const output = await ask(
    client,
    "qml.jobs",
    {
      schema: "arqonbus.qml.job.v1",
      program: utf8(JSON.stringify(samples)),
      programMediaType: "application/json",
      name,
      parameters: asked,
    },
    how,
  );
  const answer = await answerOf(client, output, ["predictions.json", "summary.json"], how);
  const { backend, classes: _c, predicted: _p, seed: used, warnings: _w, ...summary } = answer;
  return {
    classes: textsIn(answer, "classes"),
    predicted: textsIn(answer, "predicted"),
    method: String(summary["method"]),
    qubits: Number(summary["qubits"]),
    samples: Number(summary["samples"]),
    unseen: Number(summary["unseen"]),
    ...accuracyIn(summary),
    control: accuracyIn(jsonObject(summary["control"] ?? {}, "control")),
    summary,
    seed: String(used ?? ""),
    backend: String(backend ?? ""),
    warnings: textsIn(answer, "warnings"),
    ...idsIn(output),
  };
}

function accuracyIn({ accuracy, interval, right }: JsonObject): Accuracy {
  if (typeof accuracy !== "number") return {};
  return { accuracy, interval: interval as unknown as readonly [number, number], right: Number(right) };
}

/** The result of a circuit. */
import {
  ArqonError,
  formatCount,
  fromUtf8,
  type Json,
  type JsonObject,
  jsonObject,
  parseJson,
} from "@arqon/core/base";
import { type BundleFiles, readZip } from "@arqon/core/bundle";
import type { Hop } from "@arqon/core/wire";
import type { Client } from "./client.ts";
import { histogram } from "./histogram.ts";
import type { JobOutput } from "./output.ts";
import type { WaitOptions } from "./wait.ts";

function numberOf(object: JsonObject, key: string): number {
  const value = object[key];
  return typeof value === "number" ? value : 0;
}

function textOf(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

/** @throws ArqonError `JSON_INVALID` unless every count is a non-negative integer. */
function countsOf(value: Json | undefined): Readonly<Record<string, number>> {
  const counts: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const [key, count] of Object.entries(jsonObject(value, "counts"))) {
    if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0)
      throw new ArqonError("JSON_INVALID", `the count of "${key}" is ${JSON.stringify(count)}`);
    counts[key] = count;
  }
  return counts;
}

/** The value of one observable. */
export interface Expectation {
  readonly observable: string | Readonly<Record<string, number>>;
  readonly value: number;
}

/** @throws ArqonError `JSON_INVALID` unless each is an observable with a number. */
function expectationsOf(value: Json | undefined): Expectation[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: Json) => {
    const { observable, value: number } = jsonObject(item, "an expectation");
    if (typeof number !== "number")
      throw new ArqonError("JSON_INVALID", `an expectation is ${JSON.stringify(number)}`);
    return { observable: observable as Expectation["observable"], value: number };
  });
}

/** The output of a quantum run as its bundle has it. @throws ArqonError `BUNDLE_MALFORMED`, `JSON_INVALID` */
function outputOf(files: BundleFiles): JsonObject {
  const read = (path: string): JsonObject => {
    const bytes = files.get(path);
    if (!bytes) throw new ArqonError("BUNDLE_MALFORMED", `the bundle of the run has no ${path}`);
    return jsonObject(parseJson(fromUtf8(bytes), path), path);
  };
  const { executions } = read("record/execution.json");
  const execution = jsonObject(Array.isArray(executions) ? executions[0] : undefined, "the first execution");
  return {
    ...read("results/summary.json"),
    backend: execution["backend"] ?? "",
    counts: read("results/counts.json"),
    engine: jsonObject(execution["notes"], "notes")["engine"] ?? "",
    reason: jsonObject(execution["notes"], "notes")["reason"] ?? "",
    ...(files.has("results/expectations.json") && {
      expectations: parseJson(
        fromUtf8(files.get("results/expectations.json") as Uint8Array),
        "results/expectations.json",
      ),
    }),
    seed: read("recipe/seeds.json")["sampler"] ?? "",
    warnings: execution["warnings"] ?? [],
  };
}

/** Counts of a circuit and the ids under which the run can be verified, replayed and cited. */
export class RunResult {
  /** Shots by outcome, keys in Qiskit's order: highest bit left, registers separated by a space. */
  readonly counts: Readonly<Record<string, number>>;
  readonly name: string;
  readonly backend: string;
  readonly engine: string;
  /** Why this engine. */
  readonly reason: string;
  /** Of the observables asked for, in their order. */
  readonly expectations: readonly Expectation[];
  readonly qubits: number;
  readonly shots: number;
  /** "0x" and hexadecimal digits. */
  readonly seed: string;
  readonly warnings: readonly string[];
  readonly jobId: string;
  readonly artifactId: string;
  readonly recipeId: string;
  readonly recordId: string;
  readonly hops: readonly Hop[];

  /** @internal */
  constructor(output: JobOutput, value: Json, name: string) {
    const object = jsonObject(value, `output of job ${output.jobId}`);
    const warnings = object["warnings"];
    this.counts = countsOf(object["counts"]);
    this.name = name;
    this.backend = textOf(object, "backend");
    this.engine = textOf(object, "engine");
    this.reason = textOf(object, "reason");
    this.expectations = expectationsOf(object["expectations"]);
    this.qubits = numberOf(object, "qubits");
    this.shots = numberOf(object, "shots");
    this.seed = textOf(object, "seed");
    this.warnings = Array.isArray(warnings) ? warnings.map(String) : [];
    this.jobId = output.jobId;
    this.artifactId = output.artifactId;
    this.recipeId = output.recipeId;
    this.recordId = output.recordId;
    this.hops = output.hops;
  }

  /** Reads the output, from the artifact where it was too large for a message. */
  static async of(client: Client, output: JobOutput, name: string, wait: WaitOptions): Promise<RunResult> {
    if (!output.omitted) return new RunResult(output, output.json(), name);
    const zip = await client.fetchBundle(output.recordId || output.artifactId, wait);
    return new RunResult(output, outputOf(readZip(zip)), name);
  }

  /** A histogram and what is needed to go on. */
  toString(): string {
    const head = `${this.name}: ${formatCount(this.shots, "shot")} of ${formatCount(this.qubits, "qubit")} on ${this.backend}, seed ${this.seed}`;
    const warnings = this.warnings.map((warning) => `warning: ${warning}`);
    const values = this.expectations.map(
      ({ observable, value }) =>
        `<${typeof observable === "string" ? observable : JSON.stringify(observable)}> = ${value}`,
    );
    return [
      head,
      histogram(this.counts),
      ...values,
      ...warnings,
      `artifact ${this.artifactId || "(not sealed)"}`,
    ].join("\n");
  }
}

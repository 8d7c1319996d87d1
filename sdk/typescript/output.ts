/** What a finished job gave. */
import { ArqonError, fromUtf8, type Json, parseJson } from "@arqon/core/base";
import type { Hop, JobState } from "@arqon/core/wire";
import { idsOf } from "./job-state.ts";

/** The answer of a job that succeeded. Decoded when asked for. */
export class JobOutput {
  /** The terminal state as the server reported it. */
  readonly state: JobState;
  readonly #bytes: Uint8Array;

  constructor(state: JobState) {
    this.state = state;
    this.#bytes = state.result?.output ?? new Uint8Array();
  }

  get jobId(): string {
    return this.state.jobId;
  }

  /** e.g. "application/json". */
  get mediaType(): string {
    return this.state.result?.outputMediaType ?? "";
  }

  /** What was asked; "" until sealed. */
  get recipeId(): string {
    return idsOf(this.state).recipeId;
  }

  /** The run as an artifact; "" until sealed. */
  get artifactId(): string {
    return idsOf(this.state).artifactId;
  }

  /** The record of this one run; "" until sealed. */
  get recordId(): string {
    return idsOf(this.state).recordId;
  }

  /** Where time went. */
  get hops(): readonly Hop[] {
    return this.state.result?.hops ?? [];
  }

  /** The output was too large for a message: read it from the artifact. */
  get omitted(): boolean {
    return this.state.result?.outputOmitted ?? false;
  }

  /** @throws ArqonError `WIRE_TOO_LARGE` when the output was left out. */
  bytes(): Uint8Array {
    if (this.omitted)
      throw new ArqonError("WIRE_TOO_LARGE", `the output of job ${this.jobId} is only in its artifact`, {
        remedy: `Read it from the bundle of ${this.artifactId || "the artifact"}.`,
      });
    return this.#bytes;
  }

  /** @throws ArqonError `WIRE_MALFORMED` when the output is not UTF-8. */
  text(): string {
    const bytes = this.bytes();
    try {
      return fromUtf8(bytes);
    } catch (cause) {
      throw new ArqonError("WIRE_MALFORMED", `the output of job ${this.jobId} is not UTF-8`, { cause });
    }
  }

  /** @throws ArqonError `JSON_INVALID` */
  json(): Json {
    return parseJson(this.text(), `output of job ${this.jobId}`);
  }
}

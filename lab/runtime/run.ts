/** One job: the executions that served it, sealed once over all of them. */

import type { JsonObject, Labels } from "@arqon/core/base";
import type { ArtifactType, Parent } from "@arqon/core/bundle";
import { type Execution, isGenuine } from "./execution.ts";

/** What is known of a run before it does anything. */
export interface RunInfo {
  readonly jobId: string;
  /** Name for people, e.g. "bell.qasm". Not identity. */
  readonly title: string;
  /** On whose behalf. */
  readonly principal: string;
  readonly tenant: string;
  /** Who does it: an operator id. */
  readonly operator: string;
  /** 1 for the first lease of the job. */
  readonly attempt: number;
  readonly artifactType: ArtifactType;
  readonly parents: readonly Parent[];
  /** What its submitter calls it. Not identity. */
  readonly labels?: Labels | undefined;
  /** "00-<32 hex>-<16 hex>-<2 hex>" of the job's message, or empty. */
  readonly traceParent: string;
  /** The scheduler's signed decision and its payload, where there was one. */
  readonly decision?: { readonly envelope: Uint8Array; readonly payload: JsonObject };
  /** Versions and machine, by allow-list; record, not identity. */
  readonly environment: JsonObject;
  /** e.g. "arqon/0.1.0 (typescript)". */
  readonly sdkVersion: string;
  readonly cryptoMode: "classical" | "hybrid" | "pqc-required";
}

/** Collects executions until it is closed for sealing. */
export class Run {
  readonly info: RunInfo;
  readonly #executions = new Map<string, Execution>();
  #begun = 0;
  #closed = false;

  constructor(info: RunInfo) {
    this.info = info;
  }

  /** Every finished execution, in the order in which they began. */
  get executions(): readonly Execution[] {
    return Array.from({ length: this.#begun }, (_, i) => this.#executions.get(this.#id(i))).filter(
      (execution) => execution !== undefined,
    );
  }

  /** Names the next execution. @throws TypeError once the run is closed. */
  begin(): string {
    if (this.#closed) throw new TypeError(`run ${this.info.jobId} is closed; start another`);
    return this.#id(this.#begun++);
  }

  /** Takes an execution in. @throws TypeError for one that the door did not make, or not for this run. */
  finish(execution: Execution): void {
    if (!isGenuine(execution)) throw new TypeError("only the door makes executions");
    if (!this.#expects(execution.id)) throw new TypeError(`${execution.id} does not belong to this run`);
    this.#executions.set(execution.id, execution);
  }

  /** No more executions. @throws TypeError when one still runs, none began, or it was closed before. */
  close(): void {
    if (this.#closed) throw new TypeError(`run ${this.info.jobId} was sealed before`);
    if (this.#begun === 0) throw new TypeError(`run ${this.info.jobId} has no execution`);
    if (this.#executions.size !== this.#begun)
      throw new TypeError(`run ${this.info.jobId} has executions that have not ended`);
    this.#closed = true;
  }

  #id(index: number): string {
    return `${this.info.jobId}/${index}`;
  }

  #expects(id: string): boolean {
    const index = Number(id.slice(id.lastIndexOf("/") + 1));
    return (
      Number.isInteger(index) && index < this.#begun && id === this.#id(index) && !this.#executions.has(id)
    );
  }
}

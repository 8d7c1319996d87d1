/** Recorded outputs of one operator against those of its replay, in order. */
import type { ArqonMessage } from "@arqon/core/wire";
import { distanceOf, fieldDifferences } from "./difference.ts";
import { Growth } from "./growth.ts";
import type { Place } from "./input.ts";
import { canonicalOutput, OutputChain, payloadJson } from "./output.ts";
import type { Divergence, OperatorReport } from "./report.ts";

/** An output of the replay that waits for its counterpart in the recording. */
export interface Given {
  readonly message: ArqonMessage;
  /** The message it was given for. */
  readonly cause: Place;
}

/** Compares as the recording is read. */
export class Comparison {
  readonly #operator: string;
  readonly #recorded = new OutputChain();
  readonly #replayed = new OutputChain();
  readonly #growth = new Growth();
  #first: Divergence | undefined;
  #differing = 0;
  #beyond = 0;
  inputs = 0;

  constructor(operator: string) {
    this.#operator = operator;
  }

  /** The recording has an output, and the replay has one of the same id. */
  both(recorded: ArqonMessage, sequence: number, { message, cause }: Given): void {
    const index = this.#recorded.length;
    const before = canonicalOutput(recorded);
    const after = canonicalOutput(message);
    this.#recorded.add(before);
    this.#replayed.add(after);
    const isSame = before === after;
    if (isSame && !this.#first) return;
    const [a, b] = [payloadJson(recorded), payloadJson(message)];
    const distance = distanceOf(a, b);
    if (distance !== undefined) this.#growth.add({ timeUs: cause.timeUs, index, distance });
    if (isSame) return;
    const fields = fieldDifferences(
      { topic: recorded.topic, schema: recorded.schema, payload: a },
      { topic: message.topic, schema: message.schema, payload: b },
    );
    this.#note({ kind: "changed", index, sequence, fields, cause: { id: message.cause, ...place(cause) } });
  }

  /** Only the recording has an output. */
  missing(recorded: ArqonMessage, sequence: number, cause: Place): void {
    const index = this.#recorded.length;
    this.#recorded.add(canonicalOutput(recorded));
    const { topic, schema } = recorded;
    const fields = [{ pointer: "", recorded: { topic, schema, payload: payloadJson(recorded) } }];
    this.#note({ kind: "missing", index, sequence, fields, cause: { id: recorded.cause, ...place(cause) } });
  }

  /** Only the replay has an output. */
  extra({ message, cause }: Given): void {
    const index = this.#replayed.length;
    this.#replayed.add(canonicalOutput(message));
    const { topic, schema } = message;
    const fields = [{ pointer: "", replayed: { topic, schema, payload: payloadJson(message) } }];
    this.#note({ kind: "extra", index, fields, cause: { id: message.cause, ...place(cause) } });
  }

  /** The replay has an output where the recording may simply have ended. */
  beyond(): void {
    this.#beyond++;
  }

  /** An output of an operator of which the recording has no run. */
  unrecorded({ message }: Given): void {
    this.#replayed.add(canonicalOutput(message));
  }

  report(isRecorded: boolean): OperatorReport {
    const lyapunov = this.#growth.lyapunov();
    return {
      operator: this.#operator,
      verdict: !isRecorded ? "NOT_RECORDED" : this.#first ? "DIVERGED" : "IDENTICAL",
      inputs: this.inputs,
      recorded: { outputs: this.#recorded.length, chain: this.#recorded.head },
      replayed: { outputs: this.#replayed.length, chain: this.#replayed.head },
      beyond: this.#beyond,
      ...(this.#first && { first: this.#first }),
      differing: this.#differing,
      distance: this.#growth.series,
      ...(lyapunov && { lyapunov }),
    };
  }

  #note(divergence: Omit<Divergence, "operator">): void {
    this.#differing++;
    this.#first ??= { operator: this.#operator, ...divergence };
  }
}

function place({ sequence, timeUs }: Place): Place {
  return { sequence, timeUs };
}

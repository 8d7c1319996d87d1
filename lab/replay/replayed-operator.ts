/** One operator of a replay: which run of it is on, what it gave, and what of that the recording has. */
import { ArqonError } from "@arqon/core/base";
import type { ArqonMessage } from "@arqon/core/wire";
import { Comparison, type Given } from "./comparison.ts";
import type { Place, ReplayInput } from "./input.ts";
import { callId, type RecordedRun } from "./journal.ts";
import type { DeterministicOperator } from "./operator.ts";
import { outputId } from "./output.ts";
import type { Recording } from "./recording.ts";
import type { OperatorReport } from "./report.ts";
import { Step } from "./step.ts";

/** Inputs remembered for recorded outputs that the replay did not give. */
const REMEMBERED = 65_536;

/** An operator under replay. */
export class ReplayedOperator {
  readonly operator: DeterministicOperator;
  readonly isRecorded: boolean;
  readonly #recording: Recording;
  readonly #comparison: Comparison;
  readonly #seed: bigint;
  readonly #onError: (error: ArqonError) => void;
  readonly #fed = new Map<string, Place>();
  #step: Step;
  #run: RecordedRun | undefined;
  #nextRun = 0;
  /** By id, in the order in which they were given. */
  readonly #pending = new Map<string, Given>();
  /** The message the last recorded output was for, and how many it had. */
  #cause = "";
  #outputsOfCause = 0;

  /** @param seed  of an operator of which the recording has no run. */
  constructor(
    operator: DeterministicOperator,
    recording: Recording,
    seed: bigint,
    onError: (error: ArqonError) => void,
  ) {
    this.operator = operator;
    this.isRecorded = recording.runs.length > 0;
    this.#recording = recording;
    this.#seed = seed;
    this.#onError = onError;
    this.#comparison = new Comparison(operator.id);
    this.#step = this.#start();
  }

  /** Whether everything it gave has found its place. */
  get isSettled(): boolean {
    return this.#pending.size === 0;
  }

  /** Where reading must begin so that it has the state it had at a sequence. */
  warmFrom(sequence: number): number {
    const run = this.#recording.runs.findLast(({ start }) => start < sequence);
    return run ? run.start + 1 : sequence;
  }

  /** Handles a message, if the recorded run did. Gives its outputs. */
  async feed(input: ReplayInput, at: number): Promise<readonly Given[]> {
    this.#advance(at);
    if (!this.#step.listens(input.topic)) return [];
    if (this.isRecorded && !this.#run) return [];
    if (this.#run?.end !== undefined && at > this.#run.end) return [];
    this.#comparison.inputs++;
    this.#fed.set(input.id, { sequence: input.sequence, timeUs: input.timeUs });
    if (this.#fed.size > REMEMBERED)
      for (const oldest of this.#fed.keys()) {
        this.#fed.delete(oldest);
        break;
      }
    const messages = await this.#step.handle(input).catch((thrown: unknown) => {
      if (thrown instanceof TypeError) throw thrown;
      const error = ArqonError.from(thrown);
      if (error.code === "REPLAY_NOT_RECORDED") this.#onError(error);
      return [];
    });
    const given = messages.map((message) => ({ message, cause: input }));
    for (const one of given) {
      if (this.isRecorded) this.#pending.set(one.message.id, one);
      else this.#comparison.unrecorded(one);
    }
    return given;
  }

  /** Whether a recorded message is one of its outputs. */
  gave(message: ArqonMessage): boolean {
    const { cause } = message;
    if (cause === "" || !this.isRecorded) return false;
    const index = cause === this.#cause ? this.#outputsOfCause : 0;
    if (message.id !== outputId(this.operator.id, cause, index)) return false;
    this.#cause = cause;
    this.#outputsOfCause = index + 1;
    return true;
  }

  /**
   * Compares a recorded output with what the replay gave.
   * @returns what others hear in its place: outputs that only the replay has, then its counterpart, if there is one.
   */
  recorded(
    message: ArqonMessage,
    sequence: number,
  ): { extra: readonly Given[]; counterpart: Given | undefined } {
    const counterpart = this.#pending.get(message.id);
    if (!counterpart) {
      const cause = this.#fed.get(message.cause);
      if (cause) this.#comparison.missing(message, sequence, cause);
      return { extra: [], counterpart };
    }
    const extra: Given[] = [];
    for (const [id, one] of this.#pending) {
      this.#pending.delete(id);
      if (one === counterpart) break;
      this.#comparison.extra(one);
      extra.push(one);
    }
    this.#comparison.both(message, sequence, counterpart);
    return { extra, counterpart };
  }

  /** Everything that was recorded has been read. */
  report(): OperatorReport {
    this.#leave();
    return this.#comparison.report(this.isRecorded);
  }

  /** Environments it was recorded in, other than `environment`. */
  otherEnvironments(environment: string): readonly string[] {
    return [...new Set(this.#recording.runs.map((run) => run.environment))].filter(
      (one) => one !== environment,
    );
  }

  /** Begins the run that was on at a place of the recording, with fresh state. */
  #advance(sequence: number): void {
    const { runs } = this.#recording;
    for (let run = runs[this.#nextRun]; run && run.start < sequence; run = runs[this.#nextRun]) {
      this.#leave();
      this.#nextRun++;
      this.#run = run;
      this.#step = this.#start();
    }
  }

  /** What a run gave and the recording does not have is too much, if the run was ended and not cut off. */
  #leave(): void {
    for (const one of this.#pending.values()) {
      if (this.#run?.end === undefined) this.#comparison.beyond();
      else this.#comparison.extra(one);
    }
    this.#pending.clear();
  }

  #start(): Step {
    const { id } = this.operator;
    return new Step(this.operator, this.#run?.seed ?? this.#seed, {
      external: async (name, cause, index) => {
        const answer = this.#recording.answers.get(callId(id, cause, index));
        if (answer === undefined)
          throw new ArqonError("REPLAY_NOT_RECORDED", `${id} asked "${name}" for message ${cause}`);
        return answer;
      },
      // Timers that ran out are messages of the recording.
      wake: () => {},
    });
  }
}

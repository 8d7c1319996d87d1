/**
 * Which records of a log carry state: jobs, results, leases, streams. Kept beside the log, so that opening a long one
 * reads those, what came after, and the last minutes, by the same rules as everything. Without it everything is read.
 */
import { equalBytes, fromHex, sha256, toHex, utf8 } from "@arqon/core/base";
import { MessageType } from "@arqon/core/wire";
import type { KeyValue, RealityLog } from "../engine/index.ts";
import { isStream } from "./streams.ts";

/** Saved again after so many records. */
const EVERY_RECORDS = 65_536;
/** Not saved when it is longer, or when it names more than one record in so many. */
const MAX_BYTES = 4_194_304;
const MAX_SHARE = 16;

/** Whether a message must be seen when a Reality is opened: what jobs and streams live on, and all the bus itself wrote. */
export function carriesState(type: MessageType, isOwn: boolean): boolean {
  return isOwn || type === MessageType.JOB || type === MessageType.JOB_RESULT || isStream(type);
}

/** The index of one log. */
export class StateIndex {
  readonly #keys: KeyValue;
  readonly #key: string;
  readonly #log: RealityLog;
  #sequences: number[] = [];
  #upTo = 0;
  #records = 0;
  #saving: Promise<unknown> = Promise.resolve();

  private constructor(keys: KeyValue, name: string, log: RealityLog) {
    this.#keys = keys;
    this.#key = `state.${name}`;
    this.#log = log;
  }

  /** What was kept for a log; empty when there is nothing, or it is damaged, or of another log, or ahead of this one. */
  static async open(keys: KeyValue, name: string, log: RealityLog): Promise<StateIndex> {
    const index = new StateIndex(keys, name, log);
    const kept = await keys.get(index.#key);
    const read = kept && decode(kept.value, log.epoch);
    if (read === undefined || read.upTo > log.lastSequence) return index;
    if (read.sequences.length * MAX_SHARE > log.recovery.records) return index;
    index.#sequences = read.sequences.filter((sequence) => sequence >= log.firstSequence);
    index.#upTo = read.upTo;
    return index;
  }

  /** Records up to this sequence need not be read, but for {@link sequences}; 0: all must be. */
  get upTo(): number {
    return this.#upTo;
  }
  get sequences(): readonly number[] {
    return this.#sequences;
  }

  /** Notes a record, in order. */
  note(sequence: number, carriesState: boolean): void {
    if (sequence <= this.#upTo) return;
    this.#upTo = sequence;
    if (carriesState) this.#sequences.push(sequence);
    if (++this.#records % EVERY_RECORDS === 0) void this.save();
  }

  /** Keeps what is noted. When that fails, opening reads more, no less. */
  save(): Promise<unknown> {
    this.#saving = this.#saving.then(async () => {
      const { epoch, firstSequence } = this.#log;
      // What was trimmed is not asked for any more: the index is no longer than the log.
      this.#sequences = this.#sequences.filter((sequence) => sequence >= firstSequence);
      const value = encode(epoch, this.#upTo, this.#sequences);
      if (this.#upTo === 0 || value.length > MAX_BYTES) return;
      const revision = (await this.#keys.get(this.#key))?.revision ?? 0;
      await this.#keys.compareAndSet(this.#key, revision, value);
    });
    this.#saving = this.#saving.catch(() => undefined);
    return this.#saving;
  }
}

/** 32 bytes of SHA-256 | text: epoch, last sequence, and the distances between the others, in base 36. */
function encode(epoch: string, upTo: number, sequences: readonly number[]): Uint8Array {
  let last = 0;
  const steps = sequences.map((sequence) => {
    const step = sequence - last;
    last = sequence;
    return step.toString(36);
  });
  const text = `${epoch} ${upTo} ${steps.join(",")}`;
  return utf8(`${toHex(sha256(utf8(text)))}${text}`);
}

function decode(bytes: Uint8Array, epoch: string): { sequences: number[]; upTo: number } | undefined {
  const text = new TextDecoder().decode(bytes);
  try {
    if (!equalBytes(fromHex(text.slice(0, 64)), sha256(utf8(text.slice(64))))) return undefined;
  } catch {
    return undefined;
  }
  const [itsEpoch, upTo, steps = ""] = text.slice(64).split(" ");
  if (itsEpoch !== epoch) return undefined;
  let last = 0;
  const sequences = steps === "" ? [] : steps.split(",").map((step) => (last += Number.parseInt(step, 36)));
  return { sequences, upTo: Number(upTo) };
}

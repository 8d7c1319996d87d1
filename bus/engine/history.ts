/** The memory of a simulation: what was appended and acknowledged, to hold a recovered log against. */
import { equalBytes } from "@arqon/core/base";
import type { AppendDurability, LogRecord } from "./engine.ts";
import type { CrashModel } from "./fault-engine.ts";

interface Append {
  readonly batch: readonly LogRecord[];
  readonly durability: AppendDurability;
  isAcknowledged: boolean;
  /** Was seen after a recovery, which makes durable what it gives. */
  isRecovered: boolean;
}

/** Every append of one log over all its crashes. */
export class History {
  readonly #appends: Append[] = [];
  readonly #bySequence = new Map<number, { readonly append: Append; readonly record: LogRecord }>();

  /** Notes an append; call the result when it is acknowledged. */
  started(batch: readonly LogRecord[], durability: AppendDurability): () => void {
    const append: Append = { batch, durability, isAcknowledged: false, isRecovered: false };
    this.#appends.push(append);
    for (const record of batch) this.#bySequence.set(record.sequence, { append, record });
    return () => {
      append.isAcknowledged = true;
    };
  }

  /** Acknowledged records in `[from, to]`, in order; those a power loss took are not among them. */
  acknowledged(): LogRecord[] {
    return this.#appends.filter(({ isAcknowledged }) => isAcknowledged).flatMap(({ batch }) => batch);
  }

  /** Nothing below `sequence` is expected any more. */
  trimmed(sequence: number): void {
    for (const append of [...this.#appends]) {
      if ((append.batch[0]?.sequence ?? 0) >= sequence) continue;
      this.#appends.splice(this.#appends.indexOf(append), 1);
      for (const record of append.batch) this.#bySequence.delete(record.sequence);
    }
  }

  /** Says what is wrong with the records read; `undefined` when nothing is. */
  findForged(found: readonly LogRecord[]): string | undefined {
    let last = 0;
    for (const { sequence, timestampUnixUs, bytes } of found) {
      if (sequence === last) return `duplicate: ${sequence}`;
      if (sequence < last) return `out of order: ${sequence} after ${last}`;
      last = sequence;
      const known = this.#bySequence.get(sequence)?.record;
      if (!known) return `phantom: ${sequence} was never appended`;
      if (known.timestampUnixUs !== timestampUnixUs || !equalBytes(known.bytes, bytes))
        return `changed: ${sequence} is not what was appended`;
    }
    return undefined;
  }

  /**
   * Holds a recovered log against what was promised before a crash, and forgets what that crash was allowed to take.
   * Says what is wrong; `undefined` when nothing is.
   */
  checkRecovered(found: readonly LogRecord[], model: CrashModel): string | undefined {
    const forged = this.findForged(found);
    if (forged) return forged;
    const there = new Set(found.map(({ sequence }) => sequence));
    let isMissing: string | undefined;
    for (const append of [...this.#appends]) {
      const present = append.batch.filter(({ sequence }) => there.has(sequence)).length;
      const name = `${append.durability} append of ${append.batch[0]?.sequence}`;
      if (present !== 0 && present !== append.batch.length) return `torn: ${name} is there in part`;
      const mustBeThere =
        append.isRecovered || (append.isAcknowledged && (append.durability === "synced" || model === "kill"));
      if (present === 0 && mustBeThere) return `lost: ${name} after ${model}`;
      if (present > 0 && isMissing) return `hole: ${name} is there, but not ${isMissing} before it`;
      if (present === 0) {
        if (append.isAcknowledged) isMissing = name;
        this.#appends.splice(this.#appends.indexOf(append), 1);
        for (const { sequence } of append.batch) this.#bySequence.delete(sequence);
      } else append.isRecovered = append.isAcknowledged = true;
    }
    return undefined;
  }
}

/** Joins history and live messages into one sequence without a hole and without a repeat. */
import { ArqonError } from "@arqon/core/base";
import { readHistory } from "./history.ts";
import type { Message } from "./message.ts";
import type { Session } from "./session.ts";

/** Where the joined messages go. */
export interface CatchUpSink {
  /** Most live messages held while history is read. */
  readonly capacity: number;
  /** Whether the consumer can take no more just now. */
  isFull(): boolean;
  /** Resolves when the consumer can take more. */
  room(): Promise<void>;
  emit(message: Message): void;
  /** An ephemeral message was let go for want of room. */
  dropped(): void;
  failed(error: ArqonError): void;
}

/**
 * The subscription already runs when history is read, so every logged message is in one of the two. Live messages are
 * held until history has come to the first logged one of them; below the next sequence wanted are repeats, to be dropped.
 * A consumer that falls behind goes back to history, which waits for it.
 * Logged messages arrive in order of their sequence; ephemeral ones may overtake them, and are neither kept nor counted.
 */
export class CatchUp {
  readonly #session: Session;
  readonly #filter: string;
  readonly #sink: CatchUpSink;
  #epoch: string;
  #next: number;
  #held: Message[] | undefined = [];
  #round = 0;
  #isStopped = false;
  /** Some held messages were let go; they must be read from history. */
  #released = false;
  /** Sequence of the first logged message held. */
  #firstHeld: number = Number.POSITIVE_INFINITY;

  constructor(session: Session, filter: string, fromSequence: number, sink: CatchUpSink) {
    if (!Number.isSafeInteger(fromSequence) || fromSequence < 0)
      throw new ArqonError("USAGE", `fromSequence must be an integer from 0, not ${fromSequence}`);
    this.#session = session;
    this.#filter = filter;
    this.#sink = sink;
    this.#next = fromSequence;
    this.#epoch = session.welcome.epoch;
  }

  /** The subscription stands: read what came before. */
  begin(): void {
    if (this.#isStopped) return;
    this.#held ??= [];
    void this.#read(++this.#round);
  }

  /** The connection was lost: hold live messages of the next one until history was read again. */
  lost(): void {
    this.#round++;
    this.#hold();
  }

  /** Nothing is read any more. */
  stop(): void {
    this.#isStopped = true;
    this.#round++;
  }

  /** A live message. */
  live(message: Message): void {
    if (!this.#held && !this.#sink.isFull()) {
      this.#emit(message);
      return;
    }
    if (this.#isStopped) return;
    if (!this.#held) {
      this.#hold();
      this.begin();
    } else if (this.#held.length >= this.#sink.capacity) {
      for (const { isLogged } of this.#held) if (!isLogged) this.#sink.dropped();
      this.#hold();
      this.#released = true;
    }
    this.#held?.push(message);
    if (message.isLogged) this.#firstHeld = Math.min(this.#firstHeld, message.sequence);
  }

  #hold(): void {
    this.#held = [];
    this.#firstHeld = Number.POSITIVE_INFINITY;
  }

  #emit(message: Message): void {
    if (message.isLogged) {
      if (message.sequence < this.#next) return;
      this.#next = message.sequence + 1;
    }
    this.#sink.emit(message);
  }

  async #read(round: number): Promise<void> {
    try {
      await this.#session.up();
      if (this.#session.welcome.epoch !== this.#epoch)
        throw new ArqonError("HISTORY_TRIMMED", `the log of "${this.#session.welcome.reality}" was reset`);
      do await this.#history(round);
      while (this.#round === round && !(await this.#flush(round)));
    } catch (thrown) {
      if (this.#round === round) this.#sink.failed(ArqonError.from(thrown));
    }
  }

  /** Emits logged messages up to the first one held. */
  async #history(round: number): Promise<void> {
    this.#released = false;
    const range = { filter: this.#filter, fromSequence: this.#next };
    for await (const message of readHistory(this.#session, range)) {
      if (this.#round !== round) return;
      if (message.sequence >= this.#firstHeld) {
        this.#released = false;
        return;
      }
      await this.#sink.room();
      this.#emit(message);
    }
  }

  /** Emits what was held. Returns `false` when history must be read again first. */
  async #flush(round: number): Promise<boolean> {
    while (this.#held && this.#round === round) {
      await this.#sink.room();
      if (this.#round !== round) break;
      if (this.#released) return false;
      const message = this.#held.shift();
      if (message) this.#emit(message);
      if (this.#held.length === 0) this.#held = undefined;
    }
    return true;
  }
}

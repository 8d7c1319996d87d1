/** The counter of a Reality: strictly increasing, also across a crash, because numbers are reserved before they are used. */
import { ArqonError, fromUtf8, utf8 } from "@arqon/core/base";
import type { KeyValue } from "../engine/index.ts";

/** Numbers reserved at once. */
export const BLOCK = 65_536;

/** Gives out numbers of reserved blocks, and reserves the next block while half of the present one is left. */
export class Sequencer {
  readonly #keys: KeyValue;
  readonly #key: string;
  #revision: number;
  #next: number;
  #limit: number;
  #reserving = false;
  #closed = false;
  #failure: ArqonError | undefined;
  /** Called when numbers are available again, or could not be reserved. */
  onReady: () => void = () => {};

  private constructor(keys: KeyValue, key: string, revision: number, next: number, limit: number) {
    this.#keys = keys;
    this.#key = key;
    this.#revision = revision;
    this.#next = next;
    this.#limit = limit;
  }

  /**
   * Resumes after everything that may have been used, and reserves the first block.
   * @param logged  sequence of the newest record of the log.
   */
  static async open(keys: KeyValue, reality: string, logged: number): Promise<Sequencer> {
    const key = `sequence.${reality}`;
    const entry = await keys.get(key);
    const mark = Math.max(entry === undefined ? 1 : Number(fromUtf8(entry.value)), logged + 1);
    if (!Number.isSafeInteger(mark + BLOCK))
      throw new ArqonError("LOG_CORRUPT", `sequence mark of "${reality}" is ${mark}`);
    const revision = await keys.compareAndSet(key, entry?.revision ?? 0, utf8(String(mark + BLOCK)));
    return new Sequencer(keys, key, revision, mark, mark + BLOCK);
  }

  /** Number last given out. */
  get last(): number {
    return this.#next - 1;
  }

  /** Why no numbers could be reserved last time, if so; it is tried again whenever one is wanted. */
  get failure(): ArqonError | undefined {
    return this.#failure;
  }

  /** How many numbers can be had at once. */
  get left(): number {
    if (this.#limit - this.#next <= BLOCK / 2 && !this.#reserving) void this.#reserve();
    return this.#limit - this.#next;
  }

  /** Takes the next `count` numbers, of which that many are left. */
  takeMany(count: number): void {
    this.#next += count;
  }

  /** The next number, or 0 when none is reserved yet; `onReady` follows. */
  take(): number {
    if (this.#limit - this.#next <= BLOCK / 2 && !this.#reserving) void this.#reserve();
    return this.#next < this.#limit ? this.#next++ : 0;
  }

  /** Gives back the numbers not used, so that a clean restart goes on without a gap. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const mark = this.#next;
    this.#limit = mark;
    this.#failure = new ArqonError("SHUTTING_DOWN", "the sequencer is closed");
    if (!this.#reserving) await this.#keys.compareAndSet(this.#key, this.#revision, utf8(String(mark)));
  }

  async #reserve(): Promise<void> {
    if (this.#closed) return;
    this.#reserving = true;
    try {
      const limit = this.#limit + BLOCK;
      this.#revision = await this.#keys.compareAndSet(this.#key, this.#revision, utf8(String(limit)));
      if (this.#closed) return;
      this.#limit = limit;
      this.#failure = undefined;
    } catch (thrown) {
      this.#failure ??= ArqonError.from(thrown, "LOG_UNAVAILABLE");
    } finally {
      this.#reserving = false;
    }
    this.onReady();
  }
}

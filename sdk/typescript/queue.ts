/** A bounded queue between the socket, which cannot wait, and a consumer, which may. */
import { ArqonError } from "@arqon/core/base";

/** First in, first out, one consumer. Ends once, with or without an error, after what it still holds was taken. */
export class Queue<T> {
  readonly capacity: number;
  #items: T[] = [];
  #head = 0;
  #ended = false;
  #error: Error | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #room = new Set<() => void>();

  /** @param capacity  most items held. */
  constructor(capacity: number) {
    if (!(capacity >= 1)) throw new ArqonError("USAGE", `capacity must be at least 1, not ${capacity}`);
    this.capacity = capacity;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Adds an item. Returns `false`, and adds nothing, when the queue is full or has ended. */
  push(item: T): boolean {
    if (this.#ended || this.size >= this.capacity) return false;
    this.#items.push(item);
    this.#wake(this.#waiting);
    return true;
  }

  /** Takes the oldest item, if there is one, without waiting. */
  take(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head] as T;
    this.#items[this.#head++] = undefined as T;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#wake(this.#room);
    return item;
  }

  /** What is held, oldest first. */
  waiting(): readonly T[] {
    return this.#items.slice(this.#head);
  }

  /** The next item, or `undefined` once the queue has ended. Rejects with the error it ended with. */
  async next(): Promise<T | undefined> {
    while (this.size === 0 && !this.#ended) await new Promise<void>((resolve) => this.whenFilled(resolve));
    const item = this.take();
    if (item === undefined && this.#error) throw this.#error;
    return item;
  }

  /** Calls once when there is an item or the end. Returns the way to stop waiting. */
  whenFilled(call: () => void): () => void {
    if (this.size > 0 || this.#ended) call();
    else this.#waiting.add(call);
    return () => this.#waiting.delete(call);
  }

  /** Resolves when there is room or the end. */
  async room(): Promise<void> {
    while (this.size >= this.capacity && !this.#ended)
      await new Promise<void>((resolve) => this.#room.add(resolve));
  }

  /** Nothing is added any more. What is held can still be taken; then `error`, if any, is thrown. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake(this.#waiting);
    this.#wake(this.#room);
  }

  #wake(sleepers: Set<() => void>): void {
    if (sleepers.size === 0) return;
    const calls = [...sleepers];
    sleepers.clear();
    for (const call of calls) call();
  }
}

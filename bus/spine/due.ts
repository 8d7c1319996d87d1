/** Many deadlines on one timer. */
import type { Cancel, Clock, Timer } from "@arqon/core/base";

interface Entry<T> {
  readonly atMs: number;
  readonly value: T;
}

/** Fewer entries than this are never swept. */
const SWEEP_ENTRIES = 1_024;

/** A heap of values that fall due; the owner checks whether a value that falls due still means anything. */
export class DueQueue<T> {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #call: (value: T) => void;
  readonly #isAlive: (value: T) => boolean;
  #heap: Entry<T>[] = [];
  /** Length at which values that mean nothing any more are looked for. */
  #sweepAt = SWEEP_ENTRIES;
  #closed = false;
  #cancel: Cancel | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  /** @param isAlive  values that are not may be forgotten before their time. */
  constructor(
    clock: Clock,
    timer: Timer,
    call: (value: T) => void,
    isAlive: (value: T) => boolean = () => true,
  ) {
    this.#clock = clock;
    this.#timer = timer;
    this.#call = call;
    this.#isAlive = isAlive;
  }

  /** Entries kept. */
  get size(): number {
    return this.#heap.length;
  }

  /** Calls with `value` at a monotonic time, in milliseconds. */
  add(atMs: number, value: T): void {
    if (this.#closed) return;
    if (this.#heap.length >= this.#sweepAt) this.#sweep();
    const heap = this.#heap;
    let at = heap.length;
    heap.push({ atMs, value });
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Entry<T>;
      if (parent.atMs <= atMs) break;
      heap[at] = parent;
      heap[above] = { atMs, value };
      at = above;
    }
    this.#arm();
  }

  /** Forgets everything. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#heap.length = 0;
  }

  /** A sorted list is a heap. */
  #sweep(): void {
    this.#heap = this.#heap.filter(({ value }) => this.#isAlive(value)).sort((a, b) => a.atMs - b.atMs);
    this.#sweepAt = Math.max(SWEEP_ENTRIES, 2 * this.#heap.length);
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.atMs >= this.#wakeAtMs) return;
    this.#cancel?.();
    this.#wakeAtMs = first.atMs;
    // Node's timers count 31 bits of milliseconds.
    const delayMs = Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(first.atMs - this.#clock.monotonicMs())));
    this.#cancel = this.#timer.after(delayMs, () => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#cancel = undefined;
      const nowMs = this.#clock.monotonicMs();
      while (this.#heap.length > 0 && (this.#heap[0] as Entry<T>).atMs <= nowMs) this.#call(this.#pop());
      this.#arm();
    });
  }

  #pop(): T {
    const heap = this.#heap;
    const top = heap[0] as Entry<T>;
    const last = heap.pop() as Entry<T>;
    if (heap.length > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && (heap[child + 1] as Entry<T>).atMs < (heap[child] as Entry<T>).atMs)
          child++;
        if ((heap[child] as Entry<T>).atMs >= last.atMs) break;
        heap[at] = heap[child] as Entry<T>;
        at = child;
      }
      heap[at] = last;
    }
    return top.value;
  }
}

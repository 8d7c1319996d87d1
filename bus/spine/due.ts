/** Many deadlines on one timer. */
import type { Cancel, Clock, Timer } from "@arqon/core/base";

interface Entry<T> {
  readonly atMs: number;
  readonly value: T;
}

/** A heap of values that fall due; the owner checks whether a value that falls due still means anything. */
export class DueQueue<T> {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #call: (value: T) => void;
  readonly #heap: Entry<T>[] = [];
  #cancel: Cancel | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, timer: Timer, call: (value: T) => void) {
    this.#clock = clock;
    this.#timer = timer;
    this.#call = call;
  }

  /** Calls with `value` at a monotonic time, in milliseconds. */
  add(atMs: number, value: T): void {
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
    this.#cancel?.();
    this.#heap.length = 0;
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

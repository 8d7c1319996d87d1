/** One timer for the pings and time limits of all connections. */
import type { Cancel, Clock, Timer } from "@arqon/core/base";
import type { Meter } from "../metrics/index.ts";

/** A connection on the wheel. */
export interface Beating {
  /** Called twice a heartbeat. */
  beat(): void;
}

/** What a wheel turns by. */
export interface WheelParts {
  readonly timer: Timer;
  readonly clock: Clock;
  /** Told how late each tick was: the lag of the event loop, measured without a timer of its own. */
  readonly meter: Meter;
}

const SLOTS = 16;

/** A wheel: every member is visited twice in each heartbeat, the members spread over its slots. */
export class Heartbeats {
  readonly #slots: Set<Beating>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #parts: WheelParts;
  readonly #tickMs: number;
  #at = 0;
  #cancel: Cancel | undefined;
  #next = 0;

  constructor(parts: WheelParts, heartbeatMs: number) {
    this.#parts = parts;
    this.#tickMs = heartbeatMs / 2 / SLOTS;
    this.#arm();
  }

  /** Adds a member. Returns the way to remove it. */
  add(member: Beating): () => void {
    this.#next = (this.#next + 1) % SLOTS;
    const slot = this.#slots[this.#next] as Set<Beating>;
    slot.add(member);
    return () => slot.delete(member);
  }

  close(): void {
    this.#cancel?.();
  }

  #arm(): void {
    const { timer, clock, meter } = this.#parts;
    const dueMs = clock.monotonicMs() + this.#tickMs;
    this.#cancel = timer.after(this.#tickMs, () => {
      meter.lagSeconds.observe(Math.max(0, clock.monotonicMs() - dueMs) / 1000);
      this.#at = (this.#at + 1) % SLOTS;
      for (const member of this.#slots[this.#at] as Set<Beating>) member.beat();
      this.#arm();
    });
  }
}

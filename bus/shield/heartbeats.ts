/** One timer for the pings and time limits of all connections. */
import type { Cancel, Timer } from "@arqon/core/base";

/** A connection on the wheel. */
export interface Beating {
  /** Called twice a heartbeat. */
  beat(): void;
}

const SLOTS = 16;

/** A wheel: every member is visited twice in each heartbeat, the members spread over its slots. */
export class Heartbeats {
  readonly #slots: Set<Beating>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #timer: Timer;
  readonly #tickMs: number;
  #at = 0;
  #cancel: Cancel | undefined;
  #next = 0;

  constructor(timer: Timer, heartbeatMs: number) {
    this.#timer = timer;
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
    this.#cancel = this.#timer.after(this.#tickMs, () => {
      this.#at = (this.#at + 1) % SLOTS;
      for (const member of this.#slots[this.#at] as Set<Beating>) member.beat();
      this.#arm();
    });
  }
}

/** Time of each qubit, as soon as possible, and the relaxation of those that wait. */
import type { Channel } from "./channel.ts";
import type { Relaxing } from "./model.ts";
import { thermalRelaxation } from "./thermal.ts";

/** What waiting for a time does to qubits. */
export class Idling {
  readonly #relaxing: Relaxing;
  readonly #channels = new Map<string, Channel>();

  constructor(relaxing: Relaxing) {
    this.#relaxing = relaxing;
  }

  channel(qubit: number, timeNs: number): Channel | undefined {
    const relaxation = this.#relaxing.relaxations[qubit];
    if (relaxation === undefined || timeNs <= 0) return undefined;
    const key = `${qubit} ${timeNs}`;
    const channel = this.#channels.get(key) ?? thermalRelaxation(relaxation, timeNs);
    this.#channels.set(key, channel);
    return channel;
  }
}

/** A clock per qubit. A qubit waits from its first operation on: before, it is in its ground state. */
export class Waiting {
  readonly #idling: Idling;
  readonly #ended: Float64Array;
  readonly #ready: Float64Array;
  readonly #begun: Uint8Array;
  /** When boxes are over at the earliest, by number. */
  readonly #boxes = new Map<number, number>();

  constructor(idling: Idling, qubits: number) {
    this.#idling = idling;
    this.#ended = new Float64Array(qubits);
    this.#ready = new Float64Array(qubits);
    this.#begun = new Uint8Array(qubits);
  }

  /** Nothing after it on these qubits starts before everything before it has ended. */
  barrier(qubits: Uint32Array): void {
    const at = this.#latest(qubits);
    for (const qubit of qubits) this.#ready[qubit] = at;
  }

  /** A box is over after its time, or when all in it is. @param box  its number, below 0 at its end. */
  box(qubits: Uint32Array, box: number, durationNs: number): void {
    const at = this.#latest(qubits);
    if (box > 0) this.#boxes.set(box, at + durationNs);
    const over = box > 0 ? at : Math.max(at, this.#boxes.get(-box) ?? 0);
    for (const qubit of qubits) this.#ready[qubit] = over;
  }

  /** An operation starts when all its qubits are ready; the noise of those that waited for it. */
  start(qubits: Uint32Array, durationNs: number): [qubit: number, channel: Channel][] {
    const at = this.#latest(qubits);
    const waited: [number, Channel][] = [];
    for (const qubit of qubits) {
      const gapNs = at - (this.#ended[qubit] as number);
      const channel = this.#begun[qubit] ? this.#idling.channel(qubit, gapNs) : undefined;
      if (channel) waited.push([qubit, channel]);
      this.#begun[qubit] = 1;
      this.#ended[qubit] = at + durationNs;
      this.#ready[qubit] = at + durationNs;
    }
    return waited;
  }

  #latest(qubits: Uint32Array): number {
    let at = 0;
    for (const qubit of qubits) at = Math.max(at, this.#ready[qubit] as number);
    return at;
  }
}

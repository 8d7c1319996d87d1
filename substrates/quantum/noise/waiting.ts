/** Time of each qubit, as soon as possible, and the relaxation of those that wait. */
import type { Channel } from "./channel.ts";
import type { Schedule } from "./model.ts";
import { thermalRelaxation } from "./thermal.ts";

/** A clock per qubit. A qubit waits from its first operation on: before, it is in its ground state. */
export class Waiting {
  readonly #schedule: Schedule;
  readonly #ended: Float64Array;
  readonly #ready: Float64Array;
  readonly #begun: Uint8Array;
  readonly #channels = new Map<string, Channel>();

  constructor(schedule: Schedule, qubits: number) {
    this.#schedule = schedule;
    this.#ended = new Float64Array(qubits);
    this.#ready = new Float64Array(qubits);
    this.#begun = new Uint8Array(qubits);
  }

  /** Nothing after it on these qubits starts before everything before it has ended. */
  barrier(qubits: Uint32Array): void {
    const at = this.#latest(qubits);
    for (const qubit of qubits) this.#ready[qubit] = at;
  }

  /** An operation starts when all its qubits are ready; the noise of those that waited for it. */
  start(qubits: Uint32Array, durationNs: number): [qubit: number, channel: Channel][] {
    const at = this.#latest(qubits);
    const waited: [number, Channel][] = [];
    for (const qubit of qubits) {
      const gapNs = at - (this.#ended[qubit] as number);
      const channel = this.#begun[qubit] && gapNs > 0 ? this.#channel(qubit, gapNs) : undefined;
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

  #channel(qubit: number, gapNs: number): Channel | undefined {
    const relaxation = this.#schedule.relaxations[qubit];
    if (relaxation === undefined) return undefined;
    const key = `${qubit} ${gapNs}`;
    const channel = this.#channels.get(key) ?? thermalRelaxation(relaxation, gapNs);
    this.#channels.set(key, channel);
    return channel;
  }
}

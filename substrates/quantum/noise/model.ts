/** Which noise follows which operation. */
import { type Channel, invalid } from "./channel.ts";
import type { Confusion } from "./readout.ts";
import type { Relaxation } from "./thermal.ts";

/** A channel on some of a gate's qubits. */
export interface Placed {
  readonly channel: Channel;
  /** For each qubit of the channel its place among the gate's qubits. */
  readonly on: readonly number[];
}

/** What becomes of qubits that wait. */
export interface Relaxing {
  /** By qubit, times in nanoseconds; `undefined` for a qubit that waits unharmed. */
  readonly relaxations: readonly (Relaxation | undefined)[];
  /** Length of the machine's own step of time; `undefined` where nobody knows it. */
  readonly dtNs?: number | undefined;
}

/** When things happen, for noise of qubits that wait for others. Times in nanoseconds. */
export interface Schedule extends Relaxing {
  /** By {@link noiseKey}; a gate without one takes no time. */
  readonly gateNs: ReadonlyMap<string, number>;
  /** By qubit. */
  readonly measureNs: readonly number[];
}

/** Noise of a machine or a made-up one. */
export interface NoiseModel {
  readonly name: string;
  /** Circuits on more qubits do not fit; `undefined` for any number. */
  readonly qubits: number | undefined;
  /** By {@link noiseKey}; in order. A row for the very qubits goes before one for the gate alone. */
  readonly gates: ReadonlyMap<string, readonly Placed[]>;
  /** By qubit; `undefined` reads truly. */
  readonly readout: (qubit: number) => Confusion | undefined;
  /** Gates that cannot be used, by {@link noiseKey}, with the reason. */
  readonly excluded: ReadonlyMap<string, string>;
  readonly schedule: Schedule | undefined;
  /** For delays; `undefined` where they do no harm. */
  readonly relaxing: Relaxing | undefined;
  /** Whether the model means to know every gate, so that one without a row is worth a warning. */
  readonly complete: boolean;
  /** What was found and done while the model was made. */
  readonly notes: readonly string[];
}

/** Other names of one gate. */
const SAME: Readonly<Record<string, string>> = { CX: "cx", U: "u3", u: "u3", p: "u1", cp: "cu1", u0: "id" };

/** The name a gate's noise is known by. */
export function noiseName(gate: string): string {
  return SAME[gate] ?? gate;
}

/** The key of a gate, on all qubits or on these in this order. */
export function noiseKey(gate: string, qubits?: ArrayLike<number>): string {
  return qubits === undefined ? noiseName(gate) : `${noiseName(gate)} ${Array.from(qubits).join(" ")}`;
}

/** Noise after a gate; `undefined` where the model says nothing about it. */
export function noiseOf(
  model: NoiseModel,
  gate: string,
  qubits: ArrayLike<number>,
): readonly Placed[] | undefined {
  return model.gates.get(noiseKey(gate, qubits)) ?? model.gates.get(noiseKey(gate));
}

/** Collects a noise model; {@link NoiseModelBuilder.build} gives it. */
export class NoiseModelBuilder {
  readonly #name: string;
  readonly #gates = new Map<string, Placed[]>();
  readonly #readout = new Map<number, Confusion>();
  #everyReadout: Confusion | undefined;
  #schedule: Schedule | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /**
   * A channel after every use of a gate, or ("reset" too) after its use on `qubits` only; with "measure" before every
   * measurement, which disturbs the qubit too, as {@link readout} does not. Called again, it adds to the end.
   *
   * @param on  the places of the channel's qubits among the gate's; left out, the first ones.
   */
  after(gate: string, channel: Channel, qubits?: readonly number[], on?: readonly number[]): this {
    const places = on ?? Array.from({ length: channel.qubits }, (_, k) => k);
    if (places.length !== channel.qubits || new Set(places).size !== places.length)
      throw invalid(`a channel on ${channel.qubits} qubits cannot go on places ${places.join(", ")}`);
    const key = noiseKey(gate, qubits);
    this.#gates.set(key, [...(this.#gates.get(key) ?? []), { channel, on: places }]);
    return this;
  }

  /** The same channel of one qubit on each of the gate's first `count` qubits. */
  afterEach(gate: string, channel: Channel, count: number, qubits?: readonly number[]): this {
    for (let k = 0; k < count; k++) this.after(gate, channel, qubits, [k]);
    return this;
  }

  /** Wrong answers of one qubit, or of all that are not named. */
  readout(wrong: Confusion, qubit?: number): this {
    if (qubit === undefined) this.#everyReadout = wrong;
    else this.#readout.set(qubit, wrong);
    return this;
  }

  /** Qubits that wait, for others or by a delay, relax. */
  schedule(schedule: Schedule): this {
    this.#schedule = schedule;
    return this;
  }

  build(): NoiseModel {
    const byQubit = new Map(this.#readout);
    const every = this.#everyReadout;
    return {
      name: this.#name,
      qubits: undefined,
      gates: new Map(this.#gates),
      readout: (qubit) => byQubit.get(qubit) ?? every,
      excluded: new Map(),
      schedule: this.#schedule,
      relaxing: this.#schedule,
      complete: false,
      notes: [],
    };
  }
}

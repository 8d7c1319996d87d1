/** A circuit with its noise, in layers: what density matrices and trajectories run. */
import { ArqonError } from "@arqon/core/base";
import { BARRIER, type Circuit, hasDelays, MEASURE, operandsOf, RESET, timingOf } from "../circuit.ts";
import { durationText, nanoseconds } from "../duration.ts";
import { GATES } from "../gates/table.ts";
import { type BitCondition, bitCondition, tailStart } from "../simulate/program.ts";
import type { Channel } from "./channel.ts";
import { type NoiseModel, noiseKey, noiseOf, type Placed } from "./model.ts";
import type { Confusion } from "./readout.ts";
import { Idling, Waiting } from "./waiting.ts";

/** A channel at its place. */
export interface Site {
  readonly channel: Channel;
  /** Bit of each of the channel's qubits in the state's index. */
  readonly positions: readonly number[];
}

/** Gates that share no qubit, then noise, in order. */
export interface Layer {
  readonly instructions: number[];
  readonly sites: Site[];
}

/** A measurement; position -1 for a qubit nothing ever touched. */
export interface NoisyMeasurement {
  readonly position: number;
  readonly bit: number;
  readonly wrong: Confusion | undefined;
}

/** One step; those with a condition happen only where the classical bits meet it. */
export type NoisyStep = { readonly condition: BitCondition | undefined } & (
  | { readonly kind: "layers"; readonly layers: readonly Layer[] }
  | ({ readonly kind: "measure" } & NoisyMeasurement)
  | { readonly kind: "reset"; readonly position: number }
);

/** A circuit made ready. */
export interface NoisyProgram {
  readonly circuit: Circuit;
  /** Qubits that are touched; a state has 2^width amplitudes, a density matrix 4^width entries. */
  readonly width: number;
  /** Bit of each qubit in the index, by order of first use; -1 for qubits that stay |0>. */
  readonly positions: Int32Array;
  readonly steps: readonly NoisyStep[];
  /** Measurements that can wait until the end. */
  readonly sampled: readonly NoisyMeasurement[];
  /** Bits of the result; one more per qubit than the circuit's own when nothing is measured. */
  readonly bits: number;
  /** Measurements on the way. */
  readonly measurements: number;
  readonly resets: number;
  readonly sites: number;
  readonly warnings: readonly string[];
}

/**
 * Compiles a circuit with a noise model. Linear in instructions and noise.
 *
 * @throws ArqonError `CALIBRATION_REFUSED` for a gate the model excludes, `CALIBRATION_INVALID` for a qubit it does not have.
 */
export function prepareNoisy(circuit: Circuit, noise: NoiseModel): NoisyProgram {
  return new Compiler(circuit, noise).compile();
}

class Compiler {
  readonly #circuit: Circuit;
  readonly #noise: NoiseModel;
  readonly #positions: Int32Array;
  readonly #steps: NoisyStep[] = [];
  readonly #unknown = new Set<string>();
  /** Times in steps of a machine that does not say how long one is. */
  readonly #timeless = new Set<string>();
  readonly #idling: Idling | undefined;
  readonly #waiting: Waiting | undefined;
  /** Whether noise comes before measurements. */
  readonly #disturbed: boolean;
  /** The stretch of unconditional layers under construction, and for each position the layer after its last gate. */
  #layers: Layer[] = [];
  readonly #level: Int32Array;
  #sites = 0;

  constructor(circuit: Circuit, noise: NoiseModel) {
    this.#circuit = circuit;
    this.#noise = noise;
    this.#disturbed = [...noise.gates.keys()].some((key) => key.split(" ")[0] === "measure");
    this.#positions = this.#layOut();
    this.#level = new Int32Array(circuit.qubits);
    this.#idling = noise.relaxing && new Idling(noise.relaxing);
    this.#waiting = noise.schedule && new Waiting(new Idling(noise.schedule), circuit.qubits);
  }

  compile(): NoisyProgram {
    const circuit = this.#circuit;
    const delays = this.#idling !== undefined && hasDelays(circuit);
    const tail = tailStart(circuit, this.#disturbed || this.#waiting !== undefined || delays);
    const conditions = circuit.conditions.map((_, i) => bitCondition(circuit, i));
    const sampled: NoisyMeasurement[] = [];
    const isRead = new Uint8Array(circuit.qubits);
    let [measured, measurements, resets] = [false, 0, 0];
    for (let i = 0; i < circuit.length; i++) {
      const code = circuit.codes[i] as number;
      const operands = operandsOf(circuit, i);
      const qubit = operands[0] as number;
      const conditional = circuit.conditionOf[i] as number;
      const condition = conditional < 0 ? undefined : conditions[conditional];
      if (code === MEASURE) measured = true;
      if (code === BARRIER && timingOf(circuit, i)?.box !== 0) {
        this.#barrier(i, operands);
        continue;
      }
      if (conditional >= 0 && condition === undefined) continue;
      if (code === BARRIER) {
        this.#delay(i, operands, condition, isRead);
        continue;
      }
      if (code === MEASURE) {
        const on = operands.subarray(0, 1);
        this.#wait(on, this.#noise.schedule?.measureNs[qubit] ?? 0);
        const placed = this.#errorsOfMeasuring(qubit);
        const measurement = this.#measurement(qubit, operands[1] as number);
        if (condition === undefined) for (const { channel } of placed) this.#behind(qubit, channel);
        if (i >= tail) {
          sampled.push(measurement);
          isRead[qubit] = 1;
        } else {
          this.#flush();
          if (condition !== undefined) this.#apart([], placed, on, condition);
          this.#steps.push({ kind: "measure", ...measurement, condition });
          measurements++;
        }
      } else if (code === RESET) {
        const position = this.#positions[qubit] as number;
        const durationNs = this.#duration("reset", operands);
        if (position < 0 || i >= tail) {
          // It changes no result, but others may wait for it.
          this.#waiting?.start(operands, durationNs);
          continue;
        }
        this.#wait(operands, durationNs);
        this.#flush();
        this.#steps.push({ kind: "reset", position, condition });
        resets++;
        this.#apart([], this.#placed("reset", operands), operands, condition);
      } else this.#gate(i, operands, condition);
    }
    let bits = circuit.bits;
    if (!measured) {
      for (let q = 0; q < circuit.qubits; q++) {
        for (const { channel } of this.#errorsOfMeasuring(q)) this.#behind(q, channel);
        sampled.push(this.#measurement(q, circuit.bits + q));
      }
      bits += circuit.qubits;
    }
    this.#flush();
    return {
      circuit,
      width: this.#positions.reduce((count, position) => count + (position >= 0 ? 1 : 0), 0),
      positions: this.#positions,
      steps: this.#steps,
      sampled,
      bits,
      measurements,
      resets,
      sites: this.#sites,
      warnings: this.#warnings(),
    };
  }

  /** Time of a delay or box; 0 where only the machine knows it. */
  #timeNs(i: number): number {
    const duration = timingOf(this.#circuit, i)?.duration;
    if (duration === undefined) return 0;
    const timeNs = nanoseconds(duration, this.#noise.relaxing?.dtNs);
    if (timeNs === undefined) this.#timeless.add(durationText(duration));
    return timeNs ?? 0;
  }

  #barrier(i: number, operands: Uint32Array): void {
    const box = timingOf(this.#circuit, i)?.box ?? 0;
    if (box === 0) this.#waiting?.barrier(operands);
    else this.#waiting?.box(operands, box, this.#timeNs(i));
  }

  /** @param isRead  qubits whose last measurement is behind them: what becomes of them changes no result. */
  #delay(i: number, operands: Uint32Array, condition: BitCondition | undefined, isRead: Uint8Array): void {
    if (!this.#idling) return;
    const timeNs = this.#timeNs(i);
    const waited = this.#waiting?.start(operands, timeNs) ?? [];
    for (const [qubit, channel] of waited)
      if ((this.#positions[qubit] as number) >= 0 && !isRead[qubit]) this.#behind(qubit, channel);
    const placed = Array.from(operands, (qubit, place): Placed[] => {
      const channel = this.#idling?.channel(qubit, timeNs);
      const matters = (this.#positions[qubit] as number) >= 0 && !isRead[qubit];
      return channel && matters ? [{ channel, on: [place] }] : [];
    }).flat();
    if (condition === undefined)
      for (const { channel, on } of placed) this.#behind(operands[on[0] as number] as number, channel);
    else {
      this.#flush();
      this.#apart([], placed, operands, condition);
    }
  }

  #gate(i: number, operands: Uint32Array, condition: BitCondition | undefined): void {
    const { name } = GATES[this.#circuit.codes[i] as number] as (typeof GATES)[number];
    const reason = this.#noise.excluded.get(noiseKey(name, operands));
    if (reason !== undefined)
      throw new ArqonError(
        "CALIBRATION_REFUSED",
        `${this.#circuit.name} uses ${name} on ${operands.join(", ")}, which ${this.#noise.name} excludes: ${reason}`,
      );
    const placed = this.#placed(name, operands);
    this.#wait(operands, this.#duration(name, operands));
    if (condition !== undefined) {
      this.#flush();
      this.#apart([i], placed, operands, condition);
      return;
    }
    let at = 1;
    for (const qubit of operands) at = Math.max(at, this.#level[qubit] as number);
    const layer = this.#layer(at);
    layer.instructions.push(i);
    this.#place(layer, placed, operands);
    for (const qubit of operands) this.#level[qubit] = at + 1;
  }

  /** A step of one layer for itself. */
  #apart(
    instructions: number[],
    placed: readonly Placed[],
    operands: Uint32Array,
    condition: BitCondition | undefined,
  ): void {
    const layer: Layer = { instructions, sites: [] };
    this.#place(layer, placed, operands);
    if (instructions.length + layer.sites.length > 0)
      this.#steps.push({ kind: "layers", layers: [layer], condition });
  }

  #place(layer: Layer, placed: readonly Placed[], operands: Uint32Array): void {
    for (const { channel, on } of placed) {
      const positions = on.map((place) => {
        const qubit = operands[place];
        if (qubit === undefined)
          throw new TypeError(`noise on place ${place} of a gate with ${operands.length} qubits`);
        return this.#positions[qubit] as number;
      });
      layer.sites.push({ channel, positions });
      this.#sites++;
    }
  }

  #placed(name: string, operands: Uint32Array): readonly Placed[] {
    const placed = noiseOf(this.#noise, name, operands);
    if (placed === undefined && this.#noise.complete && name !== "reset")
      this.#unknown.add(noiseKey(name, operands));
    return placed ?? [];
  }

  #errorsOfMeasuring(qubit: number): readonly Placed[] {
    return this.#disturbed ? (noiseOf(this.#noise, "measure", [qubit]) ?? []) : [];
  }

  #duration(name: string, operands: Uint32Array): number {
    const times = this.#noise.schedule?.gateNs;
    return times?.get(noiseKey(name, operands)) ?? times?.get(noiseKey(name)) ?? 0;
  }

  /** Noise of waiting goes right after the last thing that happened to a qubit: nothing else touches it in between. */
  #wait(operands: Uint32Array, durationNs: number): void {
    for (const [qubit, channel] of this.#waiting?.start(operands, durationNs) ?? []) {
      if ((this.#positions[qubit] as number) >= 0) this.#behind(qubit, channel);
    }
  }

  #behind(qubit: number, channel: Channel): void {
    const level = Math.max(0, (this.#level[qubit] as number) - 1);
    this.#layer(level).sites.push({ channel, positions: [this.#positions[qubit] as number] });
    this.#sites++;
  }

  /** Layer 0 of a stretch has no gates: what waited since before the stretch goes there. */
  #layer(at: number): Layer {
    while (this.#layers.length <= at) this.#layers.push({ instructions: [], sites: [] });
    return this.#layers[at] as Layer;
  }

  #flush(): void {
    const layers = this.#layers.filter(({ instructions, sites }) => instructions.length + sites.length > 0);
    if (layers.length > 0) this.#steps.push({ kind: "layers", layers, condition: undefined });
    this.#layers = [];
    this.#level.fill(0);
  }

  #measurement(qubit: number, bit: number): NoisyMeasurement {
    return { position: this.#positions[qubit] as number, bit, wrong: this.#noise.readout(qubit) };
  }

  #layOut(): Int32Array {
    const circuit = this.#circuit;
    const positions = new Int32Array(circuit.qubits).fill(-1);
    const most = this.#noise.qubits ?? Number.POSITIVE_INFINITY;
    const begun = new Uint8Array(circuit.qubits);
    let width = 0;
    const touch = (qubit: number): void => {
      if ((positions[qubit] as number) < 0) positions[qubit] = width++;
    };
    for (let i = 0; i < circuit.length; i++) {
      const code = circuit.codes[i] as number;
      const isDelay = timingOf(circuit, i)?.box === 0;
      if (code === BARRIER && !isDelay) continue;
      const operands = operandsOf(circuit, i);
      for (const qubit of code === MEASURE ? operands.subarray(0, 1) : operands) {
        if (qubit >= most)
          throw new ArqonError(
            "CALIBRATION_INVALID",
            `${circuit.name} uses qubit ${qubit}; ${this.#noise.name} has ${most} qubits`,
          );
        if (code < MEASURE || this.#leavesGround(code, qubit, begun[qubit] === 1)) touch(qubit);
        begun[qubit] = 1;
      }
    }
    if (!circuit.codes.includes(MEASURE))
      for (let qubit = 0; qubit < circuit.qubits; qubit++)
        if (this.#leavesGround(MEASURE, qubit, false)) touch(qubit);
    return positions;
  }

  /** Whether a measurement, reset or delay of a qubit that was |0> until now finds or leaves it as something else. */
  #leavesGround(code: number, qubit: number, hasBegun: boolean): boolean {
    const model = code === BARRIER ? this.#noise.relaxing : this.#noise.schedule;
    const excited = model?.relaxations[qubit]?.excited ?? 0;
    if (code === BARRIER) return excited > 0;
    const placed =
      code === RESET ? (noiseOf(this.#noise, "reset", [qubit]) ?? []) : this.#errorsOfMeasuring(qubit);
    return placed.length > 0 || (hasBegun && excited > 0);
  }

  #warnings(): string[] {
    const named = (all: ReadonlySet<string>): string =>
      [...all].slice(0, 6).join(", ") + (all.size > 6 ? ` and ${all.size - 6} more` : "");
    const [unknown, timeless] = [this.#unknown, this.#timeless];
    return [
      ...(unknown.size > 0
        ? [`${this.#noise.name} says nothing about ${named(unknown)}: run without noise there`]
        : []),
      ...(timeless.size > 0
        ? [`${this.#noise.name} does not say how long dt is: ${named(timeless)} took no time`]
        : []),
    ];
  }
}

/** The noise of a machine from its calibration, by the conventions of Aer's device models. */
import type { Calibration, GateCalibration, QubitCalibration } from "./calibration.ts";
import { averageGateFidelity } from "./forms.ts";
import { type ExaminedCalibration, examineCalibration, type HygienePolicy } from "./hygiene.ts";
import { type NoiseModel, noiseKey, type Placed, type Schedule } from "./model.ts";
import { type Confusion, confusion } from "./readout.ts";
import { depolarizing } from "./standard.ts";
import { excitedPopulation, type Relaxation, thermalRelaxation } from "./thermal.ts";

/** What goes into a device's noise. */
export interface DeviceNoiseOptions {
  /** Of the qubits' surroundings, in millikelvin; 0, the default, has no thermal excitation. */
  readonly temperatureMk?: number;
  /**
   * Relaxation of qubits that wait for others, from a schedule as soon as possible; off by default, as in Aer. Delays that a
   * circuit asks for relax their qubits in any case.
   */
  readonly idle?: boolean;
  readonly hygiene?: Partial<HygienePolicy>;
  /** Microseconds since 1970, to judge the calibration's age. */
  readonly nowUs?: number;
}

/** Relaxation of a qubit: T2 at most 2 T1, what is missing is infinite; `undefined` when nothing relaxes. */
export function relaxationOf(qubit: QubitCalibration, temperatureMk: number): Relaxation | undefined {
  const t1 = qubit.t1Ns ?? Number.POSITIVE_INFINITY;
  const t2 = Math.min(qubit.t2Ns ?? Number.POSITIVE_INFINITY, 2 * t1);
  if (t1 === Number.POSITIVE_INFINITY && t2 === Number.POSITIVE_INFINITY) return undefined;
  return { t1, t2, excited: excitedPopulation(qubit.frequencyHz, temperatureMk) };
}

/**
 * The depolarising parameter that, before the relaxations, makes up the reported error; 0 where relaxation alone is worse.
 *
 * @param error          reported, 1 - average gate fidelity; capped at dim / (dim + 1).
 * @param relaxFidelity  average gate fidelity of the relaxations alone.
 */
export function depolarizingParameter(
  error: number | undefined,
  relaxFidelity: number,
  qubits: number,
): number {
  const dim = 1 << qubits;
  const relaxError = 1 - relaxFidelity;
  if (error === undefined || !(error > relaxError)) return 0;
  const capped = Math.min(error, dim / (dim + 1));
  const p = (dim * (capped - relaxError)) / (dim * relaxFidelity - 1);
  return Math.max(0, Math.min(p, (dim * dim) / (dim * dim - 1)));
}

/** Figures of one gate's noise. */
export interface GateNoise {
  readonly placed: readonly Placed[];
  readonly relaxFidelity: number;
  readonly depolarizing: number;
}

/** Noise after a gate: depolarising, then each qubit's relaxation for the gate's duration. */
export function gateNoise(
  gate: GateCalibration,
  qubits: readonly QubitCalibration[],
  temperatureMk = 0,
): GateNoise {
  const relaxations: Placed[] = [];
  let process = 1;
  const time = gate.durationNs ?? 0;
  if (time > 0)
    for (const [place, qubit] of gate.qubits.entries()) {
      const relaxation = relaxationOf(qubits[qubit] ?? {}, temperatureMk);
      if (relaxation === undefined) continue;
      const channel = thermalRelaxation(relaxation, time);
      relaxations.push({ channel, on: [place] });
      process *= (3 * averageGateFidelity(channel) - 1) / 2;
    }
  const dim = 1 << gate.qubits.length;
  const relaxFidelity = (dim * process + 1) / (dim + 1);
  // Only gates have errors beside relaxation: a reset has none.
  const p = gate.gate === "reset" ? 0 : depolarizingParameter(gate.error, relaxFidelity, gate.qubits.length);
  const all = gate.qubits.map((_, place) => place);
  const placed = p > 0 ? [{ channel: depolarizing(p, all.length), on: all }, ...relaxations] : relaxations;
  return { placed, relaxFidelity, depolarizing: p };
}

/**
 * The noise model of a calibration, after {@link examineCalibration}.
 *
 * @throws ArqonError `CALIBRATION_REFUSED` when the hygiene policy refuses the calibration.
 */
export function deviceNoise(calibration: Calibration, options: DeviceNoiseOptions = {}): NoiseModel {
  const examined = examineCalibration(calibration, options.hygiene, options.nowUs);
  const { device, dtNs, qubits, gates } = examined.calibration;
  const temperatureMk = options.temperatureMk ?? 0;
  const relaxing = { relaxations: qubits.map((qubit) => relaxationOf(qubit, temperatureMk)), dtNs };
  // What a measurement does wrong is its readout error.
  const channels = new Map(
    gates
      .filter(({ gate }) => gate !== "measure")
      .map((gate) => [noiseKey(gate.gate, gate.qubits), gateNoise(gate, qubits, temperatureMk).placed]),
  );
  const wrong = qubits.map(readoutOf);
  return {
    name: device,
    qubits: qubits.length,
    gates: channels,
    readout: (qubit) => wrong[qubit],
    excluded: excludedOf(examined),
    schedule: options.idle ? { ...relaxing, ...timesOf(gates, qubits) } : undefined,
    relaxing,
    complete: true,
    notes: examined.findings.map(({ kind, where, what, done }) => `${kind}: ${where}: ${what}; ${done}`),
  };
}

function readoutOf({ p1Given0, p0Given1 }: QubitCalibration): Confusion | undefined {
  return p1Given0 === undefined || p0Given1 === undefined ? undefined : confusion(p1Given0, p0Given1);
}

function excludedOf({ excluded, findings }: ExaminedCalibration): Map<string, string> {
  const why = new Map(findings.map(({ where, what }) => [where, what]));
  return new Map(
    excluded.map(({ gate, qubits }) => [
      noiseKey(gate, qubits),
      why.get(`${gate} ${qubits.join(" ")}`) ?? "excluded",
    ]),
  );
}

function timesOf(
  gates: readonly GateCalibration[],
  qubits: readonly QubitCalibration[],
): Pick<Schedule, "gateNs" | "measureNs"> {
  return {
    gateNs: new Map(gates.map((gate) => [noiseKey(gate.gate, gate.qubits), gate.durationNs ?? 0])),
    measureNs: qubits.map(({ readoutNs = 0 }) => readoutNs),
  };
}

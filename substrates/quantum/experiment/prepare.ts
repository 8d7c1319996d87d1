/** From a text and options to the circuit that is run. */
import { ArqonError, formatCount } from "@arqon/core/base";
import {
  BARRIER,
  type Circuit,
  CircuitBuilder,
  MEASURE,
  operandsOf,
  parametersOf,
  RESET,
} from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import { deviceNoise, HYGIENE_POLICIES, type NoiseModel, noiseOf } from "../noise/index.ts";
import { parseQasm } from "../parse-qasm.ts";
import { deviceTarget, transpile } from "../transpile/index.ts";
import type { ExperimentOptions } from "./options.ts";

/** An experiment made ready. */
export interface Experiment {
  /** As the text says it. */
  readonly asked: Circuit;
  /** As it is run: with noise compiled for the machine. */
  readonly circuit: Circuit;
  readonly options: ExperimentOptions;
  readonly noise: NoiseModel | undefined;
  /** Where each qubit of `asked` starts and ends; `undefined` unless it was compiled. */
  readonly layout: readonly number[] | undefined;
  readonly finalLayout: readonly number[] | undefined;
  readonly warnings: readonly string[];
}

/** Findings of a calibration told one by one; the others are counted. */
const TOLD = 5;

/**
 * Parses, makes the noise, and compiles.
 *
 * @throws ArqonError what the parser, calibration and transpiler refuse; `USAGE` for an observable of another number of qubits;
 *   `CALIBRATION_REFUSED` for a circuit that is not to be compiled and has two-qubit gates the calibration does not know.
 */
export function prepareExperiment(source: string, fileName: string, options: ExperimentOptions): Experiment {
  const parsed = parseQasm(source, fileName, { inputs: options.inputs });
  for (const observable of options.observables)
    for (const label of typeof observable === "string" ? [observable] : Object.keys(observable))
      if (label.length !== parsed.qubits)
        throw new ArqonError(
          "USAGE",
          `observable ${label.slice(0, 40)} has ${formatCount(label.length, "letter")}; ${fileName} has ${formatCount(parsed.qubits, "qubit")}`,
        );
  const plain = { asked: parsed, options, layout: undefined, finalLayout: undefined };
  if (!options.noise) return { ...plain, circuit: parsed, noise: undefined, warnings: [] };
  const { calibration, idle, temperatureMk, policy } = options.noise;
  const hygiene = HYGIENE_POLICIES[policy];
  const noise = deviceNoise(calibration, { idle, temperatureMk, hygiene });
  const warnings = toldOf(noise.notes, calibration.device, temperatureMk);
  if (!options.transpile) {
    refuseForeign(parsed, noise);
    return { ...plain, circuit: parsed, noise, warnings };
  }
  const asked = measured(parsed);
  const { circuit, layout, finalLayout } = transpile(asked, deviceTarget(calibration, hygiene));
  return { asked: parsed, options, circuit, noise, layout, finalLayout, warnings };
}

/** Findings that changed or excluded something come first; without thermal excitation no frequency is needed. */
function toldOf(notes: readonly string[], device: string, temperatureMk: number): string[] {
  const matter = notes.filter((note) => temperatureMk > 0 || !/^missing: qubit [0-9]+ frequency/.test(note));
  const missing = (note: string): number => (note.startsWith("missing:") ? 1 : 0);
  const sorted = matter.toSorted((a, b) => missing(a) - missing(b));
  const told = sorted.slice(0, TOLD).map((note) => `calibration of ${device}: ${note}`);
  const rest = sorted.length - told.length;
  return rest > 0 ? [...told, `calibration of ${device}: ${rest} findings more`] : told;
}

/** A circuit that was compiled for another machine would run without the noise that matters most. */
function refuseForeign(circuit: Circuit, noise: NoiseModel): void {
  for (let i = 0; i < circuit.length; i++) {
    const gate = GATES[circuit.codes[i] as number];
    const on = operandsOf(circuit, i);
    if (!gate || gate.qubits < 2 || noiseOf(noise, gate.name, on) !== undefined) continue;
    if (noise.excluded.size > 0 && [...noise.excluded.keys()].some((key) => key.endsWith(` ${on.join(" ")}`)))
      continue;
    throw new ArqonError(
      "CALIBRATION_REFUSED",
      `${circuit.name} uses ${gate.name} on ${on.join(", ")}, which ${noise.name} does not have: let it be compiled, or give the calibration of its device`,
      { details: { gate: gate.name, device: noise.name } },
    );
  }
}

/** A circuit without measurements measures its own qubits, before the machine's others join them. */
function measured(circuit: Circuit): Circuit {
  if (circuit.codes.includes(MEASURE)) return circuit;
  const out = new CircuitBuilder(circuit.name);
  for (const { name, size } of circuit.qregs) out.qreg(name, size);
  if (circuit.bits > 0) out.creg("c", circuit.bits);
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    const on = Array.from(operandsOf(circuit, i));
    const condition = circuit.conditions[circuit.conditionOf[i] as number];
    if (condition) out.whenBits(condition.bits, condition.value);
    if (code === RESET) out.reset(on[0] as number);
    else if (code === BARRIER) out.barrier(on, parametersOf(circuit, i));
    else out.gate(code, parametersOf(circuit, i), on);
    out.always();
  }
  const meas = out.creg("meas", circuit.qubits);
  for (let q = 0; q < circuit.qubits; q++) out.measure(q, meas.start + q);
  const warning = `the circuit measures nothing: every qubit (${circuit.qubits}) was measured at its end, into 'meas'`;
  const built = out.build();
  return { ...built, cregs: [...circuit.cregs, meas], warnings: [...circuit.warnings, warning] };
}

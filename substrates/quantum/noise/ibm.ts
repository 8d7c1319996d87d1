/** IBM's calibration snapshots (`props_*.json` and `conf_*.json`, as parsed JSON) in our neutral form. */
import type { Json, JsonObject } from "@arqon/core/base";
import {
  CALIBRATION_LIMITS,
  CALIBRATION_SCHEMA,
  type Calibration,
  type GateCalibration,
  listOf,
  malformed,
  objectOf,
  type QubitCalibration,
  qubitsOf,
  textOf,
} from "./calibration.ts";

/** To nanoseconds and to hertz; the micro sign comes in two code points. A unit that is not known leaves the number as it is. */
const NANOSECONDS: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, μs: 1e3, ns: 1 };
const HERTZ: Readonly<Record<string, number>> = { Hz: 1, kHz: 1e3, MHz: 1e6, GHz: 1e9 };

/** The first entry of a list of {name, unit, value} with this name, in base units; `undefined` where there is no number. */
function numberOf(
  items: readonly Json[],
  name: string,
  units: Readonly<Record<string, number>>,
  otherwise = 1,
): number | undefined {
  for (const item of items) {
    const entry = objectOf(item, `the entry of ${name}`);
    if (entry["name"] !== name) continue;
    const value = entry["value"];
    if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
    const unit = entry["unit"];
    return value * ((typeof unit === "string" ? units[unit] : undefined) ?? otherwise);
  }
  return undefined;
}

function defined<T extends object>(values: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function qubitOf(items: readonly Json[]): QubitCalibration {
  const both = numberOf(items, "readout_error", {});
  const [up, down] = [numberOf(items, "prob_meas1_prep0", {}), numberOf(items, "prob_meas0_prep1", {})];
  const known = up !== undefined && down !== undefined;
  return defined<QubitCalibration>({
    t1Ns: numberOf(items, "T1", NANOSECONDS),
    t2Ns: numberOf(items, "T2", NANOSECONDS),
    frequencyHz: numberOf(items, "frequency", HERTZ, 1e9),
    p1Given0: known ? up : both,
    p0Given1: known ? down : both,
    readoutNs: numberOf(items, "readout_length", NANOSECONDS),
  });
}

/**
 * Reads a snapshot as Aer does: prob_meas1_prep0 and prob_meas0_prep1, or readout_error for both where one is missing.
 *
 * @param props  the properties.
 * @param conf   the configuration, for the basis gates; it must be of the same device.
 * @throws ArqonError `CALIBRATION_INVALID` for another shape, or a configuration of another device.
 */
export function ibmCalibration(props: Json, conf?: Json): Calibration {
  const top = objectOf(props, "the properties");
  const device = textOf(top["backend_name"], "backend_name");
  const qubits = listOf(top["qubits"], "qubits", CALIBRATION_LIMITS.qubits).map((items, q) =>
    qubitOf(listOf(items, `qubits/${q}`, 100)),
  );
  if (qubits.length === 0) throw malformed(`the properties of ${device} list no qubit`);
  const gates = listOf(top["gates"], "gates", CALIBRATION_LIMITS.gates).map((item, g): GateCalibration => {
    const gate = objectOf(item, `gates/${g}`);
    const parameters = listOf(gate["parameters"], `gates/${g}/parameters`, 100);
    return {
      gate: textOf(gate["gate"], `gates/${g}/gate`),
      qubits: qubitsOf(gate["qubits"], `gates/${g}/qubits`, qubits.length),
      ...defined<GateCalibration>({
        error: numberOf(parameters, "gate_error", {}),
        durationNs: numberOf(parameters, "gate_length", NANOSECONDS),
      } as { [K in keyof GateCalibration]: GateCalibration[K] | undefined }),
    };
  });
  const basis =
    conf === undefined ? undefined : basisOf(objectOf(conf, "the configuration"), device, qubits.length);
  // Nanoseconds, in configurations.
  const dtNs = conf === undefined ? undefined : objectOf(conf, "the configuration")["dt"];
  return {
    schema: CALIBRATION_SCHEMA,
    device,
    ...(typeof top["backend_version"] === "string" ? { version: top["backend_version"] } : {}),
    ...(typeof top["last_update_date"] === "string" ? { calibratedAt: top["last_update_date"] } : {}),
    ...(typeof dtNs === "number" && dtNs > 0 ? { dtNs } : {}),
    qubits,
    gates,
    ...(basis ? { basis } : {}),
  };
}

function basisOf(conf: JsonObject, device: string, qubits: number): string[] {
  const name = textOf(conf["backend_name"], "backend_name of the configuration");
  if (name !== device) throw malformed(`the configuration is of ${name}, the properties are of ${device}`);
  if (conf["n_qubits"] !== qubits)
    throw malformed(
      `the configuration of ${name} has ${JSON.stringify(conf["n_qubits"])} qubits, the properties ${qubits}`,
    );
  return listOf(conf["basis_gates"], "basis_gates", 1000).map((gate, k) => textOf(gate, `basis_gates/${k}`));
}

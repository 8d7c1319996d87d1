/** Options of commands that run circuits: engine, precision, inputs, noise, observables. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ArqonError, type Json, type JsonObject, parseJson } from "@arqon/core/base";
import type { CircuitOptions } from "@arqon/sdk";
import type { Calibration } from "@arqon/substrates/quantum";
import type { Arguments, Option } from "./command.ts";
import { readUserText } from "./store.ts";
import { wholeNumber } from "./whole-number.ts";

/** For commands that read a circuit. */
export const INPUT_OPTION: Readonly<Record<string, Option>> = {
  input: { type: "string", value: "NAME=VALUE", help: "input of an OpenQASM 3 text; several with commas" },
};

/** For commands that read a calibration. */
export const POLICY_OPTION: Readonly<Record<string, Option>> = {
  "calibration-policy": {
    type: "string",
    value: "POLICY",
    help: "of a calibration's values that no machine can have: warn (use them), repair (default) or refuse",
  },
};

/** For the option tables of commands. */
export const EXPERIMENT_OPTIONS: Readonly<Record<string, Option>> = {
  engine: {
    type: "string",
    value: "E",
    help: "auto (default), statevector, density, trajectories, stabilizer or mps",
  },
  precision: { type: "string", value: "P", help: "f64 (default) or f32, of a statevector" },
  noise: {
    type: "string",
    value: "CALIBRATION.json",
    help: "noise of a device: our calibration.v1, or IBM's props_X.json (with conf_X.json beside it)",
  },
  device: { type: "string", value: "NAME", help: "with --noise: the calibration must be of this device" },
  idle: { type: "boolean", help: "with --noise: qubits that wait relax" },
  "as-is": { type: "boolean", help: "with --noise: the circuit is in the device's gates; do not compile it" },
  ...POLICY_OPTION,
  "mps-bond": { type: "string", value: "N", help: "engine mps: largest bond, 1 to 4096 (default 64)" },
  "mps-loss": {
    type: "string",
    value: "X",
    help: "engine mps: a run that lost more of the state than this is refused, 0 to 1 (default 1e-6)",
  },
  observable: {
    type: "string",
    value: "ZZI|JSON",
    help: 'exact expectation value: Pauli letters (right one: qubit 0), or JSON: a sum {"ZZ":0.5}, or a list',
  },
  ...INPUT_OPTION,
};

/** What the job's parameters say besides shots and seed. */
export type ExperimentParameters = Pick<
  CircuitOptions,
  "engine" | "precision" | "inputs" | "noise" | "transpile" | "mps" | "observables"
>;

/**
 * @param source  the circuit's text.
 * @throws ArqonError `USAGE`, `FILE_UNREADABLE`, `JSON_INVALID`, `CALIBRATION_INVALID`
 */
export async function experimentFrom(args: Arguments, source: string): Promise<ExperimentParameters> {
  const [engine, precision] = [args.text("engine"), args.text("precision")];
  const [noise, device, observable, input] = [
    args.text("noise"),
    args.text("device"),
    args.text("observable"),
    args.text("input"),
  ];
  for (const option of ["device", "idle", "as-is", "calibration-policy"])
    if (noise === undefined && (args.text(option) !== undefined || args.flag(option)))
      throw new ArqonError("USAGE", `--${option} needs --noise`);
  const policy = args.text("calibration-policy");
  const mps = mpsFrom(args);
  return {
    // Which values there are is for the job's own check to say.
    ...(engine !== undefined && { engine: engine as NonNullable<CircuitOptions["engine"]> }),
    ...(precision !== undefined && { precision: precision as NonNullable<CircuitOptions["precision"]> }),
    ...(noise !== undefined && {
      noise: {
        calibration: plainJson(ofInterest(await readCalibrationFile(noise), source)),
        ...(device !== undefined && { device }),
        ...(args.flag("idle") && { idle: true }),
        ...(policy !== undefined && { policy }),
      },
    }),
    ...(args.flag("as-is") && { transpile: false }),
    ...(mps && { mps }),
    ...(observable !== undefined && { observables: observablesFrom(observable) }),
    ...(input !== undefined && { inputs: inputsFrom(input) }),
  };
}

function mpsFrom(args: Arguments): NonNullable<CircuitOptions["mps"]> | undefined {
  const maxBond = wholeNumber(args, "mps-bond", 1, 4096);
  const loss = args.text("mps-loss");
  const maxLoss = loss === undefined || loss.trim() === "" ? Number.NaN : Number(loss);
  if (loss !== undefined && !(maxLoss >= 0 && maxLoss <= 1))
    throw new ArqonError("USAGE", `--mps-loss ${loss}: expected a number from 0 to 1`);
  if (maxBond === undefined && loss === undefined) return undefined;
  return { ...(maxBond !== undefined && { maxBond }), ...(loss !== undefined && { maxLoss }) };
}

/** How long dt is goes only into recipes of circuits that speak of it. */
function ofInterest({ dtNs, ...rest }: Calibration, source: string): Calibration {
  return dtNs !== undefined && /[\d.]\s*dt\b/.test(source) ? { ...rest, dtNs } : rest;
}

/** A value as JSON has it: without what is undefined. */
function plainJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** A calibration file of either form. */
export async function readCalibrationFile(path: string): Promise<Calibration> {
  const json = await jsonFile(path).catch((error: unknown) => {
    const { code, message } = ArqonError.from(error);
    if (code !== "JSON_INVALID") throw error;
    throw new ArqonError("CALIBRATION_INVALID", message, { cause: error });
  });
  const { ibmCalibration, readCalibration } = await import("@arqon/substrates/quantum");
  const isIbm = typeof json === "object" && json !== null && "backend_name" in json;
  if (!isIbm) return readCalibration(json);
  const conf = join(dirname(path), basename(path).replace(/^props_/, "conf_"));
  return ibmCalibration(json, conf !== path && existsSync(conf) ? await jsonFile(conf) : undefined);
}

async function jsonFile(path: string): Promise<Json> {
  return parseJson(await readUserText(path), path);
}

function observablesFrom(text: string): NonNullable<CircuitOptions["observables"]> {
  if (!/^\s*[[{]/.test(text)) return text.split(",").map((label) => label.trim());
  const json = parseJson(text, "--observable");
  // The job's own check says what is wrong in it.
  return (Array.isArray(json) ? json : [json]) as unknown as NonNullable<CircuitOptions["observables"]>;
}

/** @throws ArqonError `USAGE` */
export function inputsFrom(text: string | undefined): Record<string, number | boolean> {
  if (text === undefined) return {};
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const [name = "", value = ""] = pair.split("=").map((part) => part.trim());
      const number = value === "" ? Number.NaN : Number(value);
      const read = value === "true" ? true : value === "false" ? false : number;
      if (name === "" || Number.isNaN(read))
        throw new ArqonError("USAGE", `--input ${pair}: expected name=value, with a number, true or false`);
      return [name, read] as const;
    }),
  );
}

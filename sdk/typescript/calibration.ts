/** Telling what a simulated device is: a job on "calibration.jobs". */
import { canonicalJson, type JsonObject } from "@arqon/core/base";
import { type AnswerIds, type AskOptions, answerOf, ask, idsIn } from "./ask.ts";
import type { Client } from "./client.ts";

/** Whose calibration it is. */
export interface CalibrationOptions extends AskOptions {
  /** Default "sim-device". */
  readonly backend?: string;
  /** Name for people, e.g. the file name. */
  readonly name?: string;
}

/** A Calibration; runs on its backend stand under it from now on, and cite it. */
export interface CalibrationResult extends AnswerIds {
  /** Digest of the calibration itself. */
  readonly calibration: string;
  readonly device: string;
  readonly qubits: number;
  readonly gates: number;
  /** UTC; "" where it does not say. */
  readonly calibratedAt: string;
  readonly backend: string;
}

/** @throws ArqonError `CALIBRATION_INVALID`, `BACKEND_UNKNOWN` */
export async function calibration(
  client: Client,
  values: JsonObject,
  options: CalibrationOptions,
): Promise<CalibrationResult> {
  const { backend, name = "calibration.json", ...how } = options;
  const output = await ask(
    client,
    "calibration.jobs",
    {
      schema: "arqonbus.calibration.job.v1",
      program: canonicalJson(values),
      programMediaType: "application/json",
      name,
      constraints: backend === undefined ? {} : { backend },
    },
    how,
  );
  const answer = await answerOf(client, output, ["calibration.json"], how);
  const text = (key: string): string => String(answer[key] ?? "");
  return {
    calibration: text("calibration"),
    device: text("device"),
    qubits: Number(answer["qubits"]),
    gates: Number(answer["gates"]),
    calibratedAt: text("calibratedAt"),
    backend: text("backend"),
    ...idsIn(output),
  };
}

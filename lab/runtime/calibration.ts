/** Puts the state of the device into an execution, and compensates for its drift. */
import { ArqonError, type JsonObject } from "@arqon/core/base";
import type { Compensation } from "./execution.ts";
import { CALIBRATE_KIND, type Operation } from "./operation.ts";
import type { Calibration, Plugin } from "./plugin.ts";

/** Knows the latest calibration of each backend. */
export interface CalibrationSource {
  current(backendId: string): Promise<Calibration | undefined>;
  /** How to compensate for drift since the calibration was taken; the plugin finds it in `calibration.values.compensation`. */
  compensate?(operation: Operation, calibration: Calibration): Compensation;
}

/** What the inject duty found. */
export interface Injected {
  readonly calibration: Calibration | undefined;
  readonly compensation: Compensation;
}

/** The state of a backend that has none, such as a simulator without noise. */
export const NOTHING_INJECTED: Injected = {
  calibration: undefined,
  compensation: { method: "none", parameters: {} },
};

/** @throws ArqonError `BACKEND_UNSUITABLE` when the backend needs a calibration and none is known. */
export async function inject(
  { manifest }: Plugin,
  operation: Operation,
  source: CalibrationSource | undefined,
): Promise<Injected> {
  if (operation.kind === CALIBRATE_KIND) return NOTHING_INJECTED;
  const calibration = await source?.current(manifest.id);
  if (!calibration) {
    if (manifest.needsCalibration)
      throw new ArqonError("BACKEND_UNSUITABLE", `backend ${manifest.id} has no calibration yet`, {
        remedy: "Calibrate the backend, then submit again.",
      });
    return NOTHING_INJECTED;
  }
  const compensation = source?.compensate?.(operation, calibration) ?? NOTHING_INJECTED.compensation;
  if (compensation.method === "none") return { calibration, compensation };
  const values: JsonObject = { ...calibration.values, compensation: { ...compensation } };
  return { calibration: { ...calibration, values }, compensation };
}

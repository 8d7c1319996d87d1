/** The state a backend stands in: its newest Calibration artifact, which runs on it cite as a parent. */
import { type Json, jsonObject, parseCanonicalJson } from "@arqon/core/base";
import type { Parent } from "@arqon/core/bundle";
import type { CalibrationSource } from "../runtime/index.ts";
import type { DoorParts } from "./through-door.ts";

/** Nothing for backends without state. */
export interface DeviceState {
  readonly parents: readonly Parent[];
  readonly calibrations?: CalibrationSource;
}

const RESULT = "results/calibration.json";

/** @throws ArqonError when the calibration's bundle cannot be read. */
export async function deviceState(
  backendId: string,
  { registry, vault }: Pick<DoorParts, "registry" | "vault">,
): Promise<DeviceState> {
  const manifest = registry.manifests().find(({ id }) => id === backendId);
  if (!manifest?.needsCalibration) return { parents: [] };
  // A calibration that was refused leaves the one before it standing.
  const row = await vault.latest("calibration", backendId, RESULT);
  const bytes = row && (await vault.bundle(row.recordId)).get(RESULT);
  if (!bytes) return { parents: [] }; // Never calibrated: the door says so.
  const { id, values } = jsonObject(parseCanonicalJson(bytes, RESULT), RESULT);
  const calibration = {
    id: String(id),
    takenAt: row.createdAt,
    values: jsonObject(values as Json, `${RESULT} values`),
  };
  return {
    parents: [{ artifactId: row.artifactId, role: "calibratedBy" }],
    calibrations: { current: async () => calibration },
  };
}

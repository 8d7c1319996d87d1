import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  canonicalJson,
  deriveUuid,
  type JsonObject,
  ManualTime,
  systemEntropy,
  utf8,
} from "@arqon/core/base";
import { systemVerifier } from "@arqon/core/proof";
import { openVault, type Vault } from "@arqon/vault";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Outcome } from "../runtime/index.ts";
import { calibrationHandler } from "./calibration-operator.ts";
import { DEVICE_MANIFEST, devicePlugin } from "./device-plugin.ts";
import { deviceState } from "./device-state.ts";
import { doorParts, JOB_ID, MemoryVault, quantumWork, workContext } from "./lab.fixture.ts";
import { replayHandler } from "./replay-operator.ts";
import type { DoorParts } from "./through-door.ts";
import { trustIn } from "./trust.ts";

const DEVICE = resolve(import.meta.dirname, "../../examples/device.json");

let home = "";
let vault: Vault;
let parts: DoorParts;
let jobs = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "arqon-calibration-"));
  vault = await openVault({ home, clock: new ManualTime(), entropy: systemEntropy });
  const trust = trustIn(await vault.publicKeys(), systemVerifier());
  parts = await doorParts(new MemoryVault(), { vault, trust });
  parts.registry.register(devicePlugin(() => Promise.reject(new TypeError("nothing runs")), parts.limits));
});
afterAll(async () => {
  await vault.close();
  await rm(home, { recursive: true });
});

const workOf = (topic: string, schema: string, program: string, parameters = "{}") =>
  quantumWork({
    id: deriveUuid(JOB_ID, `calibration ${jobs++}`),
    topic,
    capsuleChanges: {
      schema,
      program: utf8(program),
      programMediaType: "application/json",
      parametersJson: parameters,
    },
  });

const calibrate = (program: string): Promise<Outcome> =>
  calibrationHandler(parts, () => "default")(
    workOf("calibration.jobs", "arqonbus.calibration.job.v1", program),
    workContext(),
  );

test("a calibration that is refused leaves the one before it standing", async () => {
  expect(await deviceState(DEVICE_MANIFEST.id, parts)).toEqual({ parents: [] });
  const good = await calibrate(await readFile(DEVICE, "utf8"));
  const standing = [{ artifactId: good.ids?.artifactId, role: "calibratedBy" }];
  for (const program of ['{"a":1}', '{"b":2}']) {
    const refused = await calibrate(program);
    expect(refused.error?.code).toBe("CALIBRATION_INVALID");
    expect(refused.ids?.artifactId).toBeDefined();
  }
  const state = await deviceState(DEVICE_MANIFEST.id, parts);
  expect(state.parents).toEqual(standing);
  expect(await state.calibrations?.current(DEVICE_MANIFEST.id)).toMatchObject({
    id: (good.output as JsonObject)["calibration"],
  });
});

test("a calibration that gives a key twice is refused before anything is sealed", async () => {
  const text = (await readFile(DEVICE, "utf8")).replace("{", '{"device":"other",');
  await expect(calibrate(text)).rejects.toMatchObject({ code: "JSON_AMBIGUOUS" });
});

test.each([{ seed: "0x8" }, { shots: 3 }])("the replay of a calibration refuses %j", async (change) => {
  const { ids } = await calibrate(await readFile(DEVICE, "utf8"));
  const parameters = canonicalJson({ artifact: ids?.artifactId ?? "", ...change });
  const work = workOf("replay.jobs", "arqonbus.replay.job.v1", "", parameters);
  await expect(replayHandler(parts, () => "default")(work, workContext())).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining("is a calibration"),
  });
});

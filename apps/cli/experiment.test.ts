import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Arguments } from "./command.ts";
import { experimentFrom, readCalibrationFile } from "./experiment.ts";

test("the length of dt goes into the recipes of circuits that speak of dt, and of no others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "arqon-experiment-"));
  try {
    const file = join(folder, "machine.json");
    const calibration = {
      schema: "arqonbus.calibration.v1",
      device: "machine",
      dtNs: 0.25,
      qubits: [{ t1Ns: 1000 }],
      gates: [],
    };
    writeFileSync(file, JSON.stringify(calibration));
    const args: Arguments = {
      positionals: [],
      text: (option) => (option === "noise" ? file : undefined),
      texts: () => [],
      flag: () => false,
    };
    const { dtNs: _, ...rest } = calibration;
    for (const source of ["x q;", "delay[100ns] q;", "bit[2] dt; h q[1]; // 2dts"])
      expect((await experimentFrom(args, source)).noise?.["calibration"]).toEqual(rest);
    for (const source of ["delay[100dt] q;", "delay[1. dt] q;", "duration d = 2.5dt;"])
      expect((await experimentFrom(args, source)).noise?.["calibration"]).toEqual(calibration);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const argsOf = (options: Readonly<Record<string, string>>): Arguments => ({
  positionals: [],
  text: (option) => options[option],
  texts: () => [],
  flag: () => false,
});

test("bond and loss of a matrix product state, and the policy of a calibration, are parameters of the job", async () => {
  expect(await experimentFrom(argsOf({ "mps-bond": "128", "mps-loss": "1e-3" }), "")).toEqual({
    mps: { maxBond: 128, maxLoss: 1e-3 },
  });
  expect(await experimentFrom(argsOf({}), "")).toEqual({});
  for (const options of [
    { "mps-bond": "0" },
    { "mps-loss": "" },
    { "mps-loss": "2" },
    { "calibration-policy": "warn" },
  ])
    await expect(experimentFrom(argsOf(options), "")).rejects.toMatchObject({ code: "USAGE" });
  const noise = join(import.meta.dirname, "../../examples/line5.calibration.json");
  const asked = await experimentFrom(argsOf({ noise, "calibration-policy": "refuse" }), "");
  expect(asked.noise?.["policy"]).toBe("refuse");
});

test("a calibration file that is no JSON is an invalid calibration", async () => {
  const folder = mkdtempSync(join(tmpdir(), "arqon-experiment-"));
  try {
    const file = join(folder, "bad.json");
    writeFileSync(file, "{");
    await expect(readCalibrationFile(file)).rejects.toMatchObject({
      code: "CALIBRATION_INVALID",
      message: expect.stringContaining("bad.json"),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

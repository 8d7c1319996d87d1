import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Arguments } from "./command.ts";
import { experimentFrom } from "./experiment.ts";

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

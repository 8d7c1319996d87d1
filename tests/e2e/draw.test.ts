import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newHome } from "./cli.ts";

const TELEPORT = `OPENQASM 3.0; include "stdgates.inc";
qubit[2] q; output bit r; bit c;
h q[0]; c = measure q[0]; if (c) x q[1]; r = measure q[1];`;

test("arqon draw and arqon transpile take the inputs of a circuit", async () => {
  using home = newHome();
  const file = home.file("turn.qasm");
  writeFileSync(file, 'OPENQASM 3.0; include "stdgates.inc"; input float theta; qubit q; rx(theta) q;');
  expect((await home.arqon(["draw", file])).code).toBe(2);
  expect((await home.arqon(["draw", file, "--input", "theta=0.25"])).stdout).toContain("0.25");
  const compiled = await home.arqon(["transpile", file, "--basis", "rz,ry,cx", "--input", "theta=0.25"]);
  expect([compiled.code, compiled.stdout]).toEqual([0, expect.stringContaining("ry(")]);
});

test("a circuit of OpenQASM 3 is drawn, run, verified and replayed", async () => {
  using home = newHome();
  const file = home.file("feedback.qasm");
  writeFileSync(file, TELEPORT);
  const drawn = await home.arqon(["draw", file]);
  expect([drawn.code, drawn.stdout.split("\n")[0]], drawn.stderr).toEqual([
    0,
    "q[0]   ──[H]──[M]────────────────",
  ]);
  const svg = home.file("feedback.svg");
  expect((await home.arqon(["draw", file, "--svg", svg])).code).toBe(0);
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg /);
  expect((await home.arqon(["draw", file, "--svg", home.file("no/such/folder.svg")])).code).not.toBe(0);

  const run = await home.arqon(["run", file, "--seed", "3", "--json"]);
  expect(run.code, run.stderr).toBe(0);
  const { artifactId, counts } = run.json<{ artifactId: string; counts: Record<string, number> }>();
  expect(Object.keys(counts).sort()).toEqual(["0", "1"]);
  expect((await home.arqon(["verify", artifactId])).code).toBe(0);
  const again = await home.arqon(["replay", artifactId]);
  expect([again.code, again.stdout.split("\n")[0]], again.stderr).toEqual([0, "IDENTICAL"]);
});

test("arqon transpile takes a calibration's values by the policy that is named", async () => {
  using home = newHome();
  const file = home.file("bell.qasm");
  writeFileSync(file, 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q[0]; cx q[0],q[1];');
  const one = [0, 1].flatMap((q) => ["rz", "sx", "x"].map((gate) => ({ gate, qubits: [q], error: 0.001 })));
  const calibration = { schema: "arqonbus.calibration.v1", device: "dim", qubits: [{}, {}] };
  const device = home.file("dim.json");
  const gates = [...one, { gate: "cz", qubits: [0, 1], error: 1 }];
  writeFileSync(device, JSON.stringify({ ...calibration, gates }));
  const transpile = (...more: string[]) => home.arqon(["transpile", file, "--device", device, ...more]);
  const refused = await transpile();
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("--calibration-policy warn")]);
  expect((await transpile("--calibration-policy", "warn")).stdout).toContain("cz q[0],q[1];");
  expect((await transpile("--calibration-policy", "hope")).code).toBe(2);
});

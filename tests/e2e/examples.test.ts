/** The examples that use the SDKs run as they are written, and say the same in both languages. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Home, newHome, type Serving } from "./cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PYTHON = resolve(ROOT, ".venv/bin/python");
let home: Home;
let server: Serving;
beforeAll(async () => {
  home = newHome();
  server = await home.serve();
});
afterAll(async () => {
  await server.stop();
  home[Symbol.dispose]();
});

async function said(command: string, file: string): Promise<string[]> {
  const { ARQON_URL: _url, ARQON_API_KEY: _key, ...rest } = process.env;
  const env = { ...rest, ARQON_HOME: home.path, PYTHONPATH: resolve(ROOT, "sdk/python/src") };
  const child = spawn(command, [resolve(ROOT, "examples", file)], { env });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    err += data;
  });
  const code = await new Promise((done) => child.once("close", done));
  expect(code, err).toBe(0);
  return out.trim().split("\n");
}

/** The descent by hand: <ZZ> is cos(phi/2), <XX> is sin(theta) cos(2 theta + phi). */
function descent(): string[] {
  let [theta, phi] = [0.4, 1.3];
  return Array.from({ length: 5 }, (_, step) => {
    const turn = 2 * theta + phi;
    const energy = Math.cos(phi / 2) - 0.5 * Math.sin(theta) * Math.cos(turn);
    const byTheta = -0.5 * Math.cos(theta) * Math.cos(turn) + Math.sin(theta) * Math.sin(turn);
    const byPhi = -0.5 * Math.sin(phi / 2) + 0.5 * Math.sin(theta) * Math.sin(turn);
    [theta, phi] = [theta - 0.4 * byTheta, phi - 0.4 * byPhi];
    return `step ${step}: energy ${energy.toFixed(4)}`;
  });
}

const EXPECTED = [
  expect.stringMatching(/^entangled: HOLDS, <ZZ> = 1/),
  "the validation replayed: IDENTICAL",
  ...descent(),
  expect.stringMatching(/^1024 shots on .*, calibration sha256:[0-9a-f]{12}$/),
  "right: 8 of 8, the control 8",
];
let typescript: string[] | undefined;

test("in TypeScript", async () => {
  typescript = await said(process.execPath, "experiments.mts");
  expect(typescript).toEqual(EXPECTED);
});

test.skipIf(!existsSync(PYTHON))("in Python, to the last digit the same", async () => {
  const python = await said(PYTHON, "experiments.py");
  expect(python.map((line) => line.replace("1.0,", "1,"))).toEqual(typescript ?? EXPECTED);
});

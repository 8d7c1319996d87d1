import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Ten million with ARQON_FUZZ=10000000. */
const INPUTS = Number(process.env["ARQON_FUZZ"] ?? 60_000);
const SEED = process.env["ARQON_SEED"] ?? "1";
/** Silence that counts as a hang. */
const SILENCE_MS = 180_000;

test(`${INPUTS} inputs, sound and spoiled: nothing crashes, hangs, grows or disagrees with its oracle`, async () => {
  const script = fileURLToPath(new URL("fuzz.ts", import.meta.url));
  const child = spawn(process.execPath, ["--no-warnings", "--expose-gc", script, String(INPUTS), SEED]);
  let said = "";
  let complained = "";
  let watch = setTimeout(() => child.kill("SIGKILL"), SILENCE_MS);
  const beat = (): void => {
    clearTimeout(watch);
    watch = setTimeout(() => child.kill("SIGKILL"), SILENCE_MS);
  };
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  child.stderr.on("data", (chunk) => {
    complained += chunk;
    beat();
  });
  const code = await new Promise((done) => child.on("close", done));
  clearTimeout(watch);
  expect({ code, complained: complained.replace(/^\.+/, "") }).toEqual({ code: 0, complained: "" });
  const rows: { name: string; inputs: number; perSecond: number }[] = JSON.parse(said);
  expect(rows.reduce((sum, { inputs }) => sum + inputs, 0)).toBeGreaterThanOrEqual(INPUTS);
  if (process.env["ARQON_FUZZ"]) console.table(rows);
}, 3_600_000);

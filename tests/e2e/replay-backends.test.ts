/** A replay on every backend and engine, and on operators that are not the server's own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fromUtf8, type Json, type JsonObject } from "@arqon/core/base";
import { type CircuitOptions, type Client, connect, operator } from "@arqon/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Home, newHome, type Serving } from "./cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PYTHON = resolve(ROOT, ".venv/bin/python");
const example = (name: string): string => readFileSync(resolve(ROOT, "examples", name), "utf8");
const CALIBRATION = JSON.parse(example("line5.calibration.json")) as JsonObject;

const head = (qubits: number): string =>
  `OPENQASM 2.0; include "qelib1.inc"; qreg q[${qubits}]; creg c[${qubits}];`;
const ghz = (qubits: number): string =>
  `${head(qubits)} h q[0];${Array.from({ length: qubits - 1 }, (_, k) => `cx q[${k}],q[${k + 1}];`).join("")} measure q -> c;`;

const CIRCUITS: readonly (readonly [string, string, CircuitOptions])[] = [
  ["statevector in f64", example("bell.qasm"), { engine: "statevector" }],
  ["statevector in f32", example("bell.qasm"), { engine: "statevector", precision: "f32" }],
  ["stabilizer, 60 qubits", ghz(60), { engine: "stabilizer" }],
  ["mps, 30 qubits", ghz(30), { engine: "mps" }],
  ["density with the noise of a device", ghz(3), { engine: "density", noise: { calibration: CALIBRATION } }],
  [
    "trajectories with noise",
    ghz(3),
    { engine: "trajectories", noise: { calibration: CALIBRATION, idle: true } },
  ],
  ["measured on the way", example("teleport.qasm"), {}],
  ["inputs of OpenQASM 3", example("ansatz.qasm"), { inputs: { theta: 0.4, phi: 1.3 }, observables: ["ZZ"] }],
];

let home: Home;
let server: Serving;
let client: Client;
let python: ChildProcess | undefined;

beforeAll(async () => {
  home = newHome();
  server = await home.serve();
  client = await connect({ url: server.url, apiKey: server.apiKey });
});
afterAll(async () => {
  python?.kill();
  await client.close();
  await server.stop();
  home[Symbol.dispose]();
});

/** Replays without a change, and with another seed; the first is IDENTICAL, the second never EQUIVALENT. */
async function repeats(artifactId: string, seed?: string): Promise<void> {
  const { verdict, comparison } = await client.replay(artifactId);
  expect([verdict, comparison["sentence"]]).toEqual(["IDENTICAL", "same recipe, conditions and results"]);
  if (seed === undefined) return;
  const other = await client.replay(artifactId, { seed });
  expect(other.verdict).toBe("DIFFERENT_EXPLAINED");
  expect(other.causes).toMatchObject([{ kind: "seed" }]);
}

async function sealed(topic: string, schema: string, program: string | Json, parameters: JsonObject = {}) {
  const job = await client.submit(topic, {
    schema,
    program: typeof program === "string" ? program : JSON.stringify(program),
    programMediaType: typeof program === "string" ? "text/plain" : "application/json",
    parameters,
  });
  await job.result();
  return (await job.sealed()).artifactId;
}

describe("a replay is IDENTICAL, and with another seed DIFFERENT_EXPLAINED", () => {
  test.each(CIRCUITS)("on %s", async (_what, qasm, options) => {
    const run = await client.runCircuit(qasm, { ...options, shots: 500, seed: 7 });
    await repeats(run.artifactId, "0x8");
  });

  test("on a simulated device under its calibration", async () => {
    const path = resolve(ROOT, "examples/device.json");
    expect((await home.arqon(["calibration", "import", path])).code).toBe(0);
    const run = await client.runCircuit(example("bell.qasm"), { backend: "sim-device", seed: 7, shots: 500 });
    await repeats(run.artifactId, "0x8");
  });

  test.each([0, 400])("of a gradient with %i shots", async (shots) => {
    const job = await client.submit("quantum.jobs", {
      schema: "arqonbus.gradient.job.v1",
      program: example("ansatz.qasm"),
      programMediaType: "text/x-openqasm;version=3.0",
      parameters: { level: 0.95, observable: "ZZ", parameters: { theta: 0.4, phi: 1.3 }, seed: "0x3", shots },
    });
    await repeats((await job.result()).artifactId, "0x4");
  });

  test.each(["kernel", "variational"])("of a %s classifier", async (method) => {
    const points = Array.from({ length: 16 }, (_, k) => [k % 2 === 0 ? 0.1 * k : 3 + 0.1 * k, (k * 7) % 5]);
    const program = {
      features: points,
      labels: points.map((_, k) => (k % 2 === 0 ? "a" : "b")),
      unseen: [
        [0.2, 1],
        [4, 2],
      ],
    };
    const parameters = { method, qubits: 2, seed: "0x5", ...(method === "variational" && { epochs: 3 }) };
    await repeats(await sealed("qml.jobs", "arqonbus.qml.job.v1", program, parameters), "0x6");
  });

  test("of an operator in TypeScript that is not the server's own", async () => {
    const worker = await operator({
      url: server.url,
      apiKey: server.apiKey,
      topic: "dice.jobs",
      handle: async ({ capsule, parameters }) => ({
        text: fromUtf8(capsule.program),
        thrown: (Number(parameters["seed"]) * 7) % 6,
      }),
    });
    const id = await sealed("dice.jobs", "lab.dice.job.v1", "a die", { seed: "0x2a" });
    await repeats(id, "0x2b");
    const again = await client.replay(id);
    expect(again.originalReplay).toBeUndefined();
    const { verdict, originalReplay } = await client.replay(again.artifactId);
    expect([verdict, originalReplay]).toEqual(["IDENTICAL", { verdict: "IDENTICAL", replayOf: id }]);
    const shown = (await home.arqon(["show", again.artifactId, "--json"])).json<JsonObject>();
    expect(shown).toMatchObject({ artifactType: "replay", reported: true });
    expect((await home.arqon(["verify", again.artifactId])).code).toBe(0);
    await worker.drain();
  });

  test.skipIf(!existsSync(PYTHON))("of an operator in Python", async () => {
    const file = home.file("shout.py");
    writeFileSync(
      file,
      `import arqon\n@arqon.operator("upper.jobs")\ndef upper(job):\n    return {"text": job.text.upper(), "seed": job.parameters["seed"]}\nupper.run(ready=lambda: print("ready", flush=True))\n`,
    );
    const env = { ...process.env, ARQON_URL: server.url, ARQON_API_KEY: server.apiKey };
    python = spawn(PYTHON, [file], { env: { ...env, PYTHONPATH: resolve(ROOT, "sdk/python/src") } });
    for await (const line of createInterface({ input: python.stdout as NodeJS.ReadableStream }))
      if (line === "ready") break;
    await repeats(await sealed("upper.jobs", "lab.upper.job.v1", "shout", { seed: "0x1" }), "0x2");
  });
});

describe("a replay of what a foreign operator did is NOT_COMPARABLE", () => {
  test("when its effect was physical: it is not done again unasked", async () => {
    let done = 0;
    const worker = await operator({
      url: server.url,
      apiKey: server.apiKey,
      topic: "arm.jobs",
      handle: async () => ({ moved: ++done }),
    });
    const job = await client.submit("arm.jobs", { schema: "lab.arm.v1", program: "up", effect: "physical" });
    const { artifactId } = await job.sealed();
    const { verdict, comparison } = await client.replay(artifactId);
    expect([verdict, comparison["sentence"]]).toEqual([
      "NOT_COMPARABLE",
      expect.stringContaining("physical"),
    ]);
    expect(done).toBe(1);
    await worker.drain();
  });

  test("when nobody serves its topic any more", async () => {
    const options = { url: server.url, apiKey: server.apiKey, topic: "gone.jobs" };
    const worker = await operator({ ...options, handle: async () => ({ ok: true }) });
    const id = await sealed("gone.jobs", "lab.gone.v1", "x");
    await worker.drain();
    const { verdict, comparison } = await client.replay(id);
    expect([verdict, comparison["sentence"]]).toEqual([
      "NOT_COMPARABLE",
      expect.stringContaining("nobody took it on gone.jobs within 10 s"),
    ]);
  });
});

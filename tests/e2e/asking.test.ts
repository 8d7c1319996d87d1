/** What the server says of circuits before they run and of artifacts after: estimates, lineages and citations, over the bus. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Client, connect } from "@arqon/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Home, newHome, type Serving } from "./cli.ts";

const BELL = readFileSync(resolve(import.meta.dirname, "../../examples/bell.qasm"), "utf8");
let home: Home;
let server: Serving;
let client: Client;
beforeAll(async () => {
  home = newHome();
  server = await home.serve();
  const { apiKey } = JSON.parse(readFileSync(join(home.path, "client.json"), "utf8")) as { apiKey: string };
  const { url } = JSON.parse(readFileSync(join(home.path, "server.json"), "utf8")) as { url: string };
  client = await connect({ url, apiKey });
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
  home?.[Symbol.dispose]();
});

test("an estimate says what the CLI says; what is too large is refused with the figures, before anything runs", async () => {
  const cost = await client.estimate(BELL, { shots: 500 });
  expect(cost).toMatchObject({
    engine: "statevector",
    qubits: 2,
    simulatedQubits: 2,
    shots: 500,
    warnings: [],
  });
  const file = resolve(import.meta.dirname, "../../examples/bell.qasm");
  const told = await home.arqon(["estimate", file, "--shots", "500", "--json"]);
  expect(told.json()).toEqual({ ...cost, warnings: [] });

  const wide = `OPENQASM 2.0; include "qelib1.inc"; qreg q[40]; ${Array.from({ length: 40 }, (_, q) => `t q[${q}]; h q[${q}];`).join(" ")}`;
  await expect(client.estimate(wide, { engine: "statevector" })).rejects.toMatchObject({
    code: "QUANTUM_TOO_LARGE",
  });
  await expect(client.estimate("OPENQASM 2.0; nonsense q;")).rejects.toMatchObject({ code: "QASM_SEMANTIC" });
  await expect(client.estimate(BELL, { shots: 0 })).rejects.toMatchObject({ code: "USAGE" });
  for (const asked of [{}, { program: 1 }, [], { program: BELL, parameters: { shots: "x" } }])
    await expect(client.request("quantum.circuit.estimate", asked)).rejects.toMatchObject({
      code: expect.stringMatching(/USAGE|JSON_INVALID/),
    });
});

test("an artifact's lineage and citation are asked of the server that keeps it", async () => {
  const { artifactId } = await client.runCircuit(BELL, { shots: 100, seed: 1, name: "bell.qasm" });
  const replay = await client.replay(artifactId);
  const { ancestors, descendants, artifacts } = await client.lineage(artifactId);
  expect([ancestors, descendants]).toEqual([
    [],
    [{ child: replay.artifactId, parent: artifactId, role: "replayOf" }],
  ]);
  expect(artifacts.map((each) => each.artifactId).sort()).toEqual([artifactId, replay.artifactId].sort());
  expect((await client.lineage(artifactId.slice(7, 19), { depth: 0 })).descendants).toEqual([]);

  const metadata = { creators: [{ name: "Lovelace, Ada" }], title: "A Bell pair" };
  const bibtex = await client.cite(artifactId, { format: "bibtex", metadata });
  expect(bibtex).toMatch(/^@misc\{lovelace/);
  for (const words of ["Lovelace, Ada", "A Bell pair", artifactId]) expect(bibtex).toContain(words);
  expect(await client.cite(artifactId)).toMatch(/^@dataset/);

  const nobody = { code: "ARTIFACT_UNKNOWN" };
  await expect(client.lineage("0".repeat(64))).rejects.toMatchObject(nobody);
  await expect(client.cite("0".repeat(64))).rejects.toMatchObject(nobody);
  await expect(client.lineage(artifactId, { depth: 1.5 })).rejects.toMatchObject({ code: "USAGE" });
  await expect(client.cite(artifactId, { format: "word" as "cff" })).rejects.toMatchObject({ code: "USAGE" });
});

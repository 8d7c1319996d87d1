/** Tenants of one server do not see each other's artifacts: not in lists, by id, by the start of an id, or by using them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { sha256Hex, utf8 } from "@arqon/core/base";
import { type Client, connect, operator } from "@arqon/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Home, newHome, type Serving } from "./cli.ts";

const BELL = readFileSync(resolve(import.meta.dirname, "../../examples/bell.qasm"), "utf8");
const CAPABILITIES = [
  "can_publish:quantum.jobs",
  "can_execute:quantum.jobs",
  "can_execute:backend.>",
  "can_publish:replay.jobs",
  "can_execute:replay.jobs",
  "can_publish:validation.jobs",
  "can_execute:validation.jobs",
  "can_publish:calibration.jobs",
  "can_execute:calibration.jobs",
  "can_publish:artifact.*.get",
  "can_publish:dice.jobs",
  "can_execute:dice.jobs",
];
const UNKNOWN = { code: "ARTIFACT_UNKNOWN" };
let home: Home;
let server: Serving;
let ada: Client;
let bob: Client;

beforeAll(async () => {
  home = newHome();
  await home.arqon(["runs"]);
  const keys = { ada: "a".repeat(32), bob: "b".repeat(32) };
  const file = join(home.path, "access.json");
  server = await home.serve();
  const there = JSON.parse(readFileSync(file, "utf8")) as object[];
  await server.stop();
  const added = Object.entries(keys).map(([id, key]) => ({
    id,
    tenant: `lab-${id}`,
    capabilities: CAPABILITIES,
    keyHashes: [sha256Hex(utf8(key))],
  }));
  writeFileSync(file, JSON.stringify([...there, ...added]));
  server = await home.serve();
  const { url } = JSON.parse(readFileSync(join(home.path, "server.json"), "utf8")) as { url: string };
  ada = await connect({ url, apiKey: keys.ada });
  bob = await connect({ url, apiKey: keys.bob });
});
afterAll(async () => {
  await ada?.close();
  await bob?.close();
  await server?.stop();
  home?.[Symbol.dispose]();
});

test("what one tenant has is not there for another, but the server's owner has all", async () => {
  const run = await ada.runCircuit(BELL, { shots: 100, seed: 7, tags: ["mine"] });
  const { artifactId, recordId } = run;
  expect(await ada.runs()).toMatchObject([{ artifactId, tags: ["mine"] }]);
  expect(await bob.runs()).toEqual([]);
  expect(await bob.runs({ tags: ["mine"] })).toEqual([]);
  expect((await ada.fetchBundle(artifactId)).length).toBeGreaterThan(1000);
  for (const id of [artifactId, recordId, artifactId.slice(7, 19), artifactId.slice(7, 8)]) {
    await expect(bob.fetchBundle(id), id).rejects.toMatchObject(UNKNOWN);
    await expect(bob.lineage(id), id).rejects.toMatchObject(UNKNOWN);
    await expect(bob.cite(id), id).rejects.toMatchObject(UNKNOWN);
    await expect(bob.replay(id), id).rejects.toMatchObject(UNKNOWN);
    await expect(bob.validate(id, { constraints: [] }), id).rejects.toMatchObject({
      code: expect.stringMatching(/ARTIFACT_UNKNOWN|USAGE/),
    });
  }
  expect(await home.arqon(["runs", "--json"]).then((told) => told.json())).toMatchObject([{ artifactId }]);

  // The same circuit with the same seed is the same artifact; each has a record of it, and sees that one.
  const same = await bob.runCircuit(BELL, { shots: 100, seed: 7 });
  expect(same.artifactId).toBe(artifactId);
  expect(same.recordId).not.toBe(recordId);
  expect(await bob.runs()).toMatchObject([{ artifactId, recordId: same.recordId, tags: [], reproduced: 1 }]);
  expect((await bob.lineage(artifactId)).artifacts).toMatchObject([{ row: { reproduced: 1 } }]);
  expect(await ada.runs()).toMatchObject([{ artifactId, recordId, tags: ["mine"] }]);
  await expect(bob.fetchBundle(recordId)).rejects.toMatchObject(UNKNOWN);
  const replay = await ada.replay(artifactId);
  expect(replay.verdict).toBe("IDENTICAL");
  expect((await ada.lineage(artifactId)).descendants).toHaveLength(1);
  expect((await bob.lineage(artifactId)).descendants).toEqual([]);
});

test("what a service of the server has done for a tenant is that tenant's: no record is nobody's", async () => {
  const { url } = JSON.parse(readFileSync(join(home.path, "server.json"), "utf8")) as { url: string };
  const { apiKey } = JSON.parse(readFileSync(join(home.path, "client.json"), "utf8")) as { apiKey: string };
  const die = await operator({ url, apiKey, topic: "dice.jobs", handle: async () => ({ thrown: 4 }) });
  const [adas, bobs] = [await ada.runs(), await bob.runs()];
  const job = await ada.submit("dice.jobs", {
    schema: "lab.dice.job.v1",
    program: "a die",
    programMediaType: "text/plain",
    parameters: { seed: "0x1" },
  });
  await job.result();
  const { artifactId } = await job.sealed();
  const replay = await ada.replay(artifactId);
  expect(replay.verdict).toBe("IDENTICAL");
  // The run, the same run again, and the replay that compares them.
  const now = await ada.runs();
  expect(now).toHaveLength(adas.length + 3);
  expect(await bob.runs()).toEqual(bobs);
  const all = (await home.arqon(["runs", "--json"])).json<{ artifactId: string }[]>();
  const idsOf = (rows: readonly { artifactId: string }[]) => new Set(rows.map((row) => row.artifactId));
  expect(idsOf(all)).toEqual(idsOf([...now, ...bobs]));
  await die.drain();
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contextFor, toss } from "./coin.fixture.ts";
import { discoverPlugins } from "./discovery.ts";
import { execute } from "./door.ts";
import { PluginRegistry } from "./registry.ts";

/** A plugin as somebody outside this tree writes it: plain JavaScript, no import. */
const DICE = `
export const plugin = (redeem) => ({
  manifest: {
    id: "dice", backendClass: "hardware", kinds: ["dice.roll"], engine: { name: "dice", semantics: "1" },
    version: "0.0.1", maxQubits: 0, precision: "exact", deterministic: false, needsCalibration: false,
    costPerShot: 0.01, expectedFidelity: 1,
  },
  estimate: () => ({ qubits: 0, memoryBytes: 0, timeMs: 0 }),
  health: async () => ({ ok: true, note: "on the table" }),
  execute: async (operation, permit) => {
    redeem(permit, operation);
    return { results: [{ name: "counts.json", value: { "6": 1 } }], notes: {}, warnings: [] };
  },
});
`;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "arqon-plugin-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function moduleOf(name: string, source: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, source);
  return pathToFileURL(path).href;
}

test("a plugin from outside the tree is found, listed and served by the door", async () => {
  const registry = new PluginRegistry();
  const [manifest] = await discoverPlugins(registry, [await moduleOf("dice.mjs", DICE)]);
  expect(manifest?.id).toBe("dice");
  expect(registry.manifests().map(({ id }) => id)).toEqual(["dice"]);
  expect(await registry.health("dice")).toEqual({ ok: true, note: "on the table" });
  const execution = await execute(
    toss({ kind: "dice.roll", backendId: "dice" }),
    contextFor(undefined, { registry }),
  );
  expect(execution.results).toEqual([{ name: "counts.json", value: { "6": 1 } }]);
});

test("a module without a plugin is refused by name", async () => {
  const url = await moduleOf("empty.mjs", "export const x = 1;");
  await expect(discoverPlugins(new PluginRegistry(), [url])).rejects.toThrow(
    /empty\.mjs does not export a plugin/,
  );
});

test("two plugins cannot share an id, and a manifest must make sense", async () => {
  const registry = new PluginRegistry();
  await discoverPlugins(registry, [await moduleOf("dice.mjs", DICE)]);
  await expect(discoverPlugins(registry, [await moduleOf("dice2.mjs", DICE)])).rejects.toThrow(
    "registered already",
  );
  for (const [wrong, text] of [
    [DICE.replace('id: "dice"', 'id: "di.ce"'), "characters other than"],
    [DICE.replace("expectedFidelity: 1", "expectedFidelity: 1.5"), "expectedFidelity"],
    [DICE.replace("costPerShot: 0.01", "costPerShot: -1"), "costPerShot"],
    [DICE.replace('["dice.roll"]', "[]"), "no kind"],
  ] as const)
    await expect(
      discoverPlugins(new PluginRegistry(), [
        await moduleOf(`w${Math.abs(wrong.length)}-${text.length}.mjs`, wrong),
      ]),
    ).rejects.toThrow(text);
  expect(registry.unregister("dice")).toBe(true);
  expect(() => registry.manifest("dice")).toThrow("no backend");
});

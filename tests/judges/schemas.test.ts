/** Every JSON file of every kind of bundle meets its published schema, by two validators that nobody here wrote. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { ArqonError, fromUtf8, type Json, type JsonObject, parseJson } from "@arqon/core/base";
import { type BundleFiles, readZip } from "@arqon/core/bundle";
import { type Client, connect, operator } from "@arqon/sdk";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newHome } from "../e2e/cli.ts";
import { sbomJudge } from "./places.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const example = (name: string): string => readFileSync(join(ROOT, "examples", name), "utf8");
const jsonExample = (name: string): JsonObject => JSON.parse(example(name)) as JsonObject;

/** "results/gradient.json" to "gradient.v1", as docs/spec/bundle.md says; a "*" is any part of a name. */
const TABLE: readonly (readonly [RegExp, string])[] = [
  ...readFileSync(join(ROOT, "docs/spec/bundle.md"), "utf8").matchAll(
    /^\| (`[^|]*\.json`[^|]*) \| `([a-z_]+\.v1)` \|$/gm,
  ),
].flatMap(([, paths, schema]) =>
  [...(paths as string).matchAll(/`([^`]+)`/g)].map(([, path]) => {
    const pattern = (path as string).replaceAll(".", "\\.").replaceAll("*", "[0-9a-f]+");
    return [new RegExp(`^${pattern}$`), schema as string] as const;
  }),
);
/** Whose form depends on what was asked. */
const ASKED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "recipe/parameters.json": {
    "quantum.circuit.run": "quantum_job.v1#/$defs/parameters",
    "quantum.circuit.gradient": "gradient_job.v1",
    "qml.classify": "qml_job.v1#/$defs/parameters",
  },
  "recipe/program.json": {
    "qml.classify": "qml_job.v1#/$defs/program",
    "backend.calibrate": "calibration.v1",
  },
};
/** Of others, or of no form. */
const FREE = /^(datacite|ro-crate-metadata|record\/operator|results\/output)\.json$/;

function schemaOf(path: string, files: BundleFiles): string | undefined {
  const listed = TABLE.find(([pattern]) => pattern.test(path))?.[1];
  if (listed) return listed;
  const replay = files.get("recipe/replay.json");
  const { kind } = replay ? (parseJson(fromUtf8(replay), path) as JsonObject) : {};
  return ASKED[path]?.[String(kind)];
}

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
const schemas = new Map<string, JsonObject>();
for (const name of readdirSync(join(ROOT, "schemas"))) {
  const schema = JSON.parse(readFileSync(join(ROOT, "schemas", name), "utf8")) as JsonObject;
  schemas.set(name.replace(".schema.json", ""), schema);
  ajv.addSchema(schema);
}
function wrongIn(name: string, value: Json): string {
  const [schema = "", part = ""] = name.split("#");
  const validate = ajv.getSchema(`${schemas.get(schema)?.["$id"]}#${part}`);
  if (!validate) throw new TypeError(`no schema ${name}`);
  return validate(value) ? "" : ajv.errorsText(validate.errors);
}

/** One of every kind, and of each of its forms; the ids of their records, or of their artifacts. */
async function everyKind(client: Client, at: { url: string; apiKey: string }): Promise<string[]> {
  const qasm = example("bell.qasm");
  const source = { commit: "a".repeat(40), diff: "-a\n+b\n", tree: `swh:1:dir:${"b".repeat(40)}` };
  const labels = { tags: ["every kind", "été"], note: "one of every kind\nof artifact" };
  const run = await client.runCircuit(qasm, { seed: 1, observables: ["ZZ", { XX: 0.5 }], source, ...labels });
  const noise = { calibration: jsonExample("line5.calibration.json") };
  const noisy = await client.runCircuit(qasm, { seed: 1, noise });
  const options = { observable: "ZZ", parameters: { theta: 0.4, phi: 1 } };
  const exact = await client.gradient(example("ansatz.qasm"), { ...options, ...labels });
  const sampled = await client.gradient(example("ansatz.qasm"), { ...options, shots: 100, seed: 1 });
  const constraints = [
    { kind: "expectation", observable: "ZZ", min: 0.9 },
    { kind: "distribution", probabilities: { "00": 0.5, "11": 0.5 } },
    { kind: "value", file: "results/summary.json", pointer: "/qubits", max: 2 },
  ];
  const validation = await client.validate(run.artifactId, constraints, labels);
  const calibration = await client.calibration(jsonExample("device.json"), labels);
  const device = await client.runCircuit(qasm, { backend: calibration.backend, seed: 1 });
  const samples = {
    features: [
      [1, 2],
      [2, 3],
      [3, 1],
      [4, 9],
    ],
    labels: ["a", "a", "b", "b"],
    unseen: [[1, 1]],
  };
  const kernel = await client.classify({ ...samples, truth: ["a"] }, { qubits: 2, seed: 1, ...labels });
  const variational = await client.classify(samples, {
    method: "variational",
    qubits: 2,
    seed: 1,
    epochs: 2,
  });
  const replays = [
    await client.replay(run.artifactId, { seed: 9, ...labels }),
    await client.replay(validation.artifactId, labels),
    await client.replay(device.artifactId),
  ];
  replays.push(await client.replay(replays[0]?.artifactId ?? ""));

  const foreign = await operator({
    ...at,
    topic: "others.jobs",
    handle: async ({ parameters }) => {
      if (parameters["fail"]) throw new ArqonError("EXECUTION_FAILED", "as told");
      return { counts: { "0": 3 } };
    },
  });
  const reported = async (parameters: JsonObject): Promise<string> =>
    (
      await (
        await client.submit("others.jobs", { ...labels, schema: "s", program: "p", parameters })
      ).sealed()
    ).artifactId;
  const answered = await reported({ seed: "0x1" });
  const failed = await reported({ fail: true });
  replays.push(await client.replay(answered, labels));
  await foreign.drain();

  const wide = await client.submit("quantum.jobs", {
    schema: "arqonbus.quantum.job.v1",
    program: 'OPENQASM 2.0; include "qelib1.inc"; qreg q[40]; creg c[40]; h q; t q; h q; measure q -> c;',
    programMediaType: "text/x-openqasm;version=2.0",
    parameters: { engine: "statevector" },
  });
  const made = [run, noisy, exact, sampled, validation, calibration, device, kernel, variational, ...replays];
  return [...made.map(({ artifactId }) => artifactId), answered, failed, (await wide.sealed()).artifactId];
}

describe("the JSON files of bundles", () => {
  const scratch = mkdtempSync(join(tmpdir(), "arqon-schemas-"));
  const bundles: BundleFiles[] = [];
  beforeAll(async () => {
    using home = newHome();
    const server = await home.serve();
    const at = { url: server.url, apiKey: server.apiKey };
    const client = await connect(at);
    for (const id of await everyKind(client, at)) bundles.push(readZip(await client.fetchBundle(id)));
    await client.close();
    await server.stop();
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  const jsonFiles = () =>
    bundles.flatMap((files, k) =>
      [...files].flatMap(([path, bytes]) => {
        const schema = path.endsWith(".json") ? schemaOf(path, files) : undefined;
        return schema ? [{ k, path, schema, value: parseJson(fromUtf8(bytes), path), bytes }] : [];
      }),
    );

  test("have a schema each, or are listed as somebody else's", () => {
    const reported = (files: BundleFiles) =>
      files.has("record/operator.json") || files.has("results/output.json");
    const without = bundles.flatMap((files) =>
      [...files.keys()].filter(
        (path) =>
          path.endsWith(".json") &&
          !FREE.test(path) &&
          !schemaOf(path, files) &&
          !(reported(files) && path.startsWith("recipe/")),
      ),
    );
    expect(without.filter((path) => path !== "recipe/parameters.json")).toEqual([]);
    const used = new Set(jsonFiles().map(({ schema }) => schema.split("#")[0]));
    expect(TABLE.map(([, schema]) => schema).filter((schema) => !used.has(schema))).toEqual([]);
  });

  test("say what a run is called, whatever kind of artifact it is", () => {
    const kinds = bundles
      .filter((files) => files.has("record/labels.json"))
      .map((files) => parseJson(fromUtf8(files.get("artifact.json") as Uint8Array), "artifact") as JsonObject)
      .map(({ recipe }) => (recipe as JsonObject)["artifact_type"]);
    expect([...new Set(kinds)].sort()).toEqual(["calibration", "gradient", "replay", "run", "validation"]);
    // Run, gradient, validation, calibration, classifier, three replays, and a failure that a foreign operator reported; of its
    // answer the newest record is the one that the replay made, which nobody called anything.
    expect(kinds).toHaveLength(9);
  });

  test("meet it, says ajv", () => {
    const wrong = jsonFiles().map(({ path, schema, value }) => [path, wrongIn(schema, value)] as const);
    expect(wrong.filter(([, why]) => why !== "")).toEqual([]);
  });

  const venv = sbomJudge();
  test.skipIf(!venv)("meet it, says Python's jsonschema, which finds a changed one", () => {
    const lines = jsonFiles().map(({ k, path, schema, bytes }) => {
      const file = join(scratch, String(k), path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
      return `${schema}\t${file}`;
    });
    const judge = (input: readonly string[]): string =>
      execFileSync(
        join(venv as string, "bin/python"),
        [join(import.meta.dirname, "schemas.py"), join(ROOT, "schemas")],
        { input: input.map((line) => `${line}\n`).join(""), timeout: 300_000 },
      ).toString();
    expect(judge(lines)).toBe("");
    const broken = join(scratch, "broken.json");
    writeFileSync(broken, '{"verdict":"MAYBE","constraints":[],"schema":"urn:arqon:validation:v1"}');
    expect(judge([`validation.v1\t${broken}`])).toMatch(/verdict.*MAYBE/s);
  });

  test("with a required key taken away, or with another one, meet it no more", () => {
    for (const { path, schema, value } of jsonFiles()) {
      if (Array.isArray(value) || schema.includes("#") || !/results|validation|gradient/.test(path)) continue;
      const document = value as JsonObject;
      const required = schemas.get(schema)?.["required"];
      for (const key of Array.isArray(required) ? required.map(String) : []) {
        const { [key]: _gone, ...rest } = document;
        expect(wrongIn(schema, rest), `${path} without ${key}`).not.toBe("");
      }
      if (!schema.startsWith("summary"))
        expect(wrongIn(schema, { ...document, more: null }), path).not.toBe("");
    }
  });
});

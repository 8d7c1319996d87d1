import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { canonicalJsonFile, type Json, type JsonObject, parseCanonicalJson } from "../base/index.ts";
import {
  compareRuns,
  countsResult,
  encodeSignedManifest,
  prepareBundle,
  readZip,
  replayExpectations,
  replayReportJson,
  signedManifestOf,
} from "./index.ts";
import { fixtureDraft } from "./testing/sealed.ts";

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
const schemaOf = (name: string) => {
  const url = new URL(`../../schemas/${name}.schema.json`, import.meta.url);
  const validate = ajv.compile(JSON.parse(readFileSync(url, "utf8")));
  return (value: Json): string => (validate(value) ? "valid" : ajv.errorsText(validate.errors));
};
const artifact = schemaOf("artifact.v1");
const manifest = schemaOf("run_manifest.v1");
const signed = schemaOf("signed_manifest.v1");
const replay = schemaOf("replay.v1");
const report = schemaOf("replay_report.v1");
const parents = schemaOf("parents.v1");

const replayRules: JsonObject = { expect: replayExpectations(["results/counts.json"]) };
const draft = fixtureDraft({
  recipe: new Map([...fixtureDraft().recipe, ["replay.json", canonicalJsonFile(replayRules)]]),
  parents: [{ artifactId: `sha256:${"a".repeat(64)}`, role: "calibratedBy" }],
});
const { files } = prepareBundle(draft);
const parsed = (path: string): JsonObject =>
  parseCanonicalJson(files.get(path) as Uint8Array, path) as JsonObject;

describe("the published JSON Schemas", () => {
  test("accept what this room writes", () => {
    expect(artifact(parsed("artifact.json"))).toBe("valid");
    expect(manifest(parsed("record/run_manifest.json"))).toBe("valid");
    expect(replay(parsed("recipe/replay.json"))).toBe("valid");
    expect(parents(parsed("provenance/parents.json"))).toBe("valid");
    const other = prepareBundle({ ...draft, results: new Map([["counts.json", countsResult({ "00": 1 })]]) });
    expect(report(replayReportJson(compareRuns(files, other.files)))).toBe("valid");
  });

  test("accept a signed manifest", () => {
    const golden = readZip(readFileSync(new URL("./golden.zip", import.meta.url)));
    const bytes = encodeSignedManifest(signedManifestOf(golden), "json");
    expect(signed(parseCanonicalJson(bytes, "signed manifest"))).toBe("valid");
  });

  test("refuse a missing key, another key, and a malformed id or digest", () => {
    for (const [validate, document] of [
      [artifact, parsed("artifact.json")],
      [manifest, parsed("record/run_manifest.json")],
    ] as const) {
      for (const key of Object.keys(document)) {
        const { [key]: _gone, ...rest } = document;
        expect(validate(rest), key).not.toBe("valid");
      }
      expect(validate({ ...document, more: 1 })).not.toBe("valid");
      expect(validate({ ...document, artifact_id: "sha256:ABC" })).not.toBe("valid");
    }
    expect(parents([{ artifact_id: `sha256:${"a".repeat(64)}`, role: "x" }])).not.toBe("valid");
    expect(replay({ expect: [{ comparator: { kind: "fuzzy" }, file: "results/counts.json" }] })).not.toBe(
      "valid",
    );
    const record = (parsed("artifact.json")["record"] as readonly JsonObject[]).slice(0, 1);
    expect(artifact({ ...parsed("artifact.json"), record })).not.toBe("valid");
  });
});

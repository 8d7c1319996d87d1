/** A draft, keys and a one-leaf-of-many ledger for the tests of this room and its golden vectors. Test-only keys. */
import { canonicalJsonFile, utf8 } from "../../base/index.ts";
import {
  appendLeaf,
  createEnvelope,
  encodeEnvelope,
  formatTlogProof,
  IN_TOTO_TYPE,
  leafHash,
  proveInclusion,
  signCheckpoint,
  treeRoot,
} from "../../proof/index.ts";
import { type TestKey, testKeys } from "../../proof/testing/index.ts";
import type { BundleDraft, BundleFiles } from "../draft.ts";
import { finishBundle } from "../finish.ts";
import { type Prepared, type PrepareOptions, prepareBundle } from "../prepare.ts";
import { countsResult } from "../result.ts";

/** Both suites, under one seed byte. */
export function fixtureKeys(byte = 7): TestKey[] {
  return testKeys(byte);
}

/** A Bell pair, as the lab would hand it over. */
export function fixtureDraft(change: Partial<BundleDraft> = {}): BundleDraft {
  return {
    artifactType: "run",
    engine: { name: "arqon-statevector", semantics: "1" },
    recipe: new Map([
      [
        "circuit.qasm",
        utf8(
          'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q -> c;\n',
        ),
      ],
      ["parameters.json", canonicalJsonFile({ shots: 1024 })],
      ["seeds.json", canonicalJsonFile({ algorithm: "philox4x32-10", sampler: "0x2a" })],
    ]),
    conditions: new Map([
      ["backend.json", canonicalJsonFile({ backendClass: "simulator", id: "sim-statevector" })],
    ]),
    results: new Map([["counts.json", countsResult({ "00": 509, "11": 515 })]]),
    record: new Map([
      ["environment.json", canonicalJsonFile({ informational: { cpus: 2 }, stable: { endianness: "LE" } })],
      [
        "execution.json",
        canonicalJsonFile({
          ended: "2026-01-02T03:04:06.250Z",
          started: "2026-01-02T03:04:05Z",
          status: "completed",
        }),
      ],
    ]),
    parents: [],
    reported: false,
    manifest: {
      jobId: "019b7d2c-1a2b-7c3d-8e4f-0123456789ab",
      tenant: "local",
      backendId: "sim-statevector",
      cryptoMode: "hybrid",
      calibrationSnapshotId: "",
      emMethod: "none",
      emVersion: "",
      seed: "0x2a",
      sdkVersion: "arqon/0.1.0 (typescript)",
      createdAt: "2026-01-02T03:04:06.300Z",
      decision: { backend: "sim-statevector", rule: "fixture" },
    },
    ...change,
  };
}

/** Signs a prepared bundle and logs it as the third of five entries. */
export async function sealFixture(
  prepared: Prepared,
  keys: readonly TestKey[] = fixtureKeys(),
): Promise<BundleFiles> {
  const envelope = encodeEnvelope(await createEnvelope(IN_TOTO_TYPE, prepared.statement, keys));
  const nodes = new Map<string, Uint8Array>();
  const read = (level: number, index: number) => nodes.get(`${level}/${index}`) as Uint8Array;
  for (let i = 0; i < 5; i++) {
    const leaf = leafHash(i === 2 ? envelope : utf8(`other entry ${i}`));
    for (const node of appendLeaf(i, leaf, read)) nodes.set(`${node.level}/${node.index}`, node.hash);
  }
  const checkpoint = await signCheckpoint(
    { origin: "fixture.invalid/runs", size: 5, root: treeRoot(5, read) },
    keys,
  );
  const tlogProof = formatTlogProof({ index: 2, hashes: proveInclusion(2, 5, read), checkpoint });
  return finishBundle(prepared, { envelope, tlogProof, publicKeys: keys });
}

/** A whole sealed bundle. */
export async function sealedFixture(
  change: Partial<BundleDraft> = {},
  options: PrepareOptions = { title: "bell.qasm on sim-statevector" },
): Promise<BundleFiles> {
  return sealFixture(prepareBundle(fixtureDraft(change), options));
}

import { canonicalJsonFile, utf8 } from "@arqon/core/base";
import { type BundleDraft, countsResult } from "@arqon/core/bundle";

/** A small run; `seed` makes another recipe, `jobId` only another record. */
export function testDraft(
  change: { seed?: number; jobId?: string; record?: [string, Uint8Array][] } = {},
): BundleDraft {
  const seed = `0x${(change.seed ?? 42).toString(16)}`;
  const counts = { "00": 500 + (change.seed ?? 0), "11": 524 };
  return {
    artifactType: "run",
    engine: { name: "test-engine", semantics: "1" },
    recipe: new Map([
      [
        "bell.qasm",
        utf8(
          'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q->c;\n',
        ),
      ],
      ["seeds.json", canonicalJsonFile({ algorithm: "philox4x32-10", seed })],
    ]),
    conditions: new Map([
      ["backend.json", canonicalJsonFile({ backend_id: "sim-test", class: "simulator" })],
    ]),
    results: new Map([["counts.json", countsResult(counts)]]),
    record: new Map([
      ["execution.json", canonicalJsonFile({ status: "completed" })],
      ...(change.record ?? []),
    ]),
    parents: [{ artifactId: `sha256:${"ab".repeat(32)}`, role: "derivedFrom" }],
    reported: false,
    manifest: {
      jobId: change.jobId ?? "0198c0de-0000-7000-8000-000000000001",
      tenant: "local",
      backendId: "sim-test",
      cryptoMode: "hybrid",
      calibrationSnapshotId: "",
      emMethod: "none",
      emVersion: "",
      seed,
      sdkVersion: "arqon/test",
      createdAt: "2026-01-02T03:04:05Z",
    },
  };
}

/** A vault in memory with real keys, and jobs made by hand, for the tests of this room. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { ArqonError, type JsonObject, ManualTime } from "@arqon/core/base";
import { type BundleDraft, type BundleFiles, labelsIn, prepareBundle } from "@arqon/core/bundle";
import {
  createEnvelope,
  encodeEnvelope,
  keyIdOf,
  pemOf,
  type Signer,
  systemVerifier,
} from "@arqon/core/proof";
import { CapsuleSchema, create, JobSchema, type MessageInitShape } from "@arqon/core/wire";
import type { RunRow, TrustedKey, Vault } from "@arqon/vault";
import { capabilityPolicy, PluginRegistry, type Work, type WorkContext } from "../runtime/index.ts";
import type { DoorParts } from "./through-door.ts";
import { trustIn } from "./trust.ts";

export const JOB_ID = "01900000-0000-7000-8000-000000000001";

export const BELL = `OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q[0];
cx q[0], q[1];
measure q -> c;
`;

interface TestKey extends Signer {
  readonly trusted: TrustedKey;
}

function testKey(algorithm: "ed25519" | "ml-dsa-65"): TestKey {
  const pair: { publicKey: KeyObject; privateKey: KeyObject } =
    algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ml-dsa-65");
  const spki = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
  const keyId = keyIdOf(spki);
  return {
    keyId,
    algorithm,
    sign: async (message) => new Uint8Array(sign(null, message, pair.privateKey)),
    trusted: { keyId, algorithm, publicKeyPem: pemOf(spki) },
  };
}

/** A vault that keeps drafts, and computes ids as the real one does. */
export class MemoryVault implements Vault {
  readonly keys: readonly TestKey[] = [testKey("ed25519"), testKey("ml-dsa-65")];
  readonly drafts: BundleDraft[] = [];
  readonly audits: JsonObject[] = [];
  readonly rows: RunRow[] = [];
  readonly bundles: Map<string, BundleFiles> = new Map();

  async keep(path: string): ReturnType<Vault["keep"]> {
    throw new ArqonError("LIMIT_EXCEEDED", `a vault in memory takes in no file of the disk: ${path}`);
  }

  async seal(draft: BundleDraft, title: string): ReturnType<Vault["seal"]> {
    const { ids, files, manifest } = prepareBundle(draft, { title });
    this.drafts.push(draft);
    const { artifactType, reported } = draft;
    const { job_id: jobId, backend_id: backendId, created_at: createdAt } = manifest;
    this.rows.unshift({
      ...ids,
      artifactType,
      jobId,
      backendId,
      createdAt,
      title,
      reported,
      imported: false,
      reproduced: 1,
      tags: labelsIn(files)?.tags ?? [],
    });
    this.bundles.set(ids.recordId, files);
    const reproduced = this.rows.filter(({ artifactId }) => artifactId === ids.artifactId).length;
    return { ...ids, ledgerIndex: this.drafts.length - 1, reproduced };
  }

  async sign(payloadType: string, payload: Uint8Array): Promise<Uint8Array> {
    return encodeEnvelope(await createEnvelope(payloadType, payload, this.keys));
  }

  async latest(type: string, backend: string, holding: string): Promise<RunRow | undefined> {
    return this.rows.find(
      ({ artifactType, backendId, recordId }) =>
        artifactType === type && backendId === backend && this.bundles.get(recordId)?.has(holding),
    );
  }

  async find(idPrefix: string): Promise<RunRow> {
    const row = this.rows.find(({ artifactId, recordId }) =>
      [artifactId, recordId].some((id) => id.startsWith(idPrefix) || id.startsWith(`sha256:${idPrefix}`)),
    );
    if (!row) throw new ArqonError("ARTIFACT_UNKNOWN", `no artifact ${idPrefix}`);
    return row;
  }

  async bundle(recordId: string): Promise<BundleFiles> {
    return this.bundles.get(recordId) ?? new Map();
  }

  async audit(entry: JsonObject): Promise<void> {
    this.audits.push(entry);
  }

  list = async (limit: number): Promise<RunRow[]> => this.rows.slice(0, limit);
  auditTail = async (limit: number): Promise<JsonObject[]> => this.audits.slice(-limit).reverse();
  publicKeys = async (): Promise<TrustedKey[]> => this.keys.map(({ trusted }) => trusted);
  refusedKeys = async (): Promise<string[]> => [];
  check = async (): Promise<string[]> => [];
  close = async (): Promise<void> => {};
  logFile(): never {
    throw new TypeError("not in this fixture");
  }
  lineage(): never {
    throw new TypeError("not in this fixture");
  }
  import(): never {
    throw new TypeError("not in this fixture");
  }
}

/** Door parts around a vault, for principal "ada". */
export async function doorParts(vault: MemoryVault, changes: Partial<DoorParts> = {}): Promise<DoorParts> {
  const time = new ManualTime();
  return {
    registry: new PluginRegistry(),
    policy: capabilityPolicy({ ada: ["can_execute:backend.*"] }),
    limits: { maxQubits: 26, memoryBytes: 2 ** 31, timeMs: 60_000 },
    vault,
    trust: trustIn(await vault.publicKeys(), systemVerifier()),
    clock: time,
    timer: time,
    operatorId: "quantum-1",
    environment: { node: "26" },
    sdkVersion: "arqon/0.1.0 (typescript)",
    cryptoMode: "hybrid",
    ...changes,
  };
}

/** A leased quantum job. */
export function quantumWork(
  changes: Partial<Work> & {
    readonly capsuleChanges?: MessageInitShape<typeof CapsuleSchema>;
  } = {},
): Work {
  const { capsuleChanges, ...rest } = changes;
  const capsule = create(CapsuleSchema, {
    schema: "arqonbus.quantum.job.v1",
    program: new TextEncoder().encode(BELL),
    programMediaType: "text/x-openqasm;version=2.0",
    name: "bell.qasm",
    parametersJson: '{"seed":"0x2a","shots":1024}',
    constraintsJson: "{}",
    ...capsuleChanges,
  });
  const job = create(JobSchema, { capsule });
  return { id: JOB_ID, topic: "quantum.jobs", attempt: 1, producer: "ada", capsule, job, ...rest };
}

/** A context that nothing aborts, and that keeps what progress was told. */
export function workContext(
  signal: AbortSignal = new AbortController().signal,
): WorkContext & { readonly notes: string[] } {
  const notes: string[] = [];
  return {
    signal,
    notes,
    progress: async (_fraction, note = "") => {
      notes.push(note);
    },
  };
}

/** Scheduler, signed decision, door, simulation and seal, joined without a bus. */
import {
  ArqonError,
  deriveUuid,
  fromUtf8,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
} from "@arqon/core/base";
import type { Job } from "@arqon/core/wire";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { capabilityPolicy, type Handler, type Outcome, type WorkContext } from "../runtime/index.ts";
import {
  type BackendOffer,
  type BoundJobs,
  type SchedulerParts,
  schedulerHandler,
} from "../scheduler/index.ts";
import { doorParts, JOB_ID, MemoryVault, quantumWork, workContext } from "./lab.fixture.ts";
import { quantumHandler } from "./quantum-operator.ts";
import { SimulationPool } from "./simulation-pool.ts";
import { STATEVECTOR_ID, statevectorPlugin } from "./statevector-plugin.ts";
import type { DoorParts } from "./through-door.ts";

const pool = new SimulationPool();
afterAll(() => pool.close());

const SIMULATOR: BackendOffer = {
  id: STATEVECTOR_ID,
  backendClass: "simulator",
  maxQubits: 26,
  inputSchemas: ["arqonbus.quantum.job.v1"],
  costPerShot: 0,
  expectedFidelity: 1,
  availability: 1,
  calibrationId: "",
  cryptoModes: ["hybrid"],
  trusted: true,
};

/** A lab in one process: bound jobs go straight to the operator. */
class Lab implements BoundJobs {
  readonly vault = new MemoryVault();
  readonly submitted = new Map<string, { topic: string; job: Job }>();
  readonly cancelled: string[] = [];
  offers: BackendOffer[] = [SIMULATOR];
  door: Partial<DoorParts> = {};
  tamper: (job: Job) => Job = (job) => job;

  async submit(topic: string, id: string, job: Job): Promise<void> {
    if (this.submitted.has(id)) throw new ArqonError("JOB_CONFLICT", id);
    this.submitted.set(id, { topic, job });
  }

  async follow(id: string, context: WorkContext): Promise<Outcome> {
    const { topic, job } = this.submitted.get(id) as { topic: string; job: Job };
    const parts = await doorParts(this.vault, this.door);
    parts.registry.register(statevectorPlugin(pool.simulate, parts.limits));
    const bound = this.tamper(job);
    const work = quantumWork({
      id,
      topic,
      producer: "scheduler",
      job: bound,
      capsule: bound.capsule ?? quantumWork().capsule,
    });
    return quantumHandler(STATEVECTOR_ID, parts)(work, context);
  }

  async topicOf(id: string): Promise<string> {
    return this.submitted.get(id)?.topic ?? "";
  }

  async cancel(id: string): Promise<void> {
    this.cancelled.push(id);
  }

  get scheduler(): Handler {
    const parts: SchedulerParts = {
      jobs: this,
      vault: this.vault,
      clock: { nowUs: () => 1_767_225_600_000_000, monotonicMs: () => 0 },
      cryptoMode: "hybrid",
      catalogue: () => this.offers,
      tenantOf: () => "default",
    };
    return schedulerHandler(parts);
  }
}

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});

describe("a quantum job", () => {
  test("is decided, bound, executed, sealed and answered", async () => {
    const context = workContext();
    const outcome = await lab.scheduler(quantumWork(), context);
    expect(outcome.error?.message).toBeUndefined();
    expect(outcome.output).toMatchObject({
      backend: STATEVECTOR_ID,
      engine: "statevector",
      qubits: 2,
      seed: "0x2a",
      shots: 1024,
    });
    const counts = jsonObject((outcome.output as JsonObject)["counts"], "counts");
    expect(Object.keys(counts).sort()).toEqual(["00", "11"]);
    expect(Number(counts["00"]) + Number(counts["11"])).toBe(1024);
    expect(outcome.ids?.artifactId).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(outcome.hops?.map(({ name }) => name)).toEqual([
      "schedule",
      "sign-decision",
      "bind",
      "verify-decision",
      "execute",
      "seal",
    ]);
    expect(context.notes[0]).toBe("bound to sim-statevector");
    const [draft] = lab.vault.drafts;
    expect(draft?.manifest).toMatchObject({ jobId: JOB_ID, backendId: STATEVECTOR_ID, tenant: "default" });
    expect([...(draft?.record.keys() ?? [])]).toContain("decision.dsse.json");
    expect([...lab.submitted.values()].map(({ job }) => job.tenant)).toEqual(["default"]);
  });

  test("has the same ids for another job, person and file name, and others for another seed", async () => {
    const first = await lab.scheduler(quantumWork(), workContext());
    lab.door = {
      policy: capabilityPolicy({ eve: ["can_execute:>"] }),
      operatorId: "elsewhere",
      environment: { node: "27" },
    };
    const other = { id: JOB_ID.replace(/1$/, "2"), producer: "eve" };
    const again = await lab.scheduler(
      quantumWork({ ...other, capsuleChanges: { name: "/tmp/copy.qasm" } }),
      workContext(),
    );
    expect(again.ids?.recipeId).toBe(first.ids?.recipeId);
    expect(again.ids?.artifactId).toBe(first.ids?.artifactId);
    expect(again.ids?.recordId).not.toBe(first.ids?.recordId);
    const reseeded = await lab.scheduler(
      quantumWork({
        id: JOB_ID.replace(/1$/, "3"),
        producer: "eve",
        capsuleChanges: { parametersJson: '{"seed":"0x2b"}' },
      }),
      workContext(),
    );
    expect(reseeded.ids?.recipeId).not.toBe(first.ids?.recipeId);
  });

  test("keeps what its submitter calls it in the record, also when it is refused; that is in no id", async () => {
    const labelsJson = '{"note":"first light","tags":["bell","demo"]}';
    const first = await lab.scheduler(quantumWork(), workContext());
    const labelled = quantumWork({ id: JOB_ID.replace(/1$/, "2"), capsuleChanges: { labelsJson } });
    const again = await lab.scheduler(labelled, workContext());
    expect(again.ids).toMatchObject({ recipeId: first.ids?.recipeId, artifactId: first.ids?.artifactId });
    lab.door = { policy: capabilityPolicy({}) };
    const refused = quantumWork({ id: JOB_ID.replace(/1$/, "3"), capsuleChanges: { labelsJson } });
    expect((await lab.scheduler(refused, workContext())).error).toBeDefined();
    const records = lab.vault.drafts.map(({ record }) => record.get("labels.json"));
    expect(records.map((bytes) => bytes && fromUtf8(bytes))).toEqual([
      undefined,
      `${labelsJson}\n`,
      `${labelsJson}\n`,
    ]);
  });

  test("that was bound by an earlier attempt is followed, not bound again", async () => {
    const first = await lab.scheduler(quantumWork(), workContext());
    const second = await lab.scheduler(quantumWork({ attempt: 2 }), workContext());
    expect(second.ids?.artifactId).toBe(first.ids?.artifactId);
    expect(lab.submitted.size).toBe(1);
  });

  test("that does not name a foreign backend carries nothing of it in its decision", async () => {
    lab.offers = [SIMULATOR, { ...SIMULATOR, id: "foreign", trusted: false }];
    const outcome = await lab.scheduler(quantumWork(), workContext());
    const [draft] = lab.vault.drafts;
    expect(outcome.error).toBeUndefined();
    expect(JSON.stringify(draft?.manifest)).not.toContain("foreign");
  });

  test("does not follow what somebody else put in the place of its bound job", async () => {
    const { job } = quantumWork();
    for (const topic of ["backend.evil.jobs", "evil.jobs"]) {
      lab.submitted.set(deriveUuid(JOB_ID, "bound"), { topic, job });
      await expect(lab.scheduler(quantumWork(), workContext())).rejects.toMatchObject({
        code: "JOB_CONFLICT",
        message: expect.stringContaining(topic),
      });
    }
  });

  test("that is cancelled cancels the bound one; a lost lease leaves it alone", async () => {
    for (const [reason, expected] of [
      [new ArqonError("CANCELLED", "by ada"), [deriveUuid(JOB_ID, "bound")]],
      [new ArqonError("JOB_LEASE_LOST", "gone"), []],
    ] as const) {
      lab = new Lab();
      const abort = new AbortController();
      abort.abort(reason);
      await lab.scheduler(quantumWork(), workContext(abort.signal)).catch(() => {});
      expect(lab.cancelled).toEqual(expected);
      expect(lab.vault.drafts).toHaveLength(expected.length);
    }
  });
});

describe("a refusal before the door is audited and makes no artifact", () => {
  test.each([
    [
      "a syntax error, with file, line and column",
      { program: "OPENQASM 2.0;\nqreg q[2]\n" },
      "{}",
      "QASM_SYNTAX",
      /bell\.qasm:\d+:\d+/,
    ],
    ["an unknown backend", {}, '{"backend":"sim-x"}', "BACKEND_UNKNOWN", /sim-x/],
    ["an unsuitable class", {}, '{"backendClass":"hardware"}', "BACKEND_UNSUITABLE", /hardware/],
    ["another schema", { schema: "x.y.z" }, "{}", "SCHEMA_UNKNOWN", /x\.y\.z/],
    [
      "too many qubits, with the estimate",
      { program: 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[30];\nh q;\n' },
      "{}",
      "QUANTUM_TOO_LARGE",
      /30 qubits.*MiB/,
    ],
  ])(
    "%s",
    async (_name, {
      program,
      ...changes
    }: { program?: string; schema?: string }, constraintsJson, code, message) => {
      const capsuleChanges = {
        ...changes,
        ...(program !== undefined && { program: new TextEncoder().encode(program) }),
        constraintsJson,
      };
      const refused = lab.scheduler(quantumWork({ capsuleChanges }), workContext());
      await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      expect(lab.submitted.size + lab.vault.drafts.length).toBe(0);
      expect(lab.vault.audits).toMatchObject([
        { event: "job.refuse", code, jobId: JOB_ID, principal: "ada" },
      ]);
    },
  );

  const forgeries: readonly (readonly [string, (job: Job) => Job])[] = [
    ["no decision", (job) => ({ ...job, decision: new Uint8Array() })],
    ["a decision that is no envelope", (job) => ({ ...job, decision: new TextEncoder().encode("{}") })],
    [
      "another program under the decision",
      (job) => ({
        ...job,
        capsule: { ...(job.capsule as NonNullable<Job["capsule"]>), program: new Uint8Array([1]) },
      }),
    ],
    ["another parent", (job) => ({ ...job, parentJobId: deriveUuid(JOB_ID, "other") })],
    [
      "one flipped byte in the signed payload",
      (job) => {
        const text = fromUtf8(job.decision);
        return {
          ...job,
          decision: new TextEncoder().encode(
            text.replace(/"payload":"(.)/, (_, c) => `"payload":"${c === "e" ? "f" : "e"}`),
          ),
        };
      },
    ],
  ];
  test.each(forgeries)("%s", async (_name, tamper) => {
    lab.tamper = tamper;
    await expect(lab.scheduler(quantumWork(), workContext())).rejects.toMatchObject({
      code: expect.stringMatching(/^(SIGNATURE|JSON)_INVALID$/),
    });
    expect(lab.vault.drafts).toEqual([]);
    expect(lab.vault.audits).toHaveLength(1);
  });

  test("a decision signed by a vault that is not trusted", async () => {
    lab.door = { trust: (await doorParts(new MemoryVault())).trust };
    await expect(lab.scheduler(quantumWork(), workContext())).rejects.toMatchObject({
      code: "KEY_UNKNOWN",
    });
  });
});

describe("a refusal at the door is an artifact", () => {
  test.each([
    [
      "no capability",
      { policy: capabilityPolicy({ ada: ["can_execute:backend.other"] }) },
      "CAPABILITY_REFUSED",
    ],
    [
      "over the memory limit",
      { limits: { maxQubits: 26, memoryBytes: 64, timeMs: 1000 } },
      "QUANTUM_TOO_LARGE",
    ],
  ])("%s", async (_name, door, code) => {
    lab.door = door;
    const { error, ids } = await lab.scheduler(quantumWork(), workContext());
    expect(error?.code).toBe(code);
    expect(ids?.artifactId).toMatch(/^sha256:/);
    const refusal = lab.vault.drafts[0]?.results.get("refusal.json")?.bytes ?? new Uint8Array();
    expect(parseCanonicalJson(refusal, "refusal")).toMatchObject({ code, status: "refused" });
  });
});

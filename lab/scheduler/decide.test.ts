import { canonicalJson, sha256Hex, utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BackendOffer } from "./backend-offer.ts";
import { choose, decisionPayload, replayDecision } from "./decide.ts";
import type { Constraints, JobNeeds } from "./score.ts";

const SCHEMA = "arqonbus.quantum.job.v1";

function offer(id: string, changes: Partial<BackendOffer> = {}): BackendOffer {
  return {
    id,
    backendClass: "hardware",
    maxQubits: 5,
    inputSchemas: [SCHEMA],
    costPerShot: 0.01,
    expectedFidelity: 0.9,
    availability: 1,
    calibrationId: "",
    cryptoModes: ["hybrid"],
    trusted: true,
    ...changes,
  };
}
const free = (id: string, changes: Partial<BackendOffer> = {}): BackendOffer =>
  offer(id, { backendClass: "simulator", costPerShot: 0, expectedFidelity: 1, maxQubits: 26, ...changes });

function needs(constraints: Constraints = {}, qubits = 2): JobNeeds {
  const gates = {
    oneQubitGates: 1,
    twoQubitGates: 1,
    largerGates: 0,
    measurements: 2,
    resets: 0,
    conditionals: 0,
  };
  const features = { qubits, bits: qubits, depth: 3, ...gates };
  const estimate = { qubits, memoryBytes: 16 * 2 ** qubits, timeMs: 1 };
  return { schema: SCHEMA, shots: 1000, features, estimate, constraints, cryptoMode: "hybrid" };
}

const SUBJECT = {
  jobId: "01900000-0000-7000-8000-000000000001",
  childJobId: "01900000-0000-7000-8000-000000000002",
  principal: "ada",
  tenant: "default",
  capsuleSha256: "00".repeat(32),
};

const chosen = (constraints: Constraints, offers: readonly BackendOffer[]): string =>
  choose(needs(constraints), offers).chosen.backend;

describe("a priced backend", () => {
  test("scores fidelity over cost, by the seed's formula", () => {
    const { candidates } = choose(needs(), [
      offer("a"),
      offer("b", { costPerShot: 0.02, expectedFidelity: 0.99 }),
    ]);
    expect(candidates.map(({ backend, score }) => [backend, score])).toEqual([
      ["a", 0.9 / 0.01],
      ["b", 0.99 / 0.02],
    ]);
  });

  test("is scored with the shots and the fidelity that mitigation gives", () => {
    const offers = [offer("a"), offer("b")];
    const { candidates } = choose(needs(), offers, ({ id }) =>
      id === "a"
        ? { method: "zne", fidelity: 0.99, shotMultiplier: 3 }
        : { method: "none", fidelity: 0.9, shotMultiplier: 1 },
    );
    expect(candidates[0]).toMatchObject({ backend: "b" });
    expect(candidates[1]).toMatchObject({ backend: "a", method: "zne", score: 0.99 / (0.01 * 3) });
  });

  test("loses by its availability below the threshold only", () => {
    const offers = [
      offer("a", { availability: 0.94 }),
      offer("b", { availability: 0.96, expectedFidelity: 0.89 }),
    ];
    expect(chosen({}, offers)).toBe("b");
    expect(choose(needs(), offers).candidates[1]?.score).toBe((0.9 / 0.01) * 0.94);
  });
});

describe("a free backend", () => {
  test("ranks before priced ones, among its like by fidelity", () => {
    const offers = [offer("qpu"), free("sim-a", { expectedFidelity: 0.98 }), free("sim-b")];
    expect(choose(needs(), offers).candidates.map(({ backend, rank }) => [backend, rank])).toEqual([
      ["sim-b", "free"],
      ["sim-a", "free"],
      ["qpu", "priced"],
    ]);
  });

  test("serves only where the job allows it, or names it", () => {
    const offers = [offer("qpu"), free("sim")];
    expect(chosen({ allowFree: false }, offers)).toBe("qpu");
    expect(chosen({ backendClass: "hardware" }, offers)).toBe("qpu");
    expect(chosen({ allowFree: false, backend: "sim" }, offers)).toBe("sim");
    expect(() => choose(needs({ allowFree: false }), [free("sim")])).toThrow("does not allow free");
  });

  test("is finite: no cost is ever divided by", () => {
    expect(Number.isFinite(choose(needs(), [free("sim")]).chosen.score)).toBe(true);
  });
});

describe("a backend of somebody else's operator", () => {
  const offers = [free("sim"), free("a-sim", { trusted: false })];
  test("serves only jobs that name it", () => {
    expect(chosen({}, offers)).toBe("sim");
    expect(chosen({ backend: "a-sim" }, offers)).toBe("a-sim");
  });

  test("cannot speak for a backend of the server's own", () => {
    const imposter = free("sim", { trusted: false, maxQubits: 1000 });
    expect(() => choose(needs({}, 27), [free("sim", { availability: 0.5 }), imposter])).toThrow("27 qubits");
  });
});

describe("a tie", () => {
  test("goes to the first by id, whatever the order of the catalogue", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(["b", "a", "c", "d"], { minLength: 4 }), (ids) => {
        expect(
          chosen(
            {},
            ids.map((id) => offer(id)),
          ),
        ).toBe("a");
        expect(
          chosen(
            {},
            ids.map((id) => free(id)),
          ),
        ).toBe("a");
      }),
    );
  });
});

describe("no backend", () => {
  test.each([
    ["asked for by an unknown name", needs({ backend: "sim-x" }), [free("sim")], "BACKEND_UNKNOWN"],
    ["registered at all", needs(), [], "BACKEND_UNSUITABLE"],
    ["of the class asked for", needs({ backendClass: "hardware" }), [free("sim")], "BACKEND_UNSUITABLE"],
    ["large enough", needs({}, 27), [free("sim")], "QUANTUM_TOO_LARGE"],
    [
      "large enough under the name asked for",
      needs({ backend: "qpu" }, 6),
      [offer("qpu"), free("sim")],
      "BACKEND_UNSUITABLE",
    ],
    ["healthy", needs(), [free("sim", { availability: 0 })], "BACKEND_UNSUITABLE"],
    ["good enough", needs({ minFidelity: 0.99 }), [offer("qpu")], "BACKEND_UNSUITABLE"],
    ["cheap enough", needs({ maxCost: 9 }), [offer("qpu")], "BACKEND_UNSUITABLE"],
    [
      "with this crypto mode",
      { ...needs(), cryptoMode: "pqc-required" },
      [free("sim")],
      "BACKEND_UNSUITABLE",
    ],
    ["for this schema", { ...needs(), schema: "arqonbus.nvm.job.v1" }, [free("sim")], "BACKEND_UNSUITABLE"],
  ] as const)("%s", (_name, job, offers, code) => {
    expect(() => choose(job, offers)).toThrow(expect.objectContaining({ code }));
  });
});

describe("a decision", () => {
  const offers = [offer("qpu"), free("sim"), offer("old", { availability: 0 })];
  const payload = decisionPayload(SUBJECT, needs(), offers, choose(needs(), offers));

  test("has golden bytes", () => {
    expect(payload).toMatchObject({
      chosen: "sim",
      rule: "fidelity-per-cost/1",
      subject: { principal: "ada" },
    });
    expect(sha256Hex(utf8(canonicalJson(payload)))).toMatchInlineSnapshot(
      `"01999323b7f30130000a8d758a99294e81c0640c433a19c3d678da4eb942093f"`,
    );
  });

  test("is made again from its own payload", () => {
    expect(replayDecision(payload)).toEqual({ chosen: "sim", identical: true });
  });

  test("that was altered is not identical when made again", () => {
    expect(replayDecision({ ...payload, chosen: "qpu" }).identical).toBe(false);
    expect(() => replayDecision({ ...payload, rule: "other/1" })).toThrow("other/1");
  });

  test("is the same for any order of the catalogue", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(offers, { minLength: 3 }), (shuffled) => {
        expect(decisionPayload(SUBJECT, needs(), shuffled, choose(needs(), shuffled))).toEqual(payload);
      }),
    );
  });
});

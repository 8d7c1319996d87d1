import { readFileSync } from "node:fs";
import { ArqonError, type Json, type JsonObject } from "@arqon/core/base";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  averageGateFidelity,
  type Calibration,
  choi,
  deviceNoise,
  examineCalibration,
  excitedPopulation,
  gateNoise,
  HYGIENE_POLICIES,
  ibmCalibration,
  noiseOf,
  readCalibration,
  readDistribution,
  thermalRelaxation,
} from "./index.ts";

const value = (name: string, number: Json, unit: string): JsonObject => ({
  date: "2024-05-27T15:00:00-03:00",
  name,
  unit,
  value: number,
});
const qubit = (t1: Json, t2: Json, up: Json, down: Json): JsonObject[] => [
  value("T1", t1, "us"),
  value("T2", t2, "us"),
  value("frequency", 5.03, "GHz"),
  value("readout_error", 0.026, ""),
  value("prob_meas0_prep1", down, ""),
  value("prob_meas1_prep0", up, ""),
  value("readout_length", 5351, "ns"),
];
const gate = (name: string, qubits: number[], error: Json, length: Json): JsonObject => ({
  gate: name,
  qubits,
  parameters: [value("gate_error", error, ""), value("gate_length", length, "ns")],
});
/** Two qubits of lima, 2021-03-15: Aer's figures for them are known. */
const props = (over: { qubits?: Json[]; gates?: Json[] } = {}): JsonObject => ({
  backend_name: "small",
  backend_version: "1.0.0",
  last_update_date: "2024-05-27T15:27:23-03:00",
  qubits: over.qubits ?? [
    qubit(59.69864328663569, 93.55584184359311, 0.0118, 0.0404),
    qubit(83.059972303174, 115.53074510239036, 0.0112, 0.0288),
  ],
  gates: over.gates ?? [
    gate("sx", [0], 0.00019195510390342677, 35.55555555555556),
    gate("sx", [1], 0.00033064681663890665, 35.55555555555556),
    gate("rz", [0], 0, 0),
    gate("cx", [0, 1], 0.009, 300),
    gate("cx", [1, 0], 0.009, 340),
  ],
});
const conf: JsonObject = { backend_name: "small", n_qubits: 2, basis_gates: ["id", "rz", "sx", "x", "cx"] };
const codeOf = (make: () => unknown): string => {
  try {
    make();
    return "none";
  } catch (error) {
    return error instanceof ArqonError ? error.code : String(error);
  }
};

describe("noise of a machine", () => {
  test("parameters of lima's sx gates are Aer's", () => {
    const { gates, qubits } = ibmCalibration(props(), conf);
    const [first, second] = gates.map((one) => gateNoise(one, qubits));
    expect(first?.relaxFidelity).toBeCloseTo(0.9997741075126937, 12);
    expect(first?.depolarizing).toBe(0);
    expect(second?.relaxFidelity).toBeCloseTo(0.9998260997771516, 12);
    expect(second?.depolarizing).toBeCloseTo(0.00031360225858641016, 12);
    expect(second?.placed.map(({ channel }) => channel.qubits)).toEqual([1, 1]);
  });

  test("relaxation tables: fidelities and Choi matrices of both of Aer's branches", () => {
    const rows = [
      [100e3, 80e3, 50, 0.9997084192538003],
      [100e3, 80e3, 300, 0.9982530900736192],
      [60e3, 110e3, 400, 0.9976826643515523],
      [50e3, 100e3, 1000, 0.9933830568008486],
    ] as const;
    for (const [t1, t2, time, fidelity] of rows)
      expect(averageGateFidelity(thermalRelaxation({ t1, t2, excited: 0 }, time))).toBeCloseTo(fidelity, 12);
    const matrix = choi(thermalRelaxation({ t1: 1, t2: 2, excited: 0.3 }, 1));
    expect(matrix[0]).toBeCloseTo(0.8103638323514327, 12);
    expect(matrix[6]).toBeCloseTo(0.6065306597126334, 12);
    expect(matrix[10]).toBeCloseTo(0.1896361676485673, 12);
  });

  test("excited population at 5 GHz and 100 mK; none where the frequency is not known", () => {
    expect(excitedPopulation(5e9, 100)).toBeCloseTo(0.08320156356505166, 12);
    expect(excitedPopulation(4.8e9, 20)).toBeCloseTo(9.94746167369107e-6, 14);
    expect(excitedPopulation(undefined, 100)).toBe(0);
    expect(excitedPopulation(5e9, -100)).toBeCloseTo(1 - 0.08320156356505166, 12);
  });

  test("readout by columns prepared, rows read", () => {
    const bell = Float64Array.of(0.5, 0, 0, 0.5);
    const read = readDistribution(bell, [
      { p1Given0: 0.02, p0Given1: 0.05 },
      { p1Given0: 0.03, p0Given1: 0.08 },
    ]);
    for (const [i, wanted] of [0.4773, 0.0477, 0.0377, 0.4373].entries())
      expect(read[i]).toBeCloseTo(wanted, 14);
  });

  test("an rz without error and time is known to be without noise, another gate is not known", () => {
    const model = deviceNoise(ibmCalibration(props(), conf));
    expect(noiseOf(model, "rz", [0])).toEqual([]);
    expect(noiseOf(model, "h", [0])).toBeUndefined();
    expect(noiseOf(model, "CX", [1, 0])).toHaveLength(3);
    expect(model.readout(1)).toEqual({ p1Given0: 0.0112, p0Given1: 0.0288 });
  });

  test("the micro sign in both its code points, and readout_error where a probability is missing", () => {
    const short = (unit: string): Json[] => [
      [value("T1", 50, unit), value("T2", 60, unit), value("readout_error", 0.1, "")],
    ];
    for (const unit of ["us", "\u00b5s", "\u03bcs"]) {
      const { qubits } = ibmCalibration(props({ qubits: short(unit), gates: [] }));
      expect(qubits[0]).toEqual({ t1Ns: 50_000, t2Ns: 60_000, p1Given0: 0.1, p0Given1: 0.1 });
    }
  });

  test("a snapshot of another device, or of another shape, is refused", () => {
    expect(codeOf(() => ibmCalibration(props(), { ...conf, backend_name: "other" }))).toBe(
      "CALIBRATION_INVALID",
    );
    expect(codeOf(() => ibmCalibration(props(), { ...conf, n_qubits: 3 }))).toBe("CALIBRATION_INVALID");
    for (const broken of [
      null,
      [],
      {},
      { ...props(), qubits: 3 },
      props({ gates: [gate("cx", [0, 7], 0.1, 1)] }),
      props({ gates: [gate("cx", [0, 0], 0.1, 1)] }),
      props({ gates: [3] }),
    ])
      expect(codeOf(() => ibmCalibration(broken as Json))).toBe("CALIBRATION_INVALID");
  });

  test("any JSON in a snapshot is read or refused by code, and what is read gives finite noise", () => {
    const json = fc.oneof(fc.jsonValue() as fc.Arbitrary<Json>, fc.double());
    fc.assert(
      fc.property(json, json, json, fc.array(json, { maxLength: 3 }), (t1, error, length, qubits) => {
        const odd = props({
          qubits: [qubit(t1, 50, 0.01, error), qubit(60, t1, error, 0.02)],
          gates: [
            gate("sx", [0], error, length),
            { gate: "cx", qubits, parameters: [value("gate_error", error, "")] },
          ],
        });
        try {
          const model = deviceNoise(ibmCalibration(odd), { hygiene: { unusablePart: 1 } });
          for (const placed of model.gates.values())
            for (const { channel } of placed)
              for (const k of channel.kraus) expect(k.every(Number.isFinite)).toBe(true);
        } catch (refused) {
          expect(refused).toBeInstanceOf(ArqonError);
        }
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});

describe("hygiene", () => {
  const poisoned = (): Calibration =>
    ibmCalibration(
      props({
        qubits: [qubit(50, 120, 0.01, 0.02), qubit(60, 70, 0.02, 0.65), qubit(60, 70, 0.02, 0.03)],
        gates: [
          gate("sx", [0], 1e-3, 35),
          gate("sx", [1], 1e-3, 35),
          gate("cx", [0, 1], 1, 300),
          gate("cx", [1, 2], 0.01, 300),
          gate("cx", [0, 2], -1, 300),
        ],
      }),
    );

  test("a placeholder edge is excluded, an impossible T2 clamped, an odd readout kept; all of it is on record", () => {
    const { calibration, findings, excluded } = examineCalibration(poisoned(), { unusablePart: 0.9 });
    expect(excluded.map(({ gate: name, qubits }) => [name, ...qubits])).toEqual([
      ["cx", 0, 1],
      ["cx", 0, 2],
    ]);
    expect(calibration.qubits[0]?.t2Ns).toBe(100_000);
    expect(findings.map(({ kind, where, done }) => [kind, where, done])).toEqual([
      ["impossible", "qubit 0 T2", "taken as 2 T1"],
      ["implausible", "qubit 1 readout", "used as it is"],
      ["sentinel", "cx 0 1", "excluded"],
      ["impossible", "cx 0 2", "excluded"],
    ]);
  });

  test("the policy decides: warned, the placeholder is noise as in Aer; refused, nothing is built", () => {
    const model = deviceNoise(poisoned(), { hygiene: { sentinel: "warn", unusablePart: 0.9 } });
    expect(noiseOf(model, "cx", [0, 1])?.length).toBeGreaterThan(0);
    expect(model.notes.some((note) => note.startsWith("sentinel: cx 0 1"))).toBe(true);
    for (const kind of ["sentinel", "impossible", "implausible"] as const)
      expect(
        codeOf(() => deviceNoise(poisoned(), { hygiene: { [kind]: "refuse", unusablePart: 0.9 } })),
      ).toBe("CALIBRATION_REFUSED");
    expect(
      codeOf(() =>
        deviceNoise(poisoned(), { hygiene: { implausible: "refuse", unusablePart: 0.9, readoutFrom: 0.4 } }),
      ),
    ).toBe("none");
  });

  test("policies have names: all is used, repaired, or refused; what cannot be used is left out in any case, and said so", () => {
    const done = (policy: "warn" | "repair") =>
      examineCalibration(poisoned(), { ...HYGIENE_POLICIES[policy], unusablePart: 1 }).findings.map(
        (finding) => finding.done,
      );
    expect(done("warn")).toEqual(["used as it is", "used as it is", "used as it is", "excluded"]);
    expect(done("repair")).toEqual(["taken as 2 T1", "used as it is", "excluded", "excluded"]);
    expect(noiseOf(deviceNoise(poisoned(), { hygiene: HYGIENE_POLICIES.warn }), "cx", [0, 1])).toBeDefined();
    expect(() => deviceNoise(poisoned(), { hygiene: HYGIENE_POLICIES.refuse })).toThrow(
      /values the policy refuses, first .*--calibration-policy/,
    );
  });

  test("times no machine has and gates given twice are found", () => {
    const gates = [gate("sx", [0], 1e-3, 35), gate("sx", [0], 2e-3, 1e300), gate("cx", [0, 1], 0.01, 300)];
    const odd = { ...ibmCalibration(props({ gates })) };
    const qubits = odd.qubits.map((each, q) => (q === 0 ? { ...each, t1Ns: 1e308 } : each));
    const { calibration, findings } = examineCalibration({ ...odd, qubits });
    expect(findings.map(({ kind, where, done: what }) => [kind, where, what])).toEqual([
      ["implausible", "qubit 0 T1", "used as it is"],
      ["impossible", "sx 0", "the last is used"],
      ["implausible", "sx 0", "used as it is"],
    ]);
    expect(calibration.gates.filter((each) => each.gate === "sx")).toEqual([odd.gates[1]]);
  });

  test("a snapshot most of which is refused by name", () => {
    expect(() => examineCalibration(poisoned())).toThrow("2 of 3 couplings cannot be used");
    const dark = props({ qubits: [qubit(50, 60, 0.5, 0.5), qubit(50, 60, 1, 0.1)] });
    expect(() => examineCalibration(ibmCalibration(dark))).toThrow("2 of 2 readout cannot be used");
  });

  test("a second kind of gate full of placeholders does not condemn couplings that another serves", () => {
    const gates = [gate("sx", [0], 1e-3, 35), gate("cz", [0, 1], 0.01, 80), gate("rzz", [0, 1], 1, 80)];
    const { excluded } = examineCalibration(ibmCalibration(props({ gates })));
    expect(excluded.map(({ gate: name }) => name)).toEqual(["rzz"]);
  });

  test("age is judged only when the time is given", () => {
    const nowUs = Date.parse("2024-07-01T00:00:00Z") * 1000;
    const kinds = (at?: number): string[] =>
      examineCalibration(ibmCalibration(props()), {}, at).findings.map(({ kind }) => kind);
    expect(kinds()).toEqual([]);
    expect(kinds(nowUs)).toEqual(["stale"]);
    expect(codeOf(() => examineCalibration(ibmCalibration(props()), { stale: "refuse" }, nowUs))).toBe(
      "CALIBRATION_REFUSED",
    );
  });
});

describe("the neutral schema", () => {
  const schema = JSON.parse(
    readFileSync(new URL("../../../schemas/calibration.v1.schema.json", import.meta.url), "utf8"),
  );
  const valid = new Ajv2020({ allErrors: true, strict: true, strictTypes: false }).compile(schema);

  test("what the importer writes is valid and comes back the same", () => {
    const calibration = ibmCalibration(props(), { ...conf, dt: 0.2222222222222222 });
    expect(calibration.dtNs).toBe(0.2222222222222222);
    const json = JSON.parse(JSON.stringify(calibration)) as Json;
    expect(valid(json)).toBe(true);
    expect(readCalibration(json)).toEqual(calibration);
  });

  test("schema and reader refuse the same documents", () => {
    const good = JSON.parse(JSON.stringify(ibmCalibration(props(), conf)));
    const broken: Json[] = [
      { ...good, schema: "other" },
      { ...good, extra: 1 },
      { ...good, device: "" },
      { ...good, dtNs: 0 },
      { ...good, dtNs: "1" },
      { ...good, qubits: [{ t1Ns: "5" }] },
      { ...good, qubits: [{ t3Ns: 5 }] },
      { ...good, gates: [{ gate: "cx", qubits: [] }] },
      { ...good, gates: [{ gate: "cx", qubits: [0, 0] }] },
      { ...good, gates: [{ gate: "cx", qubits: [0, 1], fidelity: 1 }] },
    ];
    for (const json of broken) {
      expect(valid(json)).toBe(false);
      expect(codeOf(() => readCalibration(json))).toBe("CALIBRATION_INVALID");
    }
  });
});

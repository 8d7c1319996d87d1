import type { JsonObject } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { estimateExperiment, prepareExperiment, readExperimentOptions, runExperiment } from "./index.ts";

const HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n';
const ready = (source: string, options: JsonObject) =>
  prepareExperiment(HEAD + source, "t.qasm", readExperimentOptions(options));
const run = (source: string, options: JsonObject) =>
  runExperiment(ready(source, options), { shots: 10, seed: 1n });

/** Letters on some qubits of n, and I on the others. */
function label(n: number, on: Readonly<Record<number, string>>): string {
  return Array.from({ length: n }, (_, k) => on[n - 1 - k] ?? "I").join("");
}

/** Gates on three qubits, and every string of letters on them. */
const CLIFFORD = (a: number, b: number, c: number): string =>
  `h q[${a}]; s q[${a}]; cx q[${a}],q[${b}]; sdg q[${b}]; h q[${c}]; cz q[${b}],q[${c}]; sx q[${b}]; y q[${c}]; cx q[${c}],q[${a}];`;
const STRINGS = Array.from("IXYZ").flatMap((x) =>
  Array.from("IXYZ").flatMap((y) => Array.from("IXYZ", (z) => x + y + z)),
);

describe("expectation values of circuits too wide for a statevector", () => {
  test("a tableau gives -1, 0 or 1, the same as a statevector of the qubits that matter", () => {
    const small = run(`qreg q[3]; ${CLIFFORD(0, 1, 2)}`, { observables: STRINGS }).expectations;
    const chain = Array.from({ length: 39 }, (_, q) => `cx q[${q}],q[${q + 1}];`).join(" ");
    const back = Array.from({ length: 39 }, (_, q) => `cx q[${38 - q}],q[${39 - q}];`).join(" ");
    const wide = run(`qreg q[40]; ${chain} ${back} ${CLIFFORD(7, 31, 12)}`, {
      engine: "stabilizer",
      observables: STRINGS.map((s) =>
        label(40, { 12: s[0] as string, 31: s[1] as string, 7: s[2] as string }),
      ),
    });
    expect(wide.engine).toBe("stabilizer");
    expect(new Set(wide.expectations.map((value) => value + 0))).toEqual(new Set([-1, 0, 1]));
    for (const [k, value] of small.entries()) expect(wide.expectations[k]).toBeCloseTo(value, 12);
  });

  test("2,000 qubits in a GHZ state: all Z agree, one X says nothing, all X agree", () => {
    const n = 2000;
    const gates = Array.from({ length: n - 1 }, (_, q) => `cx q[${q}],q[${q + 1}];`).join(" ");
    const observables = ["Z".repeat(n), "X".repeat(n), label(n, { 5: "X" }), label(n, { 3: "Z", 1700: "Z" })];
    const result = run(`qreg q[${n}]; h q[0]; ${gates}`, {
      observables: [...observables, { [label(n, { 0: "Z", 9: "Z" })]: 0.5, [label(n, {})]: 2 }],
    });
    expect([result.engine, ...result.expectations]).toEqual(["stabilizer", 1, 1, 0, 1, 2.5]);
  });

  test("a chain gives what a statevector gives, across 60 qubits", () => {
    const turns = (a: number, b: number, c: number): string =>
      `ry(0.7) q[${a}]; rx(1.1) q[${b}]; cx q[${a}],q[${b}]; rz(0.4) q[${b}]; ry(0.3) q[${c}]; cx q[${b}],q[${c}];`;
    const small = run(`qreg q[3]; ${turns(0, 1, 2)}`, { observables: STRINGS }).expectations;
    const others = Array.from({ length: 60 }, (_, q) => `rz(0.1) q[${q}];`).join(" ");
    const wide = run(`qreg q[60]; ${others} ${turns(3, 41, 59)}`, {
      observables: STRINGS.map((s) =>
        label(60, { 59: s[0] as string, 41: s[1] as string, 3: s[2] as string }),
      ),
    });
    expect(wide.engine).toBe("mps");
    for (const [k, value] of small.entries()) expect(wide.expectations[k]).toBeCloseTo(value, 10);
  });

  test("qubits that no gate touches cost nothing: a statevector of the others serves", () => {
    const result = run("qreg q[80]; h q[0]; t q[0]; cx q[0],q[70];", {
      observables: [
        label(80, { 0: "Z", 70: "Z", 40: "Z" }),
        label(80, { 40: "X" }),
        label(80, { 0: "Y", 70: "X" }),
      ],
    });
    expect(result.engine).toBe("statevector");
    for (const [k, value] of [1, 0, Math.SQRT1_2].entries())
      expect(result.expectations[k]).toBeCloseTo(value, 12);
  });

  test("estimates are those of the engine; a named statevector is refused by its qubits, without an infinity", () => {
    const gates = Array.from({ length: 59 }, (_, q) => `ry(0.2) q[${q}]; cx q[${q}],q[${q + 1}];`).join(" ");
    const observables = ["Z".repeat(60)];
    const cost = estimateExperiment(ready(`qreg q[60]; ${gates}`, { observables }), 100);
    expect(cost.memoryBytes).toBeLessThan(2 ** 26);
    expect(cost.timeMs).toBeLessThan(60_000);
    expect(() => run(`qreg q[60]; ${gates}`, { engine: "statevector", observables })).toThrow(
      expect.objectContaining({
        code: "QUANTUM_TOO_LARGE",
        message: expect.not.stringContaining("Infinity"),
      }),
    );
  });
});

describe("what a matrix product state lost", () => {
  const shallow = `qreg q[30]; ${Array.from({ length: 29 }, (_, q) => `ry(0.7) q[${q}]; cx q[${q}],q[${q + 1}];`).join(" ")}`;
  const deep = `qreg q[30]; ${Array.from({ length: 8 }, (_, layer) =>
    Array.from({ length: 29 }, (_, q) => `ry(0.${3 + layer}) q[${q}]; cx q[${q}],q[${q + 1}];`).join(" "),
  ).join(" ")}`;

  test("is said of every run, and warned of where it is more than roundings", () => {
    const clean = run(shallow, { engine: "mps" });
    expect(clean.truncation?.largestBond).toBeGreaterThan(1);
    expect(clean.reason).toMatch(/it was asked for; bonds grew to \d+, nothing of the state was lost/);
    expect(clean.warnings.filter((text) => text.includes("truncation"))).toEqual([]);
    const lossy = run(deep, { engine: "mps", mps: { maxBond: 4, maxLoss: 1 } });
    expect(lossy.truncation).toMatchObject({ largestBond: 4 });
    expect(lossy.reason).toMatch(/bonds grew to 4, about .* of the state was lost/);
    expect(lossy.warnings.join()).toMatch(/truncation to bonds of 4 lost about/);
  });

  test("the estimate says that it may come, and the refusal how to allow more", () => {
    const tight = { engine: "mps", mps: { maxBond: 2 } };
    expect(estimateExperiment(ready(deep, tight), 10).notes.join()).toMatch(/bonds above 2.*--mps-bond/);
    expect(estimateExperiment(ready(shallow, { engine: "mps" }), 10).notes).toEqual([]);
    expect(() => run(deep, tight)).toThrow(
      expect.objectContaining({ code: "QUANTUM_TOO_LARGE", message: expect.stringContaining("--mps-loss") }),
    );
    for (const mps of [{ maxBond: 0 }, { maxBond: 1.5 }, { maxLoss: 2 }, { bond: 3 }])
      expect(() => ready(shallow, { mps })).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(() => ready(shallow, { engine: "stabilizer", mps: { maxBond: 3 } })).toThrow("for engine mps");
  });
});

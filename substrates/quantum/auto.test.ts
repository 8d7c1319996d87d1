import { expect, test } from "vitest";
import { chooseEngine, estimateCircuit, parseQasm2, runCircuit } from "./index.ts";

const parse = (text: string) => parseQasm2(`OPENQASM 2.0; include "qelib1.inc"; ${text}`, "t.qasm");
const chain = (n: number, end = "") =>
  parse(
    `qreg q[${n}]; creg c[${n}]; h q[0]; ${Array.from({ length: n - 1 }, (_, i) => `cx q[${i}],q[${i + 1}];`).join("")} ${end} measure q->c;`,
  );

test("200 entangled qubits run, on a tableau, and it is said why", () => {
  const { counts, engine, reason } = runCircuit(chain(200), { shots: 1000, seed: 3n });
  expect(engine).toBe("stabilizer");
  expect(reason).toBe("every gate on its 200 qubits is a Clifford gate");
  expect([...counts.keys()]).toEqual(["0".repeat(200), "1".repeat(200)]);
  expect(Math.abs((counts.get("0".repeat(200)) ?? 0) - 500)).toBeLessThan(70);
});

test("small circuits stay on the statevector, and the engine never changes a count", () => {
  const small = chain(5);
  expect(chooseEngine(small, 100)).toMatchObject({
    engine: "fast",
    reason: "5 qubits fit into a statevector",
  });
  const layer = (k: number) =>
    `h q; s q; ${Array.from({ length: 8 }, (_, i) => `cx q[${2 * i}],q[${(2 * i + 1 + 2 * k) % 18}];`).join("")}`;
  const large = parse(
    `qreg q[18]; creg c[18]; ${Array.from({ length: 40 }, (_, k) => layer(k)).join("")} measure q->c;`,
  );
  expect(chooseEngine(large, 100).engine).toBe("stabilizer");
  for (const circuit of [small, large]) {
    const run = (engine: "fast" | "stabilizer") =>
      runCircuit(circuit, { shots: 500, seed: 11n, engine }).counts;
    expect(run("stabilizer")).toEqual(run("fast"));
  }
});

test("a Clifford circuit over the memory limit of a statevector is not refused", () => {
  const limits = { memoryBytes: 3 * 2 ** 20 };
  expect(chooseEngine(chain(18), 100, "auto", limits).engine).toBe("stabilizer");
  expect(runCircuit(chain(18), { shots: 100, seed: 0n, limits }).counts.size).toBe(2);
});

test("estimates are those of the engine that will run", () => {
  const { engine, qubits, memoryBytes, timeMs, amplitudes } = estimateCircuit(chain(2000), 1000);
  expect({ engine, qubits, amplitudes }).toEqual({ engine: "stabilizer", qubits: 2000, amplitudes: 0 });
  expect(memoryBytes).toBeLessThan(2 ** 24);
  expect(timeMs).toBeLessThan(10_000);
});

test("the tableau has limits of its own, and takes nothing but Clifford circuits", () => {
  const refused = (n: number, engine: "auto" | "stabilizer", end = "") =>
    runCircuit(chain(n, end), { shots: 1, seed: 0n, engine });
  expect(() => refused(10_001, "auto")).toThrow(expect.objectContaining({ code: "QUANTUM_TOO_LARGE" }));
  expect(() => refused(3, "stabilizer", "t q[0];")).toThrow(
    expect.objectContaining({ code: "QASM_UNSUPPORTED" }),
  );
});

test("a wide circuit with other gates runs on a matrix product state, which tells what it lost", () => {
  const { counts, engine, truncation, warnings } = runCircuit(chain(60, "t q[3]; h q[3]; ry(0.4) q[59];"), {
    shots: 400,
    seed: 1n,
  });
  expect(engine).toBe("mps");
  expect(truncation?.largestBond).toBe(2);
  expect(truncation?.discarded).toBeLessThan(1e-13);
  expect(warnings).toEqual([]);
  expect(counts.size).toBeGreaterThan(4);
});

test("a matrix product state is chosen by the circuit alone: no limit of the machine changes a result", () => {
  const circuit = chain(20, "t q[3]; h q[3];");
  for (const limits of [{}, { memoryBytes: 1000 }, { maxQubits: 5 }])
    expect(chooseEngine(circuit, 100, "auto", limits).engine).toBe("fast");
  expect(chooseEngine(chain(27, "t q[3];"), 100, "auto", { maxQubits: 40 }).engine).toBe("mps");
});

test("every engine tells how far it is, and stops when asked", () => {
  for (const [engine, circuit] of [
    ["stabilizer", chain(300)],
    ["mps", chain(40, "t q[3];")],
  ] as const) {
    const seen: number[] = [];
    runCircuit(circuit, { shots: 50, seed: 0n, engine, onProgress: (part) => seen.push(part) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    const stopped = () => runCircuit(circuit, { shots: 50, seed: 0n, engine, isCancelled: () => true });
    expect(stopped).toThrow(expect.objectContaining({ code: "CANCELLED" }));
  }
});

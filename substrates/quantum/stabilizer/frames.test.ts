import { chiSquareFit } from "@arqon/core/math";
import { describe, expect, test } from "vitest";
import { CircuitBuilder } from "../circuit.ts";
import { NoiseModelBuilder, pauliChannel } from "../noise/index.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import { runCircuit } from "../run.ts";
import { noisyDistribution } from "../run-noisy.ts";
import { compileFrames, type PauliNoise } from "./frame-program.ts";
import { countDetections, countFrames, sampleFrames } from "./frames.ts";

const parse = (text: string) => parseQasm2(`OPENQASM 2.0; include "qelib1.inc"; ${text}`, "t");
const SYNDROME = `qreg q[4]; creg c[5]; h q[0]; cx q[0],q[1]; cx q[1],q[2]; s q[2]; cx q[2],q[3]; measure q[3]->c[0]; reset q[3];
  h q[1]; cz q[1],q[2]; sx q[0]; measure q[1]->c[1]; ry(pi/2) q[1]; iso q[0]; measure q->c;`;

describe("Pauli frames without noise", () => {
  test.each([
    [
      "measurements and resets on the way",
      SYNDROME.replace("iso q[0];", "").replace(
        "measure q->c;",
        "measure q[0]->c[2]; measure q[1]->c[3]; measure q[2]->c[4];",
      ),
    ],
    [
      "teleportation with its corrections",
      `qreg q[3]; creg a[1]; creg b[1]; creg out[1]; h q[0]; s q[0]; h q[1]; cx q[1],q[2]; cx q[0],q[1]; h q[0];
      measure q[0]->a[0]; measure q[1]->b[0]; if(b==1) x q[2]; if(a==1) z q[2]; if(a==0) y q[1]; sdg q[2]; h q[2]; measure q[2]->out[0];`,
    ],
    ["no measurement at all", "qreg q[3]; h q[0]; cx q[0],q[1]; y q[2];"],
  ])("give the same distribution as the tableau: %s", (_name, text) => {
    const circuit = parse(text);
    const shots = 20_000;
    const frames = countFrames(compileFrames(circuit), { shots, seed: 4n });
    const tableau = runCircuit(circuit, { shots, seed: 5n, engine: "stabilizer" }).counts;
    expect([...frames.keys()]).toEqual([...tableau.keys()]);
    // Two samples of equal size: their difference has twice the variance of one.
    let chi = 0;
    for (const [key, n] of frames)
      chi += (n - (tableau.get(key) as number)) ** 2 / (n + (tableau.get(key) as number));
    expect(chi).toBeLessThan(frames.size + 5 * Math.sqrt(2 * frames.size));
  });
});

test("noise gives the density matrix's distribution", () => {
  const noise: PauliNoise[] = [
    { gate: "cx", probabilities: { IX: 0.03, ZI: 0.05, YX: 0.04 } },
    { gate: "h", qubits: [1], probabilities: { Z: 0.1, Y: 0.02 } },
    { gate: "s", probabilities: { X: 0.08 } },
  ];
  const circuit = parse(
    "qreg q[3]; creg c[3]; h q; cx q[0],q[1]; s q[1]; cx q[1],q[2]; h q; cx q[2],q[0]; sx q[1]; measure q->c;",
  );
  const model = new NoiseModelBuilder("t");
  for (const { gate, qubits, probabilities } of noise) model.after(gate, pauliChannel(probabilities), qubits);
  const exact = noisyDistribution(circuit, model.build());
  for (const seed of [1n, 2n, 3n]) {
    const counts = countFrames(compileFrames(circuit, noise), { shots: 100_000, seed });
    expect(chiSquareFit(counts, exact).pValue).toBeGreaterThan(1e-4);
  }
});

test("errors at measurements and resets, by hand", () => {
  const noise: PauliNoise[] = [
    { gate: "measure", probabilities: { X: 0.25 } },
    { gate: "reset", probabilities: { X: 1 } },
  ];
  const circuit = parse("qreg q[2]; creg c[2]; reset q[0]; measure q->c;");
  const counts = countFrames(compileFrames(circuit, noise), { shots: 50_000, seed: 1n });
  const expected = new Map([
    ["00", 0.1875],
    ["01", 0.5625],
    ["10", 0.0625],
    ["11", 0.1875],
  ]);
  expect(chiSquareFit(counts, expected).pValue).toBeGreaterThan(1e-4);
});

test("a repetition code: detectors fire in pairs at the measured rate", () => {
  const [distance, p] = [5, 0.01];
  const out = new CircuitBuilder("repetition");
  out.qreg("q", 2 * distance - 1);
  out.creg("c", 3 * (distance - 1));
  const detectors: number[][] = [];
  for (let round = 0; round < 3; round++)
    for (let a = 0; a < distance - 1; a++) {
      out.gate("cx", [], [2 * a, 2 * a + 1]);
      out.gate("cx", [], [2 * a + 2, 2 * a + 1]);
      const record = round * (distance - 1) + a;
      out.measure(2 * a + 1, record);
      out.reset(2 * a + 1);
      detectors.push(round === 0 ? [record] : [record, record - (distance - 1)]);
    }
  const shots = 100_000;
  const quiet = countDetections(compileFrames(out.build()), detectors, { shots: 1000, seed: 1n });
  expect([...quiet]).toEqual(detectors.map(() => 0));
  const noisy = compileFrames(out.build(), [{ gate: "measure", probabilities: { X: p } }]);
  const fired = countDetections(noisy, detectors, { shots, seed: 1n });
  for (const [d, count] of fired.entries()) {
    // A wrong reading turns its detector and the next; the reset takes the error itself away.
    const rate = d < distance - 1 ? p : 2 * p * (1 - p);
    expect(Math.abs(count - shots * rate)).toBeLessThan(5 * Math.sqrt(shots * rate));
  }
});

test("shots are a beginning of a longer run; batches differ", () => {
  const program = compileFrames(parse("qreg q[1]; creg c[1]; h q[0]; measure q->c;"));
  const flips = (shots: number) =>
    Array.from(sampleFrames(program, { shots, seed: 9n }), (batch) => [
      batch.shots,
      batch.flips.slice(0, 4).join(),
    ]);
  expect(flips(3000).slice(0, 2)).toEqual(flips(2048));
  expect(flips(3000).at(-1)?.[0]).toBe(952);
  expect(flips(3000)[0]?.[1]).not.toBe(flips(3000)[1]?.[1]);
});

test("errors as rare as one in 1e20 come to an end, and those of one in 1e9 come as often as they should", () => {
  const circuit = parse(`qreg q[1]; creg c[1]; ${"id q[0]; ".repeat(1000)} measure q[0]->c[0];`);
  const flipped = (p: number, shots: number) =>
    countFrames(compileFrames(circuit, [{ gate: "id", probabilities: { X: p } }]), { shots, seed: 3n }).get(
      "1",
    ) ?? 0;
  for (const p of [1e-16, 1e-17, 1e-20, 1e-300]) expect(flipped(p, 2000)).toBe(0);
  // 10^9 chances at 1e-8.
  expect(Math.abs(flipped(0.99e-8, 1_000_000) - 10)).toBeLessThan(16);
});

test("a reference of more qubits than a tableau has is refused before it is made", () => {
  const wide = compileFrames(parse("qreg q[20000]; creg c[1]; h q; measure q[0]->c[0];"));
  expect(() => countFrames(wide, { shots: 1, seed: 1n })).toThrow(
    expect.objectContaining({ code: "QUANTUM_TOO_LARGE" }),
  );
});

test("what frames cannot do is refused by name, and so is bad noise", () => {
  for (const text of [
    "qreg q[1]; t q[0];",
    "qreg q[1]; creg c[1]; if(c==1) h q[0];",
    "qreg q[1]; creg c[2]; if(c==1) x q[0];",
  ])
    expect(() => compileFrames(parse(text))).toThrow(expect.objectContaining({ code: "QASM_UNSUPPORTED" }));
  const circuit = parse("qreg q[2]; h q;");
  for (const bad of [
    { gate: "cx", probabilities: { X: 0.1 } },
    { gate: "h", probabilities: { X: 0.6, Y: 0.6 } },
    { gate: "h", probabilities: { X: -0.1 } },
    { gate: "h", probabilities: { W: 0.1 } },
    { gate: "nope", probabilities: { X: 0.1 } },
    { gate: "h", qubits: [0, 1], probabilities: { X: 0.1 } },
  ])
    expect(() => compileFrames(circuit, [bad])).toThrow(expect.objectContaining({ code: "USAGE" }));
});

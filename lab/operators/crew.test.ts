import { CircuitBuilder, type Crew, runCircuit, statevector } from "@arqon/substrates/quantum";
import { expect, test } from "vitest";
import { crewOf } from "./crew.ts";

/** Rotations, CZ on neighbours, Toffoli gates: layers and fused gates, below and above the blocks of both. */
function mixed(qubits: number) {
  const out = new CircuitBuilder("mixed");
  out.qreg("q", qubits);
  out.creg("c", qubits);
  for (let layer = 0; layer < 4; layer++) {
    for (let q = 0; q < qubits; q++) out.gate("u3", [0.7 + layer + q, 1.1 * q, 0.4 * layer], [q]);
    for (let q = layer % 2; q + 1 < qubits; q += 2) out.gate("cz", [], [q, q + 1]);
  }
  out.measure(0, 0);
  for (let q = 0; q + 2 < qubits; q++) out.gate("ccx", [], [q, q + 1, q + 2]);
  for (let q = 0; q < qubits; q++) out.measure(q, q);
  return out.build();
}

test.each(["f64", "f32"] as const)("%s: the same counts whatever the number of threads", (precision) => {
  const circuit = mixed(18);
  const run = (threads: number) => [
    ...runCircuit(circuit, { shots: 300, seed: 7n, engine: "fast", precision, crew: crewOf(threads) }).counts,
  ];
  const alone = run(1);
  expect(alone.length).toBeGreaterThan(250);
  for (const threads of [2, 3, 5]) expect(run(threads)).toEqual(alone);
});

test("the same amplitudes to the last bit, one circuit after the other with the same helpers", () => {
  for (const qubits of [16, 19]) {
    const out = new CircuitBuilder("layers");
    out.qreg("q", qubits);
    for (let q = 0; q < qubits; q++) out.gate("u3", [q + 1, 0.3, 0.7 * q], [q]);
    for (let q = 0; q + 1 < qubits; q++) out.gate("cp", [0.1 * q + 1], [q, q + 1]);
    for (let q = 0; q < qubits; q++) out.gate("u3", [q + 2, 1.3, 0.2 * q], [q]);
    const circuit = out.build();
    const bytes = (crew?: Crew) => {
      const { re, im } = statevector(circuit, "fast", crew ? { crew } : {});
      return Buffer.concat([Buffer.from(re.buffer), Buffer.from(im.buffer)]);
    };
    const alone = bytes();
    for (let again = 0; again < 3; again++) expect(bytes(crewOf(3)).equals(alone)).toBe(true);
  }
});

test("helpers that stay in a memory taken again work by the tables of the new state", () => {
  const circuitOf = (k: number) => {
    const out = new CircuitBuilder("tables");
    out.qreg("q", 18);
    for (let layer = 0; layer < 2; layer++) {
      for (let q = 0; q < 18; q++) out.gate("u3", [k + q + 1, 0.3 * k, 0.7 * q], [q]);
      for (let q = 0; q + 1 < 18; q++) out.gate("cp", [0.1 * q + k], [q, q + 1]);
    }
    return out.build();
  };
  for (let k = 0; k < 12; k++) {
    const [alone, helped] = [undefined, crewOf(3)].map((crew) => {
      const options = { shots: 64, seed: 5n, precision: "f32" as const, engine: "fast" as const };
      return [...runCircuit(circuitOf(k), crew ? { ...options, crew } : options).counts];
    });
    expect(helped).toEqual(alone);
  }
});

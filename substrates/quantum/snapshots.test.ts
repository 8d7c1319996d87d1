import { describe, expect, test } from "vitest";
import { CircuitBuilder } from "./circuit.ts";
import { expectation, reducedDensity } from "./observables/index.ts";
import { parseQasm2 } from "./qasm/parser.ts";
import { statevector } from "./run.ts";
import { amplitudesAt, type Checkpoint, snapshots } from "./snapshots.ts";

function layered(qubits: number, depth: number) {
  const out = new CircuitBuilder("layers");
  out.qreg("q", qubits);
  for (let layer = 0; layer < depth; layer++) {
    for (let q = qubits - 1; q >= 0; q--) out.gate("u3", [0.7 + layer + q, 1.1 * q, 0.4 * layer], [q]);
    for (let q = layer % 2; q + 1 < qubits; q += 2) out.gate("cz", [], [q, q + 1]);
  }
  return out.build();
}

describe("states on the way", () => {
  test.each(["f64", "f32"] as const)(
    "%s: a walk that goes on from a checkpoint gives the same bits",
    (precision) => {
      const circuit = layered(13, 6);
      const options = { every: 40, precision };
      const whole = [...snapshots(circuit, options)];
      expect(whole.map(({ gates }) => gates)).toEqual([40, 80, 114]);
      for (const [k, from] of whole.entries()) {
        // As it would come back from a file.
        const kept: Checkpoint = { ...from, re: from.re.slice(), im: from.im.slice() };
        expect([...snapshots(circuit, { ...options, from: kept })]).toEqual(whole.slice(k + 1));
      }
    },
  );

  test("the last is the circuit's state, the others those of its beginnings", () => {
    const circuit = layered(6, 4);
    const [first, ...others] = [...snapshots(circuit, { every: 8 })];
    const last = amplitudesAt(circuit, others.at(-1) as Checkpoint);
    const wanted = statevector(circuit, "oracle");
    for (const [i, re] of wanted.re.entries()) {
      expect(last.re[i]).toBeCloseTo(re, 13);
      expect(last.im[i]).toBeCloseTo(wanted.im[i] as number, 13);
    }
    const begun = statevector(layered(6, 1), "oracle");
    const early = amplitudesAt(circuit, first as Checkpoint);
    expect(expectation(last, [["ZZIIII", 1]])).toBeCloseTo(expectation(wanted, [["ZZIIII", 1]]), 13);
    expect(reducedDensity(early, [4])[0]).toBeCloseTo(reducedDensity(begun, [4])[0] as number, 13);
  });

  test("single precision loses its norm over many gates, and is given it back", () => {
    const circuit = layered(4, 1000);
    const [double, single] = [
      statevector(circuit, "fast"),
      statevector(circuit, "fast", { precision: "f32" }),
    ];
    const norm = single.re.reduce((sum, x, i) => sum + x * x + (single.im[i] as number) ** 2, 0);
    expect(Math.abs(norm - 1)).toBeLessThan(1e-12);
    const [last] = [...snapshots(circuit, { every: 1e9, precision: "f32" })] as [Checkpoint];
    const worn = Array.from(last.re).reduce((sum, x, i) => sum + x * x + (last.im[i] as number) ** 2, 0);
    expect(Math.abs(worn - 1)).toBeGreaterThan(1e-7);
    for (const [i, x] of double.re.entries())
      expect(Math.abs((single.re[i] as number) - x)).toBeLessThan(5e-5);
  });

  test("a checkpoint of another walk is refused, and a state that depends on chance", () => {
    const circuit = layered(5, 3);
    const [from] = [...snapshots(circuit, { every: 10 })] as [Checkpoint];
    const walk = (options: object) => () => [...snapshots(circuit, { every: 10, from, ...options })];
    expect(walk({ every: 5 })).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(walk({ precision: "f32" })).toThrow("not of this walk");
    expect(walk({ from: { ...from, gates: 7 } })).toThrow("not of this walk");
    expect(walk({ from: { ...from, re: from.re.slice(1) } })).toThrow("not of this walk");
    expect(walk({ every: 0 })).toThrow("every 0 gates");
    const random = parseQasm2(
      'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; h q[0]; measure q[0]->c[0]; h q[0];',
      "chance",
    );
    expect(() => [...snapshots(random, { every: 1 })]).toThrow("depends on chance");
    expect(() => statevector(random)).toThrow(expect.objectContaining({ code: "QASM_UNSUPPORTED" }));
  });
});

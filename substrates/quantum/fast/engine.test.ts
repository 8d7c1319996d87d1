import { sha256Hex } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder } from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import { runCircuit, statevector } from "../run.ts";

/** Gates by code with random angles, on qubits chosen by a list of numbers. */
function circuitOf(
  qubits: number,
  picks: readonly { code: number; seeds: number[]; angles: number[] }[],
): Circuit {
  const out = new CircuitBuilder("random");
  out.qreg("q", qubits);
  for (const { code, seeds, angles } of picks) {
    const gate = GATES[code];
    if (!gate || gate.qubits > qubits) continue;
    const free = Array.from({ length: qubits }, (_, q) => q);
    const chosen = seeds.slice(0, gate.qubits).map((s) => free.splice(s % free.length, 1)[0] as number);
    out.gate(code, angles.slice(0, gate.parameters.length), chosen);
  }
  return out.build();
}

const pick = fc.record({
  code: fc.nat(GATES.length - 1),
  seeds: fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }),
  angles: fc.array(fc.double({ min: -7, max: 7, noNaN: true }), { minLength: 4, maxLength: 4 }),
});

function difference(circuit: Circuit): number {
  const [a, b] = [statevector(circuit, "oracle"), statevector(circuit, "fast")];
  let worst = 0;
  for (let i = 0; i < a.re.length; i++)
    worst = Math.max(
      worst,
      Math.abs((a.re[i] as number) - (b.re[i] as number)),
      Math.abs((a.im[i] as number) - (b.im[i] as number)),
    );
  return worst;
}

describe("the fast engine against the oracle", () => {
  test("random circuits of every gate on 1 to 9 qubits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(pick, { maxLength: 60 }), (qubits, picks) => {
        expect(difference(circuitOf(qubits, picks))).toBeLessThan(1e-12);
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  test("random circuits on 15 and 16 qubits, where blocks are gathered", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 15, max: 16 }),
        fc.array(pick, { minLength: 60, maxLength: 80 }),
        (qubits, picks) => {
          expect(difference(circuitOf(qubits, picks))).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 8, seed: 2 },
    );
  });

  test.each(GATES.map((gate, code) => [gate.name, code] as const))(
    "%s on every order of six qubits",
    (_, code) => {
      for (let turn = 0; turn < 12; turn++) {
        const dense = Array.from({ length: 6 }, (_, q) => ({
          code: 2,
          seeds: [q, 0, 0, 0, 0],
          angles: [q + 1, turn, 2],
        }));
        const angles = [0.3 + turn, 1.7, -0.9, 0.2];
        const seeds = [turn, turn * 7 + 1, turn * 3 + 2, turn * 5, turn * 11 + 1];
        expect(difference(circuitOf(6, [...dense, { code, seeds, angles }]))).toBeLessThan(1e-14);
      }
    },
  );

  test("golden bits: every gate, sixteen qubits, the same amplitudes to the last bit on any machine", () => {
    const first = GATES.findIndex(({ name }) => name === "c4x") + 1;
    const picks = Array.from({ length: 300 }, (_, i) => {
      const at = [0, 1, 2, 3, 4].map((k) => (i * 5 + k * 3) % 16);
      return { code: i % first, at, angles: [0, 1, 2, 3].map((k) => 0.1 * i + k - 3) };
    });
    const out = new CircuitBuilder("golden");
    out.qreg("q", 16);
    for (const { code, at, angles } of picks) {
      const { parameters, qubits } = GATES[code] as (typeof GATES)[number];
      out.gate(code, angles.slice(0, parameters.length), at.slice(0, qubits));
    }
    const { re, im } = statevector(out.build(), "fast");
    const digests = [re, im].map((part) => sha256Hex(new Uint8Array(part.buffer)).slice(0, 16));
    expect(digests).toEqual(["dd7bdefc3c0c58d9", "e3c18b1d0360ccfc"]);
  });

  test("a hundred thousand gates that do nothing are nothing", () => {
    const out = new CircuitBuilder("idle");
    out.qreg("q", 2);
    out.gate("h", [], [0]);
    for (let i = 0; i < 100_000; i++) out.gate("id", [], [i % 2]);
    out.gate("cx", [], [0, 1]);
    expect(difference(out.build())).toBeLessThan(1e-15);
  });

  test("a circuit followed by its inverse is the unit", () => {
    const out = new CircuitBuilder("there and back");
    out.qreg("q", 8);
    const undo: (() => void)[] = [];
    for (let i = 0; i < 120; i++) {
      const [a, b, angle] = [i % 8, (i * 3 + 1 + (i % 8 === (i * 3 + 1) % 8 ? 1 : 0)) % 8, 0.1 * i];
      const both = (name: string, values: number[], back: number[], qubits: number[]) => {
        out.gate(name, values, qubits);
        undo.push(() => out.gate(name, back, qubits));
      };
      if (i % 4 === 0) both("u3", [angle, 0.3, 1.1], [-angle, -1.1, -0.3], [a]);
      else if (i % 4 === 1 && a !== b) both("rxx", [angle], [-angle], [a, b]);
      else if (i % 4 === 2 && a !== b) both("cry", [angle], [-angle], [a, b]);
      else both("h", [], [], [a]);
    }
    for (const step of undo.reverse()) step();
    for (const engine of ["oracle", "fast"] as const) {
      const { re, im } = statevector(out.build(), engine);
      expect(re[0]).toBeCloseTo(1, 12);
      expect(Math.max(...re.slice(1).map(Math.abs), ...im.map(Math.abs))).toBeLessThan(1e-12);
    }
  });

  test("counts agree for a seed, with measurements, resets and conditions on the way", () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom(
          "h q[0];",
          "cx q[0],q[2];",
          "ry(0.7) q[1];",
          "t q[2];",
          "cx q[3],q[1];",
          "sx q[3];",
        ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          "measure q[0]->c[0];",
          "measure q[2]->c[1];",
          "reset q[1];",
          "measure q[3]->d[0];",
        ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          "if(c==1) x q[3];",
          "if(c==2) ry(1) q[0];",
          "if(d==1) reset q[2];",
          "if(d==0) measure q[1]->c[0];",
        ),
      },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 25 }),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        (steps, seed) => {
          const head = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; creg c[2]; creg d[1]; h q;';
          const circuit = parseQasm2(`${head}${steps.join("")} measure q[1]->c[1];`, "t");
          const counts = (engine: "oracle" | "fast") => [
            ...runCircuit(circuit, { shots: 200, seed, engine }).counts,
          ];
          expect(counts("fast")).toEqual(counts("oracle"));
        },
      ),
      { numRuns: 150, seed: 3 },
    );
  });
});

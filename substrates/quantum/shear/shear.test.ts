import { sha256Hex } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder } from "../circuit.ts";
import { fastEngine, plan } from "../fast/engine.ts";
import { Kernel } from "../fast/kernel.ts";
import { GATES } from "../gates/table.ts";
import type { Precision, RealArray } from "../precision.ts";
import { oracle } from "../simulate/oracle.ts";
import { type Program, prepare } from "../simulate/program.ts";
import { executeShear, planShear } from "./index.ts";

type Amplitudes = { readonly re: RealArray; readonly im: RealArray };

const pick = fc.record({
  code: fc.nat(GATES.length - 1),
  seeds: fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }),
  angles: fc.array(
    fc.oneof(fc.double({ min: -7, max: 7, noNaN: true }), fc.double({ min: 0, max: 1e-6, noNaN: true })),
    { minLength: 4, maxLength: 4 },
  ),
});

function circuitOf(
  qubits: number,
  picks: readonly { code: number; seeds: readonly number[]; angles: readonly number[] }[],
): Circuit {
  const out = new CircuitBuilder("random");
  out.qreg("q", qubits);
  for (let q = 0; q < qubits; q++) out.gate("u3", [q + 1, 0.3, 0.7 * q], [q]);
  for (const { code, seeds, angles } of picks) {
    const gate = GATES[code];
    if (!gate || gate.qubits > qubits) continue;
    const free = Array.from({ length: qubits }, (_, q) => q);
    const chosen = seeds.slice(0, gate.qubits).map((s) => free.splice(s % free.length, 1)[0] as number);
    out.gate(code, angles.slice(0, gate.parameters.length), chosen);
  }
  return out.build();
}

/** Random rotations on every qubit and CZ on neighbours: what layers are best at. */
function brickwork(qubits: number, depth: number): Circuit {
  const out = new CircuitBuilder("brickwork");
  out.qreg("q", qubits);
  for (let layer = 0; layer < depth; layer++) {
    for (let q = 0; q < qubits; q++) out.gate("u3", [0.7 + layer + q, 1.1 * q, 0.4 * layer], [q]);
    for (let q = layer % 2; q + 1 < qubits; q += 2) out.gate("cz", [], [q, q + 1]);
  }
  return out.build();
}

function stepOf(program: Program): readonly number[] {
  const [step] = program.steps;
  if (step?.kind !== "gates") throw new TypeError("no gates");
  return step.instructions;
}

/** The state by layers, whatever the cost model says. */
function layered(circuit: Circuit, precision: Precision): Amplitudes {
  const program = prepare(circuit);
  const kernel = new Kernel(program.width, precision);
  kernel.re[0] = 1;
  const place = (qubit: number): number => program.positions[qubit] as number;
  const { width } = program;
  const plan = planShear(circuit, stepOf(program), place, { width, active: 0, precision });
  if (!plan) throw new TypeError("a gate has no such form");
  executeShear(kernel, plan, () => {});
  return kernel;
}

function plain(circuit: Circuit): Amplitudes {
  const program = prepare(circuit);
  const state = oracle(program);
  state.apply(stepOf(program), () => {});
  return state;
}

function apart(a: Amplitudes, b: Amplitudes): number {
  let worst = 0;
  for (let i = 0; i < a.re.length; i++)
    worst = Math.max(
      worst,
      Math.abs((a.re[i] as number) - (b.re[i] as number)),
      Math.abs((a.im[i] as number) - (b.im[i] as number)),
    );
  return worst;
}

describe("layers against the oracle", () => {
  test.each([
    ["f64", 1e-12],
    ["f32", 1e-5],
  ] as const)("%s: random circuits of every gate", (precision, bound) => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 9 }), fc.array(pick, { maxLength: 40 }), (qubits, picks) => {
        const circuit = circuitOf(qubits, picks);
        expect(apart(plain(circuit), layered(circuit, precision))).toBeLessThan(bound);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test.each([
    ["f64", 1e-13],
    ["f32", 1e-6],
  ] as const)(
    "%s: states of many blocks, with rotations and pairs below, above and across",
    (precision, bound) => {
      for (const qubits of [15, 17, 19]) {
        const circuit = brickwork(qubits, 4);
        expect(apart(plain(circuit), layered(circuit, precision))).toBeLessThan(bound);
      }
      fc.assert(
        fc.property(fc.array(pick, { minLength: 40, maxLength: 60 }), (picks) => {
          const circuit = circuitOf(16, picks);
          expect(apart(plain(circuit), layered(circuit, precision))).toBeLessThan(bound);
        }),
        { numRuns: 2, seed: 5, endOnFailure: true },
      );
    },
  );

  test("golden bits: the same amplitudes on any machine", () => {
    const digests = (["f64", "f32"] as const).flatMap((precision) => {
      const { re, im } = layered(brickwork(16, 6), precision);
      return [re, im].map((part) =>
        sha256Hex(new Uint8Array(part.buffer, part.byteOffset, part.byteLength)).slice(0, 16),
      );
    });
    expect(digests).toEqual(["4f3a36674d08237e", "b0a97c2a2a7692ba", "609322d1302c1201", "c62f91ee90ae329d"]);
  });
});

describe("the cost model", () => {
  const chosen = (circuit: Circuit) => {
    const program = prepare(circuit);
    const instructions = stepOf(program);
    return plan(program, instructions, 0, instructions.length, 0, "f64").kind;
  };

  test("takes layers for brickwork and fusion for Toffoli gates", () => {
    expect(chosen(brickwork(16, 20))).toBe("shear");
    const toffolis = new CircuitBuilder("toffolis");
    toffolis.qreg("q", 16);
    for (let q = 0; q < 16; q++) toffolis.gate("h", [], [q]);
    for (let q = 0; q < 14; q++) toffolis.gate("ccx", [], [q, q + 1, q + 2]);
    expect(chosen(toffolis.build())).toBe("groups");
  });

  test("either way the fast engine gives the oracle's state in both precisions", () => {
    const circuit = brickwork(14, 5);
    const program = prepare(circuit);
    for (const [precision, bound] of [
      ["f64", 1e-13],
      ["f32", 1e-6],
    ] as const) {
      const state = fastEngine(precision)(program);
      state.apply(stepOf(program), () => {});
      expect(apart(plain(circuit), state)).toBeLessThan(bound);
    }
  });
});

import { adjoint, type Matrix, multiply } from "@arqon/core/math";
import { describe, expect, test } from "vitest";
import { operandsOf, parametersOf } from "../circuit.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import { applyMany } from "../simulate/oracle.ts";
import { qelibDefinition } from "./qelib1.ts";
import { GATES, gateCode } from "./table.ts";

const ANGLES = [0.7, -1.3, 2.1, 0.4];

/** The matrix of a library definition, column by column, in terms of the gates it calls. */
function definitionMatrix(name: string, qubits: number, parameters: readonly number[]): Matrix {
  const text = qelibDefinition(name)?.replace(`gate ${name}`, "gate whole") ?? "";
  const wires = Array.from({ length: qubits }, (_, q) => `q[${q}]`).join(",");
  const call = parameters.length ? `whole(${parameters})` : "whole";
  const circuit = parseQasm2(
    `OPENQASM 2.0; include "qelib1.inc"; ${text} qreg q[${qubits}]; ${call} ${wires};`,
    name,
  );
  const n = 2 ** qubits;
  const out = new Float64Array(2 * n * n);
  for (let column = 0; column < n; column++) {
    const [re, im] = [new Float64Array(n), new Float64Array(n)];
    re[column] = 1;
    for (let i = 0; i < circuit.length; i++) {
      const gate = GATES[circuit.codes[i] as number];
      if (gate) applyMany(re, im, operandsOf(circuit, i), gate.matrix(parametersOf(circuit, i)));
    }
    for (let row = 0; row < n; row++) {
      out[2 * (row * n + column)] = re[row] as number;
      out[2 * (row * n + column) + 1] = im[row] as number;
    }
  }
  return out;
}

/** Largest difference of two matrices after the phase that brings the first large entry together. */
function differenceUpToPhase(a: Matrix, b: Matrix): number {
  let [re, im] = [0, 0];
  for (let i = 0; i < a.length; i += 2) {
    re += (a[i] as number) * (b[i] as number) + (a[i + 1] as number) * (b[i + 1] as number);
    im += (a[i + 1] as number) * (b[i] as number) - (a[i] as number) * (b[i + 1] as number);
  }
  const size = Math.hypot(re, im);
  let worst = 0;
  for (let i = 0; i < a.length; i += 2) {
    const [x, y] = [b[i] as number, b[i + 1] as number];
    worst = Math.max(worst, Math.abs((a[i] as number) - (x * re - y * im) / size));
    worst = Math.max(worst, Math.abs((a[i + 1] as number) - (x * im + y * re) / size));
  }
  return worst;
}

describe.each(GATES.map((gate) => [gate.name, gate] as const))("gate %s", (name, gate) => {
  const parameters = ANGLES.slice(0, gate.parameters.length);
  const n = 2 ** gate.qubits;

  test("is unitary", () => {
    const m = gate.matrix(parameters);
    const product = multiply(adjoint(m, n), m, n);
    for (let i = 0; i < product.length; i++)
      expect(product[i]).toBeCloseTo(i % (2 * (n + 1)) === 0 ? 1 : 0, 14);
  });

  test.skipIf(gate.definition === undefined)(
    "equals its definition in the library up to a global phase",
    () => {
      const own = gate.matrix(parameters);
      expect(differenceUpToPhase(own, definitionMatrix(name, gate.qubits, parameters))).toBeLessThan(1e-14);
    },
  );
});

test("angles far beyond a turn keep the matrix unitary", () => {
  const gate = GATES.find(({ name }) => name === "u3") as (typeof GATES)[number];
  const matrix = gate.matrix([1.1, 3.3e22, -1.7e21]);
  const product = multiply(adjoint(matrix, 2), matrix, 2);
  expect([...product].every((x, i) => Math.abs(x - (i === 0 || i === 6 ? 1 : 0)) < 1e-14)).toBe(true);
});

test("the library has all of qelib1.inc and the gates added since", () => {
  const names =
    "u3 u2 u1 cx id u0 u p x y z h s sdg t tdg rx ry rz sx sxdg cz cy swap ch ccx cswap crx cry crz cu1 cp cu3 csx cu rxx rzz rccx rc3x c3x c3sqrtx c4x ecr";
  expect(GATES.map((gate) => gate.name)).toEqual(["U", "CX", ...names.split(" ")]);
  expect(gateCode("nothing")).toBeUndefined();
});

test("matrices written by hand", () => {
  const of = (name: string, ...p: number[]) => Array.from(GATES[gateCode(name) as number]?.matrix(p) ?? []);
  const r = Math.SQRT1_2;
  expect(of("h")).toEqual([r, 0, r, 0, r, 0, -r, 0]);
  expect(of("y")).toEqual([0, 0, 0, -1, 0, 1, 0, 0]);
  expect(of("sx")).toEqual([0.5, 0.5, 0.5, -0.5, 0.5, -0.5, 0.5, 0.5]);
  // The control is qubit 0, the lower index bit: |01> and |11> are exchanged.
  expect(of("cx").filter((_, i) => i % 2 === 0)).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0]);
  expect(of("u1", Math.PI / 2)[6]).toBeCloseTo(0, 15);
  expect(of("u1", Math.PI / 2)[7]).toBe(1);
});

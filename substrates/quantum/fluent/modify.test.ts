import { type Matrix, multiply } from "@arqon/core/math";
import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder, operandsOf, parametersOf } from "../circuit.ts";
import { GATES, type Gate, gateCode } from "../gates/table.ts";
import { applyMany } from "../simulate/oracle.ts";
import { type QuantumCircuit, quantumCircuit } from "./index.ts";

/** The matrix of a circuit, column by column, times a phase. */
function matrixOf(circuit: Circuit, phase = 0): Matrix {
  const size = 2 ** circuit.qubits;
  const out = new Float64Array(2 * size * size);
  for (let column = 0; column < size; column++) {
    const [re, im] = [new Float64Array(size), new Float64Array(size)];
    re[column] = Math.cos(phase);
    im[column] = Math.sin(phase);
    for (let i = 0; i < circuit.length; i++) {
      const gate = GATES[circuit.codes[i] as number];
      if (gate) applyMany(re, im, operandsOf(circuit, i), gate.matrix(parametersOf(circuit, i)));
    }
    for (let row = 0; row < size; row++)
      out.set([re[row] as number, im[row] as number], 2 * (row * size + column));
  }
  return out;
}

/** The matrix of a chain, with its phase: a control makes that visible, the lower half of it is the chain itself. */
function whole(chain: QuantumCircuit): Matrix {
  const under = matrixOf(chain.control().build());
  const size = 2 ** chain.build().qubits;
  const out = new Float64Array(2 * size * size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const off = 2 * (2 * row * 2 * size + 2 * column);
      expect(under[off]).toBeCloseTo(row === column ? 1 : 0, 10);
      expect(under[off + 1]).toBeCloseTo(0, 10);
      const on = 2 * ((2 * row + 1) * 2 * size + 2 * column + 1);
      out.set(under.subarray(on, on + 2), 2 * (row * size + column));
    }
  return out;
}

function expectClose(found: Matrix, wanted: Matrix, to = 1e-10): void {
  let most = 0;
  for (let k = 0; k < wanted.length; k++)
    most = Math.max(most, Math.abs((found[k] as number) - (wanted[k] as number)));
  expect(most).toBeLessThan(to);
}

const identityOf = (size: number): Matrix => matrixOf(empty(Math.log2(size)));

function empty(qubits: number): Circuit {
  const out = new CircuitBuilder("empty");
  out.qreg("q", qubits);
  return out.build();
}

function one({ name, parameters, qubits }: Gate): QuantumCircuit {
  const angles = [0.7, -1.3, 2.1, 0.4].slice(0, parameters.length);
  const wires = Array.from({ length: qubits }, (_, q) => q).toReversed();
  return quantumCircuit(qubits).append(name, wires, angles);
}

describe.each(GATES.map((gate) => [gate.name, gate] as const))("gate %s", (_, gate) => {
  test("under a control is its matrix, phase and all", () => {
    expectClose(whole(one(gate)), matrixOf(one(gate).build()));
  });

  test("undone is nothing, phase and all", () => {
    const chain = one(gate);
    expectClose(whole(chain.compose(chain.inverse())), identityOf(2 ** gate.qubits));
  });

  test("has a square root", () => {
    const root = whole(one(gate).power(0.5));
    const size = 2 ** gate.qubits;
    expectClose(multiply(root, root, size), matrixOf(one(gate).build()), 1e-9);
  });
});

describe("circuits made of circuits", () => {
  const some = (): QuantumCircuit =>
    quantumCircuit(3).h(0).cx(0, 1).u(0.3, 1.2, -0.7, 2).ccx(0, 2, 1).gphase(0.4).rzz(0.9, 1, 2).sx(0);

  test("powers are repetitions, and negative ones undo", () => {
    const [once, thrice] = [whole(some()), whole(some().power(3))];
    expectClose(thrice, multiply(once, multiply(once, once, 8), 8));
    expectClose(whole(some().power(-2).compose(some().power(2))), identityOf(8));
    expectClose(whole(some().power(0)), identityOf(8));
  });

  test("two controls are a control of a control", () => {
    expectClose(matrixOf(some().control(2).build()), matrixOf(some().control().control().build()));
  });

  test("a phase is a p on the control, and no gate without one", () => {
    const phase = quantumCircuit(1).gphase(0.4);
    expect(phase.build().length).toBe(0);
    expect(phase.control().countOps()).toEqual({ p: 1 });
  });

  test.each([1, 2, 3, 4, 5, 6, 7])("mcx with %s controls flips the last two numbers", (controls) => {
    const wires = Array.from({ length: controls }, (_, k) => k);
    const found = matrixOf(
      quantumCircuit(controls + 1)
        .mcx(wires, controls)
        .build(),
    );
    const size = 2 ** (controls + 1);
    const [a, b] = [size / 2 - 1, size - 1];
    const wanted = new Float64Array(2 * size * size);
    for (let column = 0; column < size; column++) {
      const row = column === a ? b : column === b ? a : column;
      wanted[2 * (row * size + column)] = 1;
    }
    expectClose(found, wanted);
  });
});

describe("a unitary matrix", () => {
  test("of one qubit, by rows, is one gate", () => {
    const chain = quantumCircuit(1).unitary(
      [
        [0, [0, -1]],
        [[0, 1], 0],
      ],
      0,
    );
    expect(chain.countOps()).toEqual({ u: 1 });
    expectClose(whole(chain), GATES[gateCode("y") as number]?.matrix([]) as Matrix);
  });

  test.each(GATES.filter(({ qubits }) => qubits <= 2).map((gate) => [gate.name, gate] as const))(
    "of %s is that gate, phase and all",
    (_, gate) => {
      const chain = one(gate);
      const wires = Array.from({ length: gate.qubits }, (_, q) => q);
      const matrix = matrixOf(chain.build(), 0.3);
      expectClose(whole(quantumCircuit(gate.qubits).unitary(matrix, wires)), matrix, 1e-8);
    },
  );

  test("of any two qubits is at most three rzz, in either order of the qubits", () => {
    for (let k = 0; k < 20; k++) {
      const angle = (n: number): number => Math.sin(100 * k + 7 * n) * 3;
      const chain = quantumCircuit(2);
      for (let n = 0; n < 5; n++)
        chain
          .u(angle(n), angle(n + 10), angle(n + 20), 0)
          .u(angle(n + 30), angle(n + 40), angle(n + 50), 1)
          .crx(angle(n + 60), 0, 1);
      const matrix = matrixOf(chain.build(), angle(70));
      const made = quantumCircuit(2).unitary(matrix, [0, 1]);
      expect(made.countOps()["rzz"]).toBeLessThanOrEqual(3);
      expectClose(whole(made), matrix, 1e-8);
      const swapped = quantumCircuit(2).unitary(matrix, [1, 0]);
      expectClose(whole(swapped), whole(quantumCircuit(2).compose(made, [1, 0])), 1e-8);
    }
  });
});

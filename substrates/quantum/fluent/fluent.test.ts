import { describe, expect, test } from "vitest";
import { toQasm2 } from "../export/index.ts";
import { GATES } from "../gates/table.ts";
import { parseQasm } from "../parse-qasm.ts";
import { runCircuit } from "../run.ts";
import { quantumCircuit } from "./index.ts";
import type { Signatures } from "./signatures.ts";

const SIGNATURES: Signatures = {
  U: [3, 1],
  CX: [0, 2],
  u3: [3, 1],
  u2: [2, 1],
  u1: [1, 1],
  cx: [0, 2],
  id: [0, 1],
  u0: [1, 1],
  u: [3, 1],
  p: [1, 1],
  x: [0, 1],
  y: [0, 1],
  z: [0, 1],
  h: [0, 1],
  s: [0, 1],
  sdg: [0, 1],
  t: [0, 1],
  tdg: [0, 1],
  rx: [1, 1],
  ry: [1, 1],
  rz: [1, 1],
  sx: [0, 1],
  sxdg: [0, 1],
  cz: [0, 2],
  cy: [0, 2],
  swap: [0, 2],
  ch: [0, 2],
  ccx: [0, 3],
  cswap: [0, 3],
  crx: [1, 2],
  cry: [1, 2],
  crz: [1, 2],
  cu1: [1, 2],
  cp: [1, 2],
  cu3: [3, 2],
  csx: [0, 2],
  cu: [4, 2],
  rxx: [1, 2],
  rzz: [1, 2],
  rccx: [0, 3],
  rc3x: [0, 4],
  c3x: [0, 4],
  c3sqrtx: [0, 4],
  c4x: [0, 5],
  ecr: [0, 2],
};

describe("a chain of calls", () => {
  test("knows every gate of the table, with its numbers of parameters and qubits", () => {
    expect(Object.entries(SIGNATURES)).toEqual(
      GATES.map(({ name, parameters, qubits }) => [name, [parameters.length, qubits]]),
    );
  });

  test("gives the circuit the same text would give", () => {
    const chained = quantumCircuit(3, 1)
      .h(0)
      .rx(0.5, 1)
      .cu(1, 2, 3, 4, 0, 2)
      .reset(1)
      .measure(0, 0)
      .barrier(0, 2)
      .ccx(0, 1, 2);
    const text = `OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[1];
      h q[0]; rx(0.5) q[1]; cu(1,2,3,4) q[0],q[2]; reset q[1]; measure q[0] -> c[0]; barrier q[0],q[2]; ccx q[0],q[1],q[2];`;
    expect(chained.build()).toEqual(parseQasm(text, "circuit"));
  });

  test("waits as the text would", () => {
    const chained = quantumCircuit(2).x(0).delay("1.5us", 1).delay("16dt");
    const text = `OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; x q[0]; delay[1.5us] q[1]; delay[16dt] q;`;
    expect(chained.build()).toEqual(parseQasm(text, "circuit"));
    for (const wrong of ["1", "-1ns", "1 h", "ns", "1e400s"])
      expect(() => chained.delay(wrong as "1ns", 0)).toThrow(TypeError);
  });

  test("measures all, and decides", () => {
    const bell = quantumCircuit(2).h(0).cx(0, 1).measureAll().build();
    expect([...runCircuit(bell, { shots: 100, seed: 42n }).counts.keys()]).toEqual(["00", "11"]);
    const fed = quantumCircuit(2, 2)
      .x(0)
      .measure(0, 0)
      .when(0, 1, (c) => c.x(1))
      .measure(1, 1);
    expect([...runCircuit(fed.build(), { shots: 10, seed: 1n }).counts]).toEqual([["11", 10]]);
    expect(
      toQasm2(
        quantumCircuit(1, 2)
          .when([0, 1], 2n, (c) => c.x(0))
          .build(),
      ),
    ).toContain("if(c==2) x q[0];");
  });

  test.each<[string, () => unknown]>([
    [
      "x takes 0 parameters and 1 qubits, 2 numbers given",
      () => (quantumCircuit(2) as unknown as Record<string, (...n: number[]) => unknown>)["x"]?.(0, 1),
    ],
    ["qubit 2 of 2", () => quantumCircuit(2).h(2)],
    ["cx has qubit 1 twice", () => quantumCircuit(2).cx(1, 1)],
    ["bit 0 of 0", () => quantumCircuit(1).measure(0, 0)],
    ["not a finite number", () => quantumCircuit(1).rx(Number.NaN, 0)],
    ["must be a whole number", () => quantumCircuit(-1)],
    ["one condition inside another", () => quantumCircuit(1, 1).when(0, 1, (c) => c.when(0, 1, () => {}))],
  ])("a mistake is a TypeError: %s", (message, make) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

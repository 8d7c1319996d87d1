import { describe, expect, test } from "vitest";
import { timingOf } from "../circuit.ts";
import { drawText } from "../draw/index.ts";
import { toQasm2 } from "../export/index.ts";
import { GATES } from "../gates/table.ts";
import { parseQasm } from "../parse-qasm.ts";
import { runCircuit, statevector } from "../run.ts";
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
      expect(() => chained.delay(wrong as "1ns", 0)).toThrow("is not a time");
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
    ["no gate foo", () => quantumCircuit(1).append("foo", [0])],
    ["rx takes 1 parameters and 1 qubits, 0 and 1 given", () => quantumCircuit(1).append("rx", [0])],
    ["qubit -1 of 1", () => quantumCircuit(1).h(-1)],
    ["qubits must be a whole number", () => quantumCircuit(Number.NaN)],
    ["must be a whole number, not 0.5", () => quantumCircuit(1, 1).when(0, 0.5, () => {})],
    ["mcx needs a control", () => quantumCircuit(1).mcx([], 0)],
    ["qubit 1 is given twice", () => quantumCircuit(3).mcx([0, 1], 1)],
    ["gphase(NaN)", () => quantumCircuit(1).gphase(Number.NaN)],
    ["circuit has 2 qubits, 1 given", () => quantumCircuit(2).compose(quantumCircuit(2), [0])],
    ["bit 0 of circuit has no place: bit 0 of 0", () => quantumCircuit(1).compose(quantumCircuit(1, 1))],
    ["instruction 0 measures", () => quantumCircuit(1, 1).measure(0, 0).inverse()],
    ["instruction 0 measures", () => quantumCircuit(1, 1).reset(0).control()],
    ["0 controls", () => quantumCircuit(1).control(0)],
    [
      "not unitary",
      () =>
        quantumCircuit(1).unitary(
          [
            [1, 1],
            [0, 1],
          ],
          0,
        ),
    ],
    [
      "not 2 rows of 2",
      () =>
        quantumCircuit(2).unitary(
          [
            [1, 0],
            [0, 1],
            [0, 0],
          ],
          0,
        ),
    ],
    ["a matrix on 3 qubits", () => quantumCircuit(3).unitary([[1]], [0, 1, 2])],
    [
      "not a finite number",
      () =>
        quantumCircuit(1).unitary(
          [
            [Number.NaN, 0],
            [0, 1],
          ],
          0,
        ),
    ],
    ["4 x 4 entries, 4 given", () => quantumCircuit(2).unitary(new Float64Array(8), [0, 1])],
    ["this is no circuit", () => runCircuit(undefined as never, { shots: 1, seed: 0n })],
  ])("what no circuit can have is refused by code: %s", (message, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "QASM_SEMANTIC" }));
    expect(make).toThrow(message);
  });

  test.each<[string, () => unknown]>([
    ["1000000000 qubits asked for; the limit is 65536", () => quantumCircuit(1e9)],
    ["65537 classical bits asked for", () => quantumCircuit(1, 65_537)],
    ["65538 classical bits asked for", () => quantumCircuit(2, 65_536).measureAll()],
    ["257 controls; the limit is 256", () => quantumCircuit(1).control(257)],
    [
      "257 controls; the limit is 256",
      () =>
        quantumCircuit(258).mcx(
          Array.from({ length: 257 }, (_, k) => k),
          257,
        ),
    ],
    ["5000000 instructions asked for", () => quantumCircuit(1).h(0).power(5e6)],
  ])("what would take too much is refused before it does: %s", (message, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    expect(make).toThrow(message);
  });

  test.each<[string, object]>([
    ["shots must be a positive integer, not NaN", { shots: Number.NaN }],
    ["seed must be a bigint", { seed: 42 }],
    ["seed must be a bigint", { seed: -1n }],
    ["engine quick is none of auto", { engine: "quick" }],
  ])("options of another form are refused by code: %s", (message, wrong) => {
    const run = () => runCircuit(quantumCircuit(1).h(0), { shots: 1, seed: 0n, ...wrong });
    expect(run).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(run).toThrow(message);
  });

  test("a chain that is not built yet runs as it is", () => {
    const bell = quantumCircuit(2).h(0).cx(0, 1);
    expect(statevector(bell)).toEqual(statevector(bell.build()));
    expect(toQasm2(bell)).toBe(toQasm2(bell.build()));
    expect(drawText(bell)).toBe(drawText(bell.build()));
    const options = { shots: 100, seed: 42n };
    expect(runCircuit(bell.measureAll(), options).counts).toEqual(runCircuit(bell.build(), options).counts);
  });

  test("a gate by name and a circuit by wires are appended; conditions, bits and boxes come along", () => {
    const inner = quantumCircuit(2, 1)
      .append("rx", [1], [0.5])
      .measure(0, 0)
      .ifTest(0, 1, (c) => c.x(1));
    const outer = quantumCircuit(3, 2).compose(inner, [2, 0], [1]).append(inner, [0, 1]);
    const same = quantumCircuit(3, 2)
      .rx(0.5, 0)
      .measure(2, 1)
      .when(1, 1, (c) => c.x(0))
      .rx(0.5, 1)
      .measure(0, 0)
      .when(0, 1, (c) => c.x(1));
    expect(outer.build()).toEqual(same.build());
    const boxed = parseQasm(
      'OPENQASM 3.0; include "stdgates.inc"; qubit[1] q; box[10ns] { x q[0]; delay[1ns] q[0]; }',
      "boxed",
    );
    const twice = quantumCircuit(1).compose(boxed).compose(boxed).build();
    const boxes = Array.from({ length: twice.length }, (_, i) => timingOf(twice, i)?.box);
    expect(boxes).toEqual([1, undefined, 0, -1, 2, undefined, 0, -2]);
    const back = quantumCircuit(1).compose(boxed).inverse().build();
    expect(Array.from({ length: back.length }, (_, i) => timingOf(back, i)?.box)).toEqual([
      1,
      0,
      undefined,
      -1,
    ]);
  });

  test("tells its depth and what it is made of", () => {
    const circuit = quantumCircuit(2).h(0).cx(0, 1).h(1).delay("1ns", 0).measureAll();
    expect(circuit.depth()).toBe(4);
    expect(circuit.countOps()).toEqual({ h: 2, measure: 2, cx: 1, delay: 1, barrier: 1 });
    expect(Object.keys(circuit.countOps()).slice(0, 2)).toEqual(["h", "measure"]);
  });
});

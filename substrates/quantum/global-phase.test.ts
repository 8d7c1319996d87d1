import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  amplitudesAt,
  type QuantumCircuit,
  quantumCircuit,
  runCircuit,
  snapshots,
  statevector,
} from "./index.ts";
import { expectation } from "./observables/index.ts";
import { parseQasm } from "./parse-qasm.ts";

const read = (body: string, name = "q.qasm") =>
  parseQasm(`OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; ${body}`, name);
const phaseOf = (body: string): number => read(body).phase;
const amplitude = (body: string): number[] => {
  const { re, im } = statevector(read(body));
  return [re[0] as number, im[0] as number];
};

describe("the phase of a whole program", () => {
  test.each([
    ["gphase(pi / 4);", Math.PI / 4],
    ["gphase(pi / 4); gphase(-pi / 4);", 0],
    ["for int k in [1:4] { gphase(0.25 * pi); }", Math.PI],
    ["gate g(a) p { gphase(a); x p; } g(0.5 * pi) q[0]; g(0.5 * pi) q[1];", Math.PI],
    ["gate g p { gphase(pi / 8); } inv @ g q[0];", -Math.PI / 8],
    ["pow(3) @ gphase(pi / 8);", (3 * Math.PI) / 8],
    ["def f(qubit p) { gphase(pi / 2); x p; } f(q[0]); f(q[1]);", Math.PI],
    ["gphase(7 * pi);", Math.PI],
    ["ctrl @ gphase(0.7) q[0];", 0],
    ["bit c; c = measure q[0]; if (c) gphase(0.3);", 0],
    ["if (true) gphase(pi / 2);", Math.PI / 2],
    // U is 2 pi periodic, as the specification has it.
    ["U(2 * pi, 0, 0) q[0];", Math.PI],
    ["U(pi / 2, 0, pi) q[0]; gphase(-pi / 4); h q[0];", 0],
  ])("of %s", (body, wanted) => {
    expect(phaseOf(body)).toBeCloseTo(wanted, 14);
  });

  test("is on the amplitudes, in no count and in no average", () => {
    const [plain, turned] = ["", "gphase(pi / 3);"].map((phase) =>
      read(`${phase} ry(0.4) q[0]; cx q[0], q[1];`),
    );
    if (!plain || !turned) throw new TypeError("two circuits");
    const [a, b] = [statevector(plain), statevector(turned)];
    expect(b.re[0]).toBeCloseTo((a.re[0] as number) / 2, 14);
    expect(b.im[0]).toBeCloseTo((a.re[0] as number) * Math.sin(Math.PI / 3), 14);
    expect(statevector(turned, "oracle").im[0]).toBeCloseTo(b.im[0] as number, 14);
    const run = (circuit: typeof plain) => [...runCircuit(circuit, { shots: 200, seed: 5n }).counts];
    expect(run(turned)).toEqual(run(plain));
    expect(expectation(b, [["ZZ", 1]])).toBeCloseTo(expectation(a, [["ZZ", 1]]), 14);
    for (const checkpoint of snapshots(turned, { every: 5 }))
      expect(amplitudesAt(turned, checkpoint).im[0]).toBeCloseTo(b.im[0] as number, 14);
  });

  test("of a gate is what a control of it shows", () => {
    for (const gate of [
      "U(0.3, 1.1, -0.7)",
      "u2(0.4, 1.9)",
      "u3(2.1, 0.4, 0.8)",
      "pow(0.3) @ u2(0.4, 1.9)",
      "pow(0.5) @ y",
    ]) {
      const { re, im } = statevector(read(`${gate} q[1];`));
      const under = statevector(read(`x q[0]; ctrl @ ${gate} q[0], q[1];`));
      for (const [from, to] of [
        [0, 1],
        [2, 3],
      ] as const) {
        expect(under.re[to]).toBeCloseTo(re[from] as number, 13);
        expect(under.im[to]).toBeCloseTo(im[from] as number, 13);
      }
    }
  });

  test("may be of any size", () => {
    const [re, im] = amplitude("gphase(12345678.9);");
    expect(re).toBeCloseTo(Math.cos(12345678.9), 12);
    expect(im).toBeCloseTo(Math.sin(12345678.9), 12);
  });
});

describe("the phase of a circuit of calls", () => {
  const turned = (angle: number): QuantumCircuit => quantumCircuit(1).h(0).gphase(angle);

  test("goes into the circuit, into what is composed of it, and is turned around with it", () => {
    expect(turned(0.3).build().phase).toBeCloseTo(0.3, 14);
    expect(turned(0.3).compose(turned(0.4)).build().phase).toBeCloseTo(0.7, 14);
    expect(turned(0.3).compose(turned(0.4).build()).build().phase).toBeCloseTo(0.7, 14);
    expect(turned(0.3).inverse().build().phase).toBeCloseTo(-0.3, 14);
    expect(turned(0.3).power(3).build().phase).toBeCloseTo(0.9, 13);
    expect(
      quantumCircuit(1, 1)
        .when(0, 1, (c) => c.gphase(0.3))
        .build().phase,
    ).toBe(0);
  });

  test("of a matrix is the matrix's own", () => {
    const chain = quantumCircuit(1).unitary(
      [
        [0, [0, -1]],
        [[0, 1], 0],
      ],
      0,
    );
    const { re, im } = statevector(chain);
    expect([...re, ...im]).toEqual([0, 0, 0, 1].map((x) => expect.closeTo(x, 14)));
  });
});

test("phases add up to the same in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { maxLength: 20 }), (angles) => {
      const sum = (list: readonly number[]): number =>
        list.reduce((chain, angle) => chain.gphase(angle), quantumCircuit(1)).build().phase;
      expect(sum(angles.toReversed())).toBe(sum(angles));
      expect(sum([...angles, ...angles.map((angle) => -angle)])).toBe(0);
    }),
  );
});

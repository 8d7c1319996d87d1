import { ArqonError } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder, operandsOf, parametersOf } from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import { parseQasm } from "../parse-qasm.ts";
import { runCircuit, statevector } from "../run.ts";
import { toQasm2, toQasm3 } from "./index.ts";

const QUBITS = 5;

const angle = fc.oneof(
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc
    .tuple(fc.integer({ min: -20, max: 20 }), fc.constantFrom(1, 2, 3, 4, 8))
    .map(([k, d]) => (k * Math.PI) / d),
  fc.constantFrom(0, -0, 1e-9, 1234.5, 5e-324),
);
const step = fc.record({
  kind: fc.constantFrom("gate", "gate", "gate", "gate", "measure", "reset", "barrier"),
  gate: fc.nat(GATES.length - 1),
  order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
  angles: fc.array(angle, { minLength: 4, maxLength: 4 }),
  bit: fc.nat(4),
  condition: fc.option(
    fc.record({ register: fc.nat(1), value: fc.bigInt(-1n, 9n), bits: fc.shuffledSubarray([0, 1, 2, 3, 4]) }),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A circuit of random steps; `single` conditions are on any bits, others on whole registers. */
function build(
  steps: readonly Step[],
  options: { unitary: boolean; anyBits: boolean; never?: boolean },
): Circuit {
  const out = new CircuitBuilder("random");
  out.qreg("q", 3);
  out.qreg("Weird name", 2);
  out.creg("c", 3);
  out.creg("if", 2);
  if (options.anyBits) out.scratchBit();
  // With every bit measured, no condition is known beforehand: known ones would be followed or left out in reading.
  for (let q = 0; q < QUBITS && !options.unitary; q++) {
    out.gate("ry", [1 + q / 3], [q]);
    out.measure(q, q);
    if (options.anyBits && q === 0) out.measure(q, QUBITS);
  }
  for (const { kind, gate, order, angles, bit, condition } of steps) {
    if (!options.unitary && condition) {
      if (options.anyBits && condition.bits.length > 0)
        out.whenBits(condition.bits, BigInt.asUintN(condition.bits.length, condition.value));
      else out.when(condition.register, options.never ? condition.value : BigInt.asUintN(2, condition.value));
    }
    const row = GATES[gate] as (typeof GATES)[number];
    if (kind === "gate" || options.unitary)
      out.gate(gate, angles.slice(0, row.parameters.length), order.slice(0, row.qubits));
    else if (kind === "measure") out.measure(order[0] as number, options.anyBits && bit === 0 ? 5 : bit);
    else if (kind === "reset") out.reset(order[0] as number);
    out.always();
    if (kind === "barrier") out.barrier(order.slice(0, 2));
    out.gphase(angles[0] as number);
  }
  return out.build();
}

const steps = fc.array(step, { maxLength: 25 });
const read = (text: string): Circuit => parseQasm(text, "t.qasm");
const counted = (circuit: Circuit): unknown => [...runCircuit(circuit, { shots: 50, seed: 3n }).counts];

/** Largest difference of two final states, phase and all. */
function difference(a: Circuit, b: Circuit): number {
  const [x, y] = [statevector(a, "oracle"), statevector(b, "oracle")];
  const most = (p: Float64Array, q: Float64Array): number =>
    p.reduce((sum, value, k) => Math.max(sum, Math.abs(value - (q[k] as number))), 0);
  return Math.max(most(x.re, y.re), most(x.im, y.im));
}

describe("OpenQASM 2", () => {
  test("reading what was written gives the same instructions", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const circuit = build(list, { unitary: false, anyBits: false, never: true });
        const back = read(toQasm2(circuit));
        expect(back.codes).toEqual(circuit.codes);
        for (let i = 0; i < circuit.length; i++) {
          expect(operandsOf(back, i)).toEqual(operandsOf(circuit, i));
          expect(parametersOf(back, i).map((x) => x + 0)).toEqual(parametersOf(circuit, i).map((x) => x + 0));
        }
        expect(counted(back)).toEqual(counted(circuit));
      }),
      { numRuns: 150 },
    );
  });

  test("gates that the published qelib1.inc lacks are defined before use, with what they are made of", () => {
    const published = new Set(
      "U CX u3 u2 u1 cx id x y z h s sdg t tdg rx ry rz cz cy ch ccx crz cu1 cu3".split(" "),
    );
    for (const { name, qubits, parameters } of GATES) {
      const out = new CircuitBuilder(name);
      out.qreg("q", 5);
      out.gate(name, [0.7, -0.4, 1.9, 0.2].slice(0, parameters.length), [0, 1, 2, 3, 4].slice(0, qubits));
      const known = new Set(published);
      const [, , ...lines] = toQasm2(out.build()).trim().split("\n");
      for (const line of lines) {
        const [, defined, body] = /^gate (\w+)[^{]*\{(.*)\}$/.exec(line) ?? [];
        if (line.startsWith("qreg")) continue;
        for (const call of (body ?? line).split(";").filter((part) => part.trim() !== ""))
          expect([name, known.has(call.trim().split(/[ (]/)[0] as string)]).toEqual([name, true]);
        if (defined !== undefined) known.add(defined);
      }
    }
  });

  test("what has no form is refused", () => {
    const circuit = read(
      'OPENQASM 3; include "stdgates.inc"; qubit[2] q; bit[2] c = measure q; if (c[0]) x q[1];',
    );
    expect(() => toQasm2(circuit)).toThrow(ArqonError);
    expect(() => toQasm2(circuit)).toThrow(
      "OpenQASM 2 has no form for a condition on anything but a whole register",
    );
  });

  test("a global phase, which the language does not know, is told in a comment", () => {
    const out = new CircuitBuilder("turned");
    out.qreg("q", 1);
    out.gphase(Math.PI / 4);
    expect(toQasm2(out.build()).split("\n")[2]).toBe("// gphase(pi/4) is left out");
    expect(read(toQasm2(out.build())).phase).toBe(0);
  });

  test("names are kept where the language can spell them", () => {
    expect(toQasm2(build([], { unitary: true, anyBits: false }))).toBe(
      'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\nqreg r_Weird_name[2];\ncreg c[3];\ncreg if_2[2];\n',
    );
  });
});

test("every finite number is written so that it reads back to the same bits", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const out = new CircuitBuilder("number");
      out.qreg("q", 1);
      out.gate("p", [value], [0]);
      const circuit = out.build();
      for (const text of [toQasm2(circuit), toQasm3(circuit)])
        expect(parametersOf(read(text), 0)).toEqual([value + 0]);
    }),
    { numRuns: 100 },
  );
});

describe("OpenQASM 3", () => {
  test("reading what was written gives the same state", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const circuit = build(list, { unitary: true, anyBits: false });
        const text = toQasm3(circuit);
        const back = read(text);
        expect(difference(circuit, back)).toBeLessThan(1e-11);
        // What the text defines is read as what it is made of; of that the phase comes back to the bit.
        expect(read(toQasm3(back)).phase).toBe(back.phase);
      }),
      { numRuns: 100 },
    );
  });

  test("reading what was written gives the same counts, whatever bits decide", () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (list, anyBits) => {
        const circuit = build(list, { unitary: false, anyBits });
        const back = read(toQasm3(circuit));
        expect(back.qubits).toBe(QUBITS);
        expect(counted(back)).toEqual(counted(circuit));
      }),
      { numRuns: 150 },
    );
  });

  test.each(GATES.map((gate) => [gate.name, gate] as const))(
    "gate %s is written as what it is",
    (name, gate) => {
      const out = new CircuitBuilder(name);
      out.qreg("q", gate.qubits);
      for (let q = 0; q < gate.qubits; q++) out.gate("u3", [0.3 + q, 1.1 * q, 0.5], [q]);
      const all = Array.from({ length: gate.qubits }, (_, q) => q);
      out.gate(name, [0.7, -0.4, 1.9, 0.2].slice(0, gate.parameters.length), all);
      const circuit = out.build();
      expect(difference(circuit, read(toQasm3(circuit)))).toBeLessThan(1e-13);
    },
  );
});

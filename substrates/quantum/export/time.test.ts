import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder } from "../circuit.ts";
import { parseQasm } from "../parse-qasm.ts";
import { targetOf, transpile } from "../transpile/index.ts";
import { toQasm2, toQasm3 } from "./index.ts";

const HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\n';
const read = (text: string): Circuit => parseQasm(text, "t.qasm");

const time = fc
  .tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constantFrom("s", "ms", "us", "ns", "dt"))
  .map(([value, unit]) => `${value.toFixed(3)}${unit}`);
const qubits = fc.shuffledSubarray(["q[0]", "q[1]", "q[2]"], { minLength: 1 }).map((list) => list.join(", "));
const { statement } = fc.letrec<{ statement: string }>((tie) => ({
  statement: fc.oneof(
    { maxDepth: 3 },
    qubits.map((on) => `barrier ${on};`),
    qubits.map((on) => `x ${on.split(",")[0]};`),
    fc.constant("c[1] = measure q[1];"),
    fc.tuple(time, qubits).map(([t, on]) => `delay[${t}] ${on};`),
    fc.tuple(time, qubits).map(([t, on]) => `if (c[0] == 1) delay[${t}] ${on};`),
    fc
      .tuple(fc.option(time), fc.array(tie("statement"), { minLength: 1, maxLength: 4 }))
      .map(([t, body]) => `box${t === null ? "" : `[${t}]`} { ${body.join(" ")} }`),
  ),
}));

/** What a circuit is made of, whatever its arrays are called. */
const parts = ({ codes, operandAt, operands, parameters, parameterAt, conditionOf }: Circuit) => ({
  codes,
  operandAt,
  operands,
  parameters,
  parameterAt,
  conditional: conditionOf.map((row) => (row < 0 ? 0 : 1)),
});

describe("OpenQASM 3", () => {
  test("delays and boxes come back as they were", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 8 }), (list) => {
        const circuit = read(`${HEAD}c[0] = measure q[0]; ${list.join(" ")}`);
        const text = toQasm3(circuit);
        expect(parts(read(text))).toEqual(parts(circuit));
        expect(toQasm3(read(text))).toBe(text);
      }),
      { numRuns: 150 },
    );
  });

  test("times of any size come back to the bit", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom("ns" as const, "dt" as const),
        (value, unit) => {
          const out = new CircuitBuilder("t");
          out.qreg("q", 1);
          out.delay({ value, unit }, [0]);
          const circuit = out.build();
          expect(read(toQasm3(circuit)).parameters).toEqual(circuit.parameters.map((x) => x + 0));
        },
      ),
    );
  });

  test("a box is a block where it closes around just its qubits, else barriers that say what they were", () => {
    const out = new CircuitBuilder("t");
    out.qreg("q", 2);
    const us = { value: 1000, unit: "ns" } as const;
    out.box(us, 1, [0]);
    out.gate("x", [], [0]);
    out.box(us, -1, [0]);
    out.box(us, 2, [0]);
    out.box(us, 3, [1]);
    out.gate("x", [], [0]);
    out.box(us, -2, [0]);
    out.gate("x", [], [1]);
    out.box(us, -3, [1]);
    out.box(us, -4, [0]);
    const text = toQasm3(out.build());
    expect(text.split("\n").slice(3)).toEqual([
      "box[1000ns] {",
      "x q[0];",
      "}",
      "barrier q[0]; // begins box[1000ns]",
      "barrier q[1]; // begins box[1000ns]",
      "x q[0];",
      "barrier q[0]; // ends box[1000ns]",
      "x q[1];",
      "barrier q[1]; // ends box[1000ns]",
      "barrier q[0]; // ends box[1000ns]",
      "",
    ]);
    expect(() => read(text)).not.toThrow();
  });

  test("a compiled circuit with boxes can be read whatever came between", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (list) => {
        const circuit = read(
          `${HEAD}c[0] = measure q[0]; cx q[0], q[2]; ${list.join(" ")} cx q[0], q[1]; cx q[1], q[2];`,
        );
        const line = targetOf(
          "line",
          ["rz", "sx", "x", "cz"],
          [
            [0, 1],
            [1, 2],
            [2, 3],
          ],
        );
        const made = transpile(circuit, line).circuit;
        expect(read(toQasm3(made)).codes).toEqual(made.codes);
      }),
      { numRuns: 30 },
    );
  });
});

test("OpenQASM 2 has barriers in the place of delays and boxes, with a comment", () => {
  const circuit = read(`${HEAD}delay[2.5us] q[0], q[1]; box[3dt] { x q[2]; }`);
  const text = toQasm2(circuit);
  expect(text.split("\n").slice(4)).toEqual([
    "barrier q[0],q[1]; // delay[2500ns]",
    "barrier q[2]; // begins box[3dt]",
    "x q[2];",
    "barrier q[2]; // ends box[3dt]",
    "",
  ]);
  expect(read(text).codes).toEqual(circuit.codes);
});

import { ArqonError } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { krausChannel, parseQasm } from "./index.ts";

const TWO = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n';
const THREE = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\n';

function refusal(run: () => unknown): ArqonError {
  try {
    run();
  } catch (error) {
    if (error instanceof ArqonError) return error;
    throw error;
  }
  throw new TypeError("accepted");
}

/** What is wrong, the text after a head of three lines, and the code, line and column that must answer. */
const BAD: readonly (readonly [what: string, text: string, code: string, line: number, column: number])[] = [
  ["2: a gate on too few qubits", `${TWO}  cx q[0];`, "QASM_SEMANTIC", 4, 3],
  ["3: a gate on too few qubits", `${THREE}  cx q[0];`, "QASM_SEMANTIC", 4, 3],
  ["2: a qubit given twice", `${TWO}cx q[0],q[0];`, "QASM_SEMANTIC", 4, 9],
  ["3: a qubit given twice", `${THREE}cx q[0],q[0];`, "QASM_SEMANTIC", 4, 1],
  ["2: a parameter missing", `${TWO}rx q[0];`, "QASM_SEMANTIC", 4, 1],
  ["3: a parameter missing", `${THREE}rx q[0];`, "QASM_SEMANTIC", 4, 1],
  ["2: a gate that is not unitary", `${TWO}gate g a { reset a; }`, "QASM_SYNTAX", 4, 12],
  ["3: a gate that is not unitary", `${THREE}gate g a { reset a; }\ng q[0];`, "QASM_SEMANTIC", 4, 12],
  ["3: a gate that measures", `${THREE}gate g a { measure a; }\ng q[0];`, "QASM_SEMANTIC", 4, 12],
  ["2: an unknown gate", `${TWO}foo q[0];`, "QASM_SEMANTIC", 4, 1],
  ["3: an unknown gate", `${THREE}foo q[0];`, "QASM_SEMANTIC", 4, 1],
  ["2: an unknown register", `${TWO}h r[0];`, "QASM_SEMANTIC", 4, 3],
  ["3: an unknown register", `${THREE}h r[0];`, "QASM_SEMANTIC", 4, 3],
  ["2: a gate made of itself", `${TWO}gate g a {\n  g a; }`, "QASM_SEMANTIC", 5, 3],
  ["3: a gate made of itself", `${THREE}gate g a {\n  g a; }\ng q[0];`, "QASM_SEMANTIC", 5, 3],
  [
    "3: a function without an end",
    `${THREE}def f(int n) -> int {\n  return f(n - 1); }\nint x = f(3);`,
    "QASM_SEMANTIC",
    5,
    10,
  ],
  ["2: a division by zero", `${TWO}rx(pi/0) q[0];`, "QASM_SEMANTIC", 4, 6],
  ["3: a division by zero", `${THREE}rx(pi/0) q[0];`, "QASM_SEMANTIC", 4, 4],
  [
    "2: a division by zero inside a gate",
    `${TWO}gate g(t) a { rx(1/t) a; }\ng(0) q[0];`,
    "QASM_SEMANTIC",
    5,
    1,
  ],
  [
    "3: a division by zero inside a gate",
    `${THREE}gate g(t) a { rx(1/t) a; }\ng(0) q[0];`,
    "QASM_SEMANTIC",
    4,
    18,
  ],
  ["2: an angle that is no number", `${TWO}rx(sqrt(-1)) q[0];`, "QASM_SEMANTIC", 4, 4],
  ["3: an angle that is no number", `${THREE}rx(sqrt(-1)) q[0];`, "QASM_SEMANTIC", 4, 4],
  ["2: an infinite angle", `${TWO}rx(1e999) q[0];`, "QASM_SEMANTIC", 4, 4],
  ["3: an infinite angle", `${THREE}rx(1e999) q[0];`, "QASM_SEMANTIC", 4, 4],
  ["2: an angle that overflows", `${TWO}rx(exp(1000)) q[0];`, "QASM_SEMANTIC", 4, 4],
  ["3: an angle that overflows", `${THREE}rx(exp(1000)) q[0];`, "QASM_SEMANTIC", 4, 4],
  ["3: a loop without an end", `${THREE}while (true) { }`, "LIMIT_EXCEEDED", 4, 8],
  ["3: a loop of 4 000 000 001 turns", `${THREE}for int i in [0:4000000000] { }`, "LIMIT_EXCEEDED", 4, 15],
  ["3: a range that stands still", `${THREE}for int i in [0:0:5] { }`, "QASM_SEMANTIC", 4, 15],
  ["2: a million parentheses", `${TWO}rx(${"(".repeat(1e6)}1`, "LIMIT_EXCEEDED", 4, 260],
  ["3: a million parentheses", `${THREE}rx(${"(".repeat(1e6)}1`, "LIMIT_EXCEEDED", 4, 603],
  [
    "3: a hundred thousand blocks",
    `${THREE}${"if (true) { ".repeat(1e5)}`,
    "LIMIT_EXCEEDED",
    4,
    12 * 600 + 4,
  ],
];

describe("a bad circuit is refused by code, line and column", () => {
  test.each(BAD)("OpenQASM %s", (_, text, code, line, column) => {
    const error = refusal(() => parseQasm(text, "t.qasm"));
    expect([error.code, error.message.slice(0, 60)]).toEqual([
      code,
      expect.stringMatching(`^t\\.qasm:${line}:${column}: `),
    ]);
    expect(error.details).toMatchObject({ file: "t.qasm", line, column });
  });

  test.each([
    ["2", TWO],
    ["3", THREE],
  ])("ten million lines of OpenQASM %s are refused for their length, before a token is read", (_, head) => {
    const text = head + "x q[0];\n".repeat(1e7);
    const before = process.cpuUsage();
    const error = refusal(() => parseQasm(text, "t.qasm"));
    const { user, system } = process.cpuUsage(before);
    expect([error.code, error.details]).toEqual([
      "LIMIT_EXCEEDED",
      expect.objectContaining({ chars: text.length }),
    ]);
    expect((user + system) / 1e6).toBeLessThan(2);
  });

  test("a channel whose matrices are of the wrong size, not finite or do not keep the trace is refused", () => {
    for (const matrix of [
      [1, 0, 0, 0],
      [2, 0, 0, 0, 0, 0, 2, 0],
      [Number.NaN, 0, 0, 0, 0, 0, 1, 0],
    ])
      expect(refusal(() => krausChannel([Float64Array.from(matrix)])).code).toBe("NOISE_INVALID");
  });
});

import { ArqonError } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { QASM_LIMITS } from "./limits.ts";
import { parseQasm2 } from "./parser.ts";

const HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n';

function failure(text: string): ArqonError {
  try {
    parseQasm2(text, "t.qasm");
  } catch (error) {
    if (error instanceof ArqonError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe("work is bounded", () => {
  test("a gate that expands exponentially is refused before it is expanded", () => {
    let text = `${HEAD}gate g0 a { x a; x a; }\n`;
    for (let i = 1; i < 100; i++) text += `gate g${i} a { g${i - 1} a; g${i - 1} a; }\n`;
    expect(failure(`${text}qreg q[1]; g99 q[0];`).code).toBe("LIMIT_EXCEEDED");
    expect(failure(`${text.replace("x a; x a;", "")}qreg q[1]; g99 q[0];`).code).toBe("LIMIT_EXCEEDED");
  });

  test("gates nested too deep and expressions nested too deep are refused", () => {
    let text = `${HEAD}gate g0 a { x a; }\n`;
    for (let i = 1; i <= 300; i++) text += `gate g${i} a { g${i - 1} a; }\n`;
    expect(failure(text).message).toMatch("nests 257 deep; the limit is 256");
    for (const bad of [
      "(".repeat(100_000),
      "-".repeat(100_000),
      "2^".repeat(100_000),
      "sin(".repeat(100_000),
    ])
      expect(failure(`${HEAD}qreg q[1]; rx(${bad}1) q[0];`).code).toBe("LIMIT_EXCEEDED");
  });

  test("a sum of a hundred thousand terms is no deep nesting", () => {
    const sum = Array(100_000).fill("a").join("+");
    const circuit = parseQasm2(`${HEAD}gate g(a) q { rx(${sum}) q; }\nqreg q[1];\ng(0.5) q[0];`, "t");
    expect(circuit.parameters[0]).toBe(50_000);
  });

  test("registers broadcast over and over and long barriers meet the limits", () => {
    const big = `${HEAD}qreg q[65536];\n`;
    expect(failure(big + "x q;".repeat(100)).message).toMatch(
      `more than ${QASM_LIMITS.expansion} instructions`,
    );
    expect(failure(big + "barrier q;".repeat(1000)).message).toMatch(
      `more than ${QASM_LIMITS.operands} operands`,
    );
  });

  test("a text over 16 MiB is refused", () => {
    expect(failure(" ".repeat(QASM_LIMITS.sourceChars + 1)).code).toBe("LIMIT_EXCEEDED");
  });

  test("a hundred thousand lines are read, and every instruction is there", () => {
    const circuit = parseQasm2(
      `${HEAD}qreg q[2];\n${"u3(pi/2,-pi/4,0.25) q[0];\ncx q[0],q[1];\n".repeat(50_000)}`,
      "t",
    );
    expect(circuit.length).toBe(100_000);
  });

  test("whatever the text, the answer is a circuit or an ArqonError", () => {
    const pieces = [
      "OPENQASM 2.0;",
      'include "qelib1.inc";',
      "qreg q[3];",
      "creg c[2];",
      "h q;",
      "cx q[0],q[1];",
      "gate g(a) b { u1(a/2) b; }",
      "g(1) q;",
      "if(c==1)",
      "measure q[0]->c[0];",
      "barrier",
      "reset q;",
      "opaque o a;",
      "(",
      ")",
      "{",
      "}",
      ";",
      ",",
      "->",
      "==",
      "-",
      "^",
      "/",
      "0",
      "1e",
      "3.",
      '"',
      "//",
      "\n",
      "sin(",
      "pi",
      "q",
      "[",
      "]",
      "é",
      "\u0000",
      "u3(1,2,3)",
      "gate",
      "9".repeat(400),
    ];
    const tokens = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(tokens, fc.boolean(), (parts, headed) => {
        try {
          parseQasm2((headed ? `${HEAD}qreg q[3]; creg c[2];` : "") + parts.join(" "), "f");
        } catch (error) {
          expect(error).toBeInstanceOf(ArqonError);
        }
      }),
      { numRuns: 3000, seed: 11 },
    );
  });

  test("a valid text with one character changed is a circuit or an ArqonError with a place", () => {
    const text = `${HEAD}gate g(a) b,d { u1(-a/2^2) b; cx b,d; }\nqreg q[3]; creg c[3];\ng(0.5) q[0],q[1];\nif(c==2) h q[1];\nmeasure q -> c;`;
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 2 }), (at, change) => {
        try {
          parseQasm2(text.slice(0, at) + change + text.slice(at + 1), "f");
        } catch (error) {
          expect(error).toBeInstanceOf(ArqonError);
          expect(Object.keys((error as ArqonError).details)).toEqual(["file", "line", "column"]);
        }
      }),
      { numRuns: 3000, seed: 12 },
    );
  });
});

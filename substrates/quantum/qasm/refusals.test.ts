import { ArqonError } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { parseQasm2 } from "./parser.ts";

function failure(text: string): ArqonError {
  try {
    parseQasm2(text, "t.qasm");
  } catch (error) {
    if (error instanceof ArqonError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe("what is refused, and where", () => {
  const H = 'OPENQASM 2.0; include "qelib1.inc"; ';
  // code, line:column, message after the place, text
  const cases: [string, string, string, string][] = [
    ["QASM_SYNTAX", "1:1", "expected 'OPENQASM 2.0;' at the start, found 'qreg'", "qreg q[1];"],
    ["QASM_SYNTAX", "1:1", "expected 'OPENQASM 2.0;' at the start, found the end of the file", ""],
    ["QASM_UNSUPPORTED", "1:10", "expected version 2.0 of OpenQASM, found 3.0", "OPENQASM 3.0;"],
    ["QASM_SYNTAX", "2:1", "expected ';' after the version, found 'qreg'", "OPENQASM 2.0\nqreg q[1];"],
    [
      "QASM_UNSUPPORTED",
      "1:23",
      'only "qelib1.inc" can be included, not "other.inc"',
      'OPENQASM 2.0; include "other.inc";',
    ],
    [
      "QASM_SYNTAX",
      "1:23",
      "expected '\"' at the end of the file name, on the same line",
      'OPENQASM 2.0; include "qelib1.inc;',
    ],
    ["QASM_SYNTAX", "2:4", "expected ';' after 'h', found the end of the file", `${H}qreg q[1];\nh q`],
    ["QASM_SYNTAX", "3:1", "expected ';' after 'h', found 'x'", `${H}qreg q[1];\nh q[0]\nx q[0];`],
    [
      "QASM_SEMANTIC",
      "2:1",
      "unknown gate 'foo'; include \"qelib1.inc\" or define it first",
      "OPENQASM 2.0; qreg q[1];\nfoo q[0];",
    ],
    ["QASM_SEMANTIC", "2:1", "unknown gate 'H'; did you mean 'h'?", `${H}qreg q[1];\nH q[0];`],
    ["QASM_SEMANTIC", "2:3", "unknown register 'r'", `${H}qreg q[1];\nh r[0];`],
    ["QASM_SEMANTIC", "2:5", "index 3 is outside 'q' of size 3", `${H}qreg q[3];\nh q[3];`],
    ["QASM_SEMANTIC", "2:9", "qubit q[1] is given twice to 'cx'", `${H}qreg q[3];\ncx q[1],q[1];`],
    ["QASM_SEMANTIC", "2:6", "qubit q[1] is given twice to 'cx'", `${H}qreg q[3];\ncx q,q[1];`],
    [
      "QASM_SEMANTIC",
      "2:6",
      "'cx' on 'q' of size 3 and 'r' of size 2: the sizes differ",
      `${H}qreg q[3]; qreg r[2];\ncx q,r;`,
    ],
    [
      "QASM_SEMANTIC",
      "2:12",
      "measure 'q' of size 3 into 'c' of size 2: the sizes differ",
      `${H}qreg q[3]; creg c[2];\nmeasure q->c;`,
    ],
    [
      "QASM_SEMANTIC",
      "2:15",
      "measure 'q[0]' into 'c' of size 2: the sizes differ",
      `${H}qreg q[3]; creg c[2];\nmeasure q[0]->c;`,
    ],
    ["QASM_SEMANTIC", "2:9", "'c' is not a quantum register", `${H}qreg q[3]; creg c[2];\nmeasure c->q;`],
    ["QASM_SEMANTIC", "2:6", "'q' is already a register", `${H}qreg q[3];\nqreg q[2];`],
    ["QASM_SEMANTIC", "2:6", "'cx' is already a gate", `${H}\ngate cx a,b {}`],
    ["QASM_SEMANTIC", "2:6", "'pi' is a word of the language", `${H}\nqreg pi[1];`],
    ["QASM_SEMANTIC", "2:8", "register 'q' has no elements", `${H}\nqreg q[0];`],
    ["QASM_SEMANTIC", "2:1", "gate 'rx' takes 1 parameter, 2 given", `${H}qreg q[1];\nrx(1,2) q[0];`],
    ["QASM_SEMANTIC", "2:1", "gate 'ccx' takes 3 qubits, 2 given", `${H}qreg q[2];\nccx q[0],q[1];`],
    ["QASM_SEMANTIC", "2:5", "division of 1 by zero", `${H}qreg q[1];\nrx(1/0) q[0];`],
    ["QASM_SEMANTIC", "2:4", "ln(-1) is not a finite number", `${H}qreg q[1];\nrx(ln(-1)) q[0];`],
    ["QASM_SEMANTIC", "2:4", "sqrt(-2) is not a finite number", `${H}qreg q[1];\nrx(sqrt(-2)) q[0];`],
    [
      "QASM_SEMANTIC",
      "2:1",
      "in gate 'd': division of 1 by zero",
      `${H}qreg q[1]; gate d(x) a { rx(1/x) a; }\nd(0) q[0];`,
    ],
    ["QASM_SEMANTIC", "2:4", "the number '1e999' is too large", `${H}qreg q[1];\nrx(1e999) q[0];`],
    [
      "QASM_SEMANTIC",
      "2:4",
      "'theta' is neither a parameter here, nor 'pi', nor one of sin, cos, tan, exp, ln, sqrt",
      `${H}qreg q[1];\nrx(theta) q[0];`,
    ],
    ["QASM_SEMANTIC", "2:13", "gate 'loop' uses itself", `${H}\ngate loop a{loop a;}`],
    [
      "QASM_SEMANTIC",
      "2:11",
      "unknown gate 'later'; include \"qelib1.inc\" or define it first",
      `${H}\ngate g a {later a;}`,
    ],
    ["QASM_SEMANTIC", "2:16", "qubit 'a' is given twice to 'cx'", `${H}\ngate g a {cx a,a;}`],
    ["QASM_SEMANTIC", "2:13", "'b' is not a qubit of gate 'g'", `${H}\ngate g a {x b;}`],
    ["QASM_SEMANTIC", "2:10", "'a' is named twice in one declaration", `${H}\ngate g a,a {}`],
    [
      "QASM_SYNTAX",
      "2:11",
      "expected a gate or '}' in the body of 'g', found 'measure'",
      `${H}\ngate g a {measure a;}`,
    ],
    [
      "QASM_UNSUPPORTED",
      "2:1",
      "opaque gate 'magic' has no definition and cannot be simulated",
      `${H}qreg q[1]; opaque magic a;\nmagic q[0];`,
    ],
    [
      "QASM_UNSUPPORTED",
      "2:11",
      "opaque gate 'magic' has no definition and cannot be simulated",
      `${H}opaque magic a;\ngate g a {magic a;}`,
    ],
    ["QASM_SEMANTIC", "2:4", "'q' is not a classical register", `${H}qreg q[1];\nif(q==0) x q[0];`],
    [
      "QASM_SYNTAX",
      "2:7",
      "expected a number that is not negative, found '-'",
      `${H}qreg q[1]; creg c[1];\nif(c==-1) x q[0];`,
    ],
    [
      "QASM_SYNTAX",
      "2:10",
      "expected a gate, 'measure' or 'reset' after the condition, found 'barrier'",
      `${H}qreg q[1]; creg c[1];\nif(c==1) barrier q;`,
    ],
    ["QASM_SYNTAX", "2:10", "expected ')' to close 'sin(', found ']'", `${H}qreg q[1];\nrx(sin(1 ]) q[0];`],
    [
      "QASM_SYNTAX",
      "2:1",
      "expected a statement, found '/*'; comments of OpenQASM 2 start with //",
      `${H}\n/* no */`,
    ],
    ["QASM_SYNTAX", "2:2", "expected a statement or symbol of OpenQASM 2, found U+00e9", `${H}\nxé`],
    [
      "QASM_SYNTAX",
      "2:5",
      "expected a number, a parameter, 'pi', a function or '(', found ')'",
      `${H}qreg q[1];\nrx(+) q[0];`,
    ],
    [
      "QASM_SEMANTIC",
      "2:11",
      "a qubit is given twice to 'barrier'",
      `${H}qreg q[2];\n${" ".repeat(10)}barrier q,q[0];`,
    ],
    [
      "QASM_SYNTAX",
      "1:15",
      "expected a statement, found a second version line",
      "OPENQASM 2.0; OPENQASM 2.0;",
    ],
    ["QASM_SEMANTIC", "2:9", "qelib1.inc is included twice", `${H}\ninclude "qelib1.inc";`],
    ["LIMIT_EXCEEDED", "2:8", "65537 qubits declared; the limit is 65536", `${H}\nqreg q[65537];`],
  ];
  test.each(cases)("%s at %s: %s", (code, place, message, text) => {
    const error = failure(text);
    expect(error.message).toBe(`t.qasm:${place}: ${message}`);
    expect(error.code).toBe(code);
    const [line, column] = place.split(":").map(Number);
    expect(error.details).toEqual({ file: "t.qasm", line, column });
  });
});

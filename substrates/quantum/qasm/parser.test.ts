import { ArqonError } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BARRIER, type Circuit, MEASURE, operandsOf, parametersOf, RESET } from "../circuit.ts";
import { circuitFeatures } from "../features.ts";
import { GATES } from "../gates/table.ts";
import { QASM_LIMITS } from "./limits.ts";
import { parseQasm2 } from "./parser.ts";

const HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n';

/** A circuit as short lines, for comparing. */
function show(circuit: Circuit): string[] {
  return Array.from({ length: circuit.length }, (_, i) => {
    const code = circuit.codes[i] as number;
    const name = { [MEASURE]: "measure", [RESET]: "reset", [BARRIER]: "barrier" }[code] ?? GATES[code]?.name;
    const parameters = parametersOf(circuit, i);
    const condition = circuit.conditions[circuit.conditionOf[i] as number];
    const prefix = condition ? `if ${condition.register}==${condition.value} ` : "";
    return `${prefix}${name}${parameters.length ? `(${parameters})` : ""} ${operandsOf(circuit, i).join(" ")}`;
  });
}
const parse = (text: string): string[] => show(parseQasm2(HEAD + text, "t.qasm"));

function failure(text: string): ArqonError {
  try {
    parseQasm2(text, "t.qasm");
  } catch (error) {
    if (error instanceof ArqonError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe("what is accepted", () => {
  test("every statement of the language flattens to instructions", () => {
    expect(
      parse(`qreg q[2]; qreg r[2]; creg c[2]; // a comment
        h q; cx q,r; U(pi/2,0,-pi) q[1]; CX q[0],r[1]; cx q[0],r;
        barrier q,r[0]; measure q -> c; if(c==2) u1(0.5) r[1]; if (c == 1) reset q; reset r[0];
        if(c==3) measure q[1]->c[0];`),
    ).toEqual([
      "h 0",
      "h 1",
      "cx 0 2",
      "cx 1 3",
      `U(${Math.PI / 2},0,${-Math.PI}) 1`,
      "CX 0 3",
      "cx 0 2",
      "cx 0 3",
      "barrier 0 1 2",
      "measure 0 0",
      "measure 1 1",
      "if 0==2 u1(0.5) 3",
      "if 0==1 reset 0",
      "if 0==1 reset 1",
      "reset 2",
      "if 0==3 measure 1 0",
    ]);
  });

  test("expressions follow the usual precedence, with ^ strongest and to the right", () => {
    const value = (text: string): number =>
      Number(parse(`qreg q[1]; u1(${text}) q[0];`)[0]?.match(/\((.*)\)/)?.[1]);
    expect(value("1+2*3-4/2")).toBe(5);
    expect(value("2^3^2")).toBe(512);
    expect(value("-2^2")).toBe(-4);
    expect(value("2^-1")).toBe(0.5);
    expect(value("pi*-0.25")).toBe(-Math.PI / 4);
    expect(value("8/4/2")).toBe(1);
    expect(value("--1.5e1+.5-1.")).toBe(14.5);
    expect(value("sqrt(4)+ln(exp(1))*cos(0)")).toBeCloseTo(3, 14);
    expect(value("sin(pi/6)+tan(pi/4)")).toBeCloseTo(1.5, 14);
    expect(value("((((1))))")).toBe(1);
  });

  test("custom gates expand with parameters, barriers and gates in gates", () => {
    expect(
      parse(`gate a(x,y) p,q { u1(x*2) p; barrier p,q; cx q,p; U(y,-x,0) q; }
        gate b(t) p,q { a(t/2,t) q,p; } gate none p {} qreg q[3]; b(1) q[2],q[0]; none q[1]; b(3) q[0],q[1];`),
    ).toEqual([
      "u1(1) 0",
      "barrier 0 2",
      "cx 2 0",
      "U(1,-0.5,0) 2",
      "u1(3) 1",
      "barrier 1 0",
      "cx 0 1",
      "U(3,-1.5,0) 0",
    ]);
  });

  test("U and CX need no library, and a file may define library names of its own when it does not include it", () => {
    const circuit = parseQasm2(
      "OPENQASM 2.0; gate h a { U(pi/2,0,pi) a; } qreg q[2]; h q[0]; CX q[0],q[1];",
      "t",
    );
    expect(show(circuit)).toEqual([`U(${Math.PI / 2},0,${Math.PI}) 0`, "CX 0 1"]);
  });

  test("a file written against the library of 2017 may define the gates added since", () => {
    expect(parse("gate sx a { sdg a; h a; sdg a; } qreg q[1]; sx q[0];")).toEqual(["sdg 0", "h 0", "sdg 0"]);
    expect(parse("qreg p[1]; sx p[0];")).toEqual(["sx 0"]);
    const own = parseQasm2(
      'OPENQASM 2.0; gate p(x) a { U(0,0,x) a; } include "qelib1.inc"; qreg q[1]; p(1) q[0];',
      "t",
    );
    expect(show(own)).toEqual(["U(0,0,1) 0"]);
  });

  test("opaque declarations are accepted as long as nobody uses them", () => {
    expect(parse("opaque magic(a,b) x,y; qreg q[1]; x q[0];")).toEqual(["x 0"]);
  });

  test("a missing version line is a warning when the text starts with the library", () => {
    const circuit = parseQasm2('include "qelib1.inc"; qreg q[1]; x q;', "t");
    expect(circuit.warnings).toEqual([
      "the text does not start with 'OPENQASM 2.0;'; it was read as OpenQASM 2",
    ]);
  });

  test("a condition that can never hold is a warning", () => {
    expect(parseQasm2(`${HEAD}qreg q[1]; creg c[2]; if(c==4) x q[0];`, "t").warnings).toEqual([
      "register 'c' of 2 bits never has the value '4'",
    ]);
    expect(
      parseQasm2(`${HEAD}qreg q[1]; creg c[2]; if(c==${"9".repeat(30_000)}) x q[0];`, "t").warnings.length,
    ).toBe(1);
  });

  test("features count gates and the longest chain", () => {
    const circuit = parseQasm2(
      `${HEAD}qreg q[3]; creg c[1]; h q; cx q[0],q[1]; ccx q[0],q[1],q[2]; measure q[2]->c[0]; if(c==1) x q[0];`,
      "t",
    );
    expect(circuitFeatures(circuit)).toEqual({
      qubits: 3,
      bits: 1,
      depth: 5,
      oneQubitGates: 4,
      twoQubitGates: 1,
      largerGates: 1,
      measurements: 1,
      resets: 0,
      conditionals: 1,
    });
  });
});

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

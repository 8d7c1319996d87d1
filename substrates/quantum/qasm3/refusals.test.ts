import { ArqonError } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { INVALID } from "./invalid.fixture.ts";
import { parseQasm3 } from "./parse.ts";
import { Syntax } from "./syntax.ts";

function failure(run: () => unknown): ArqonError {
  try {
    run();
  } catch (error) {
    if (error instanceof ArqonError) return error;
    throw error;
  }
  throw new TypeError("nothing was refused");
}

const HEAD = 'OPENQASM 3.0; include "stdgates.inc";\n';
const refused = (text: string): string => failure(() => parseQasm3(HEAD + text, "t.qasm")).message;

describe("the grammar", () => {
  test.each(INVALID)("refuses its own invalid example %s", (line) => {
    const error = failure(() => {
      const syntax = new Syntax(line, "t.qasm");
      while (syntax.next());
    });
    expect(error.code).toBe("QASM_SYNTAX");
    expect(error.details).toMatchObject({ file: "t.qasm", line: 1 });
  });

  test("a syntax error says where it is and what was found", () => {
    expect(refused("qubit q;\nh q\nx q;")).toBe("t.qasm:4:1: found 'x', which cannot stand here");
    expect(refused("qubit q; h q")).toContain("t.qasm:2:13: ");
  });
});

describe("what means nothing", () => {
  test.each([
    ["x q;", "t.qasm:2:3: unknown qubit or register 'q'"],
    ["qubit q; y q[0];", "'q' is one qubit and has no index"],
    ["qubit[2] q; x q[2];", "t.qasm:2:17: index 2 is outside 'q' of size 2"],
    ["qubit[2] q; cx q[0], q[0];", "'cx' is given a qubit twice"],
    ["qubit[2] q; qubit[3] r; cx q, r;", "'cx' on registers of different sizes"],
    ["qubit q; rx q;", "gate 'rx' takes 1 parameters, 0 given"],
    ["qubit q; x(1) q;", "gate 'x' takes 0 parameters, 1 given"],
    ["qubit[2] q; ctrl @ x q;", "gate 'x' takes 2 qubits, 1 given"],
    ["qubit q; nosuch q;", "unknown gate 'nosuch'"],
    ["qubit q; qubit q;", "'q' is already the name of a qubit"],
    ["gate x a { }", "'x' is already the name of a gate"],
    ["gate g a { g a; } qubit q; g q;", "gate 'g' uses itself"],
    ["gate g a { reset a; } qubit q; g q;", "'reset' cannot be in the body of a gate"],
    ["gate g a { x b; } qubit b; g b;", "unknown qubit or register 'b'"],
    ["qubit[2] q; bit[3] c; c = measure q;", "measures 2 qubits into 3 bits"],
    ["const int a = 2; a = 3;", "'a' is constant"],
    ["qubit q; rx(1/0) q;", "division of 1 by zero"],
    ["qubit q; rx(1.0/0) q;", "division of 1 by zero"],
    ["qubit q; rx(log(0)) q;", "not a finite number"],
    ["qubit q; rx(sqrt(-1)) q;", "not a finite number"],
    ["qubit q; rx(1e999) q;", "too large"],
    ["int a = 1 << 100000;", "the limit is 8192"],
    ["int a = 7 ** 7 ** 7 ** 7;", "more than 8192 bits"],
    ["input float a;", "input 'a' of type float was given no value"],
    ["def f(int a) -> int { return a; } int b = f();", "'f' takes 1 arguments, 0 given"],
    ["def f(qubit[2] q) { } qubit[3] r; f(r);", "'q' is 2 qubits, given 3"],
    ["def f() -> int { return f(); } int b = f();", "subroutine 'f' uses itself"],
    ["return 3;", "'return' outside of a subroutine"],
    ['include "stdgates.inc";', "included twice"],
    ["int a = 2.5;", "is 2.5, not an integer"],
    ['bit[2] c = "101";', "has 3 bits, not 2"],
    ["for uint i in [0:0:3] { }", "a step of 0"],
    ["qubit q; h(2) @ x q;", "found"],
  ])("%s", (text, message) => {
    expect(refused(text)).toContain(message);
  });
});

describe("what cannot be simulated is named", () => {
  test.each([
    ["array[int[8], 4] a;", "an array"],
    ["complex[float[64]] a = 2im;", "a complex number"],
    ["extern f(bit) -> bit; bit r; r = f(r);", "'f', which is extern and has no definition,"],
    ["qubit q; bit c; while (c == 0) { x q; } while (c == 0) { c = measure q; }", "reading takes more than"],
    [
      "qubit q; bit c = measure q; while (c) { c = measure q; }",
      "a 'while' loop that depends on a measurement",
    ],
    ["qubit q; bit c = measure q; rx(c * 0.5) q;", "an angle that depends on a measurement"],
    [
      "qubit[13] q; bit[13] c = measure q; if (c < 3) x q[0];",
      "depends on 13 measured bits; the limit is 12",
    ],
    ["qubit[13] q; bit[13] c = measure q; if (c == 3) x q[0]; else y q[0];", "depends on 13 measured bits"],
    ["qubit q; bit c = measure q; if (c) end;", "'end' that depends on a measurement"],
    [
      "def f(bit c) -> int { if (c) return 1; return 2; } qubit q; bit c = measure q; int a = f(c);",
      "'return' that",
    ],
    [
      "qubit[2] q; bit[2] c; c[0] = measure q[0]; c[1] = !c[0];",
      "'c' is computed, and counts show only measured bits",
    ],
    ["qubit[2] q; bit[2] c = measure q; c[0] = c[1];", "'c' holds what 'c' measured"],
    ["output bit a; qubit q; bit b = measure q; a = !b;", "'a' is computed"],
    ['include "other.inc";', 'only "stdgates.inc" can be included'],
    ["defcal x $0 { }", "'defcal' cannot be simulated"],
    ["cal { }", "'cal' cannot be simulated"],
  ])("%s", (text, message) => {
    const error = failure(() => parseQasm3(HEAD + text, "t.qasm"));
    expect(error.message).toContain(message);
    expect(error.code).toBe(message.startsWith("reading") ? "LIMIT_EXCEEDED" : "QASM_UNSUPPORTED");
    expect(error.details).toMatchObject({ file: "t.qasm", line: 2 });
  });
});

describe("work is bounded", () => {
  test.each([
    ["a text that is too long", "x".repeat(4 * 1024 * 1024 + 1)],
    ["parentheses", `int a = ${"(".repeat(5000)}1${")".repeat(5000)};`],
    ["signs", `int a = ${"-".repeat(5000)}1;`],
    ["sums", `int a = ${"1+".repeat(5000)}1;`],
    ["blocks", `${"{".repeat(5000)}${"}".repeat(5000)}`],
    ["branches", `${"if (true) ".repeat(5000)} int a;`],
    ["registers", "qubit[70000] q;"],
    ["loops", "for uint i in [0:9999999] { }"],
    ["loops in loops", "for uint i in [0:9999] { for uint j in [0:9999] { int a = i; } }"],
    ["powers", "qubit q; pow(1e9) @ x q;"],
    ["controls", "qubit[2] q; ctrl(100000) @ x q[0], q[1];"],
    [
      "gates that double",
      `gate g0 a { x a; x a; } ${Array.from({ length: 40 }, (_, i) => `gate g${i + 1} a { g${i} a; g${i} a; }`).join("\n")} qubit q; g40 q;`,
    ],
    ["measured bits", "qubit q; for uint i in [0:70000] { bit c = measure q; }"],
  ])("%s", (_, text) => {
    expect(failure(() => parseQasm3(HEAD + text, "t.qasm")).code).toBe("LIMIT_EXCEEDED");
  });
});

describe("bodies are looked through where they are defined", () => {
  test.each([
    ["gate g a { g a; }", 3, "gate 'g' uses itself"],
    ["gate g a { later a; } gate later a { x a; }", 3, "unknown gate 'later'"],
    ["gate g(t) a { rx(u) a; }", 3, "'u' is neither a parameter of gate 'g' nor a constant"],
    ["float u = 1.0; gate g(t) a { rx(u) a; }", 3, "'u' is neither a parameter of gate 'g' nor a constant"],
    ["def f(int n) -> int { return f(n - 1); }", 3, "subroutine 'f' uses itself"],
    ["def f(qubit a) { later a; }", 3, "unknown gate 'later'"],
    ["def f(int n) -> int { return g(n); }", 3, "unknown function 'g'"],
    ["break;", 3, "'break' outside of a loop"],
    ["int i = 1; switch (i) { case 1 { break; } }", 3, "'break' outside of a loop"],
    ["def f() { continue; } for int i in [0:1] { f(); }", 3, "'continue' outside of a loop"],
    ["int i = 3; switch (i) { case 3 {} case 1, 3 {} }", 3, "a second case of 3"],
    ["int i = 3; switch (i) { default {} case 3 {} }", 3, "a case after 'default'"],
  ])("%s", (text, line, what) => {
    expect(() => parseQasm3(`OPENQASM 3.0;\ninclude "stdgates.inc";\n${text}`, "t.qasm")).toThrow(
      new RegExp(`t\\.qasm:${line}:\\d+: ${what.replaceAll(/[()]/g, "\\$&")}`),
    );
  });

  test.each([
    "const float u = 1.0; gate g(t) a { for int i in [0:2] { rx(u * t * i) a; } }",
    "gate g a { x a; } gate k a { ctrl @ g a, a; }",
    "def f(qubit a) -> bit { return measure a; } def g(qubit a) -> bit { bit b = f(a); return b; }",
  ])("%s is fine until it is called", (text) => {
    expect(() => parseQasm3(`OPENQASM 3.0; include "stdgates.inc"; ${text}`, "t.qasm")).not.toThrow();
  });
});

describe("operators of one expression are bounded before anything reads ahead of them", () => {
  const many = (piece: string): string => piece.repeat(200_000);
  test.each([
    ["signs", `rx(${many("-")}1) q;`],
    ["signs of three kinds", `rx(${many("-!~")}1) q;`],
    ["a sum", `rx(${many("1+")}1) q;`],
    ["a sum with signs", `rx(${many("1 - -")}1) q;`],
    ["an initial value", `int i = ${many("~")}1;`],
    ["indices of indices", `int i = 1; i = i${many("[0]")};`],
    ["an alias of an alias", `let a = q${many("[0:1]")};`],
  ])("%s", (_, text) => {
    const from = process.cpuUsage();
    expect(() => parseQasm3(`OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit q;\n${text}`, "t.qasm")).toThrow(
      /t\.qasm:4:\d+: more than 600 levels/,
    );
    expect(process.cpuUsage(from).user).toBeLessThan(3e6);
  });

  test("many short expressions are not one long one", () => {
    const text = `${"rx(1 + 2 * 3) q; ".repeat(300)} int[32] i = 0; ${"i = i + 1; ".repeat(400)} U(${"1 + ".repeat(400)}1, ${"1 + ".repeat(400)}1, 0) q;`;
    expect(parseQasm3(`OPENQASM 3.0; include "stdgates.inc"; qubit q; ${text}`, "t.qasm").length).toBe(301);
  });

  test("many registers in one alias are not inside one another", () => {
    const parts = Array.from({ length: 700 }, (_, k) => `q[${k}]`).join(" ++ ");
    const text = `OPENQASM 3.0; include "stdgates.inc"; qubit[700] q; let a = ${parts}; x a;`;
    expect(parseQasm3(text, "t.qasm").length).toBe(700);
  });
});

test("loops over wide registers are counted by their width", () => {
  const text = "OPENQASM 3.0; bit[65536] a; bit[65536] b; while (true) { b = b ^ a; }";
  const from = process.cpuUsage();
  expect(() => parseQasm3(text, "t.qasm")).toThrow(/reading takes more than/);
  expect(process.cpuUsage(from).user).toBeLessThan(5e6);
});

test("one bit of a wide register is as cheap as one of a narrow one", () => {
  const text = `OPENQASM 3.0; bit[65536] a; bit b; for int i in [0:65535] { b = a[i]; }`;
  expect(() => parseQasm3(text, "t.qasm")).not.toThrow();
});

test("a character that cannot be shown is named by its number", () => {
  expect(() => parseQasm3("OPENQASM 3.0;\n\u0000", "t.qasm")).toThrow(
    "t.qasm:2:1: token recognition error at: 'U+0000'",
  );
});

test("integers and angles of the most bits still wrap", () => {
  const text =
    "OPENQASM 3.0; uint[4096] n = 1; n = (n << 4095) * (n << 4095); angle[4096] a = 3.1; a = a * 3;";
  expect(() => parseQasm3(text, "t.qasm")).not.toThrow();
});

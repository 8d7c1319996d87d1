import { describe, expect, test } from "vitest";
import { parseQasm3 } from "./parse.ts";

const HEAD = 'OPENQASM 3.0; include "stdgates.inc"; qubit q;';

/** Whether a condition holds after some declarations. */
function holds(declarations: string, condition: string): boolean {
  return parseQasm3(`${HEAD} ${declarations} if (${condition}) x q;`, "t.qasm").length === 1;
}

describe("integers wrap at their width", () => {
  test.each([
    ["uint[8] a = 200; uint[8] b = 100;", "a + b == 44"],
    ["uint[8] a = 200; uint[8] b = 100;", "(a + b) / 2 == 22"],
    ["uint[8] a = 5; uint[8] b = 7;", "a - b == 254"],
    ["uint[8] a = 5;", "~a == 250"],
    ["uint[8] a = 5;", "(~a) >> 1 == 125"],
    ["uint[8] a = 255;", "(a << 1) >> 1 == 127"],
    ["uint[8] a = 255;", "a << 8 == 0"],
    ["uint[8] a = 255;", "a << 5000 == 0"],
    ["uint[8] a = 1;", "-a == 255"],
    ["int[8] a = 100;", "a + a == -56"],
    ["int[8] a = -128; int[8] b = 1;", "a - b == 127"],
    ["int[8] a = 64;", "a << 1 == -128"],
    // A literal is an int of the machine, which is wider.
    ["uint[8] a = 255;", "a + 1 == 256"],
    ["uint[8] a = 0;", "a - 1 == -1"],
    ["uint[8] a = 3; uint[16] b = 65535;", "a + b == 2"],
    // As in C, of two of the same width the unsigned one wins.
    ["int[8] a = -1; uint[8] b = 1;", "a > b"],
    ["int[16] a = -1; uint[8] b = 1;", "a < b"],
    ["int a = 9223372036854775807;", "a + 1 < 0"],
    ["const int n = 3;", "n ** 2 == 9"],
    ["", "2 ** 70 > 2 ** 69"],
    ["uint[8] a = 250; a += 10;", "a == 4"],
    ["int[8] a = int[8](uint[8](200));", "a == -56"],
    ["int[5] n = -3;", "n == int[5](uint[5](n))"],
    ["def f(uint[4] n) -> uint[4] { return n + 1; }", "f(15) == 0"],
    ["def f(uint[4] n) -> uint[4] { return n; }", "f(15) + f(2) == 1"],
  ])("%s %s", (declarations, condition) => {
    expect(holds(declarations, condition)).toBe(true);
  });
});

describe("angles with a size are whole steps of a turn", () => {
  const abc = "angle[4] a = 7 * (pi / 8); angle[4] b = pi / 8; angle[4] c = 5 * (pi / 4); uint[4] two = 2;";
  test.each([
    // The examples of the language's text.
    [abc, "a + b == pi"],
    [abc, "b - a == 5 * (pi / 4)"],
    [abc, "a / two == 3 * (pi / 8)"],
    [abc, "two * c == pi / 2"],
    [abc, "c / b == 10"],
    [abc, 'bit[4](c) == "1010"'],
    ["angle[4] a = pi / 4;", "-a == 7 * (pi / 4)"],
    ["angle[4] a = pi / 4;", "a + (-a) == 0"],
    ["angle[4] a = 9 * (pi / 8);", "a << 2 == pi / 2"],
    ["angle[4] a = 9 * (pi / 8);", "a >> 2 == pi / 4"],
    ["angle[4] a = 3 * pi / 2;", "2 * a == pi"],
    ["angle[4] a = 3 * pi / 2;", "2 * a < a"],
    ["angle[8] a = 2 * pi * (127. / 512.);", "a == pi / 2"],
    ["angle[8] a = 2 * pi * (127. / 512.);", 'bit[8](a) == "01000000"'],
    ["angle[8] a = 2 * pi * (129. / 512.);", "a == pi / 2"],
    ["angle[3] a = -pi / 4;", "a == 7 * pi / 4"],
    ["angle[4] a = pi;", "angle[2](a) == pi"],
    ['angle[4] a = angle[4]("1010");', "a == 5 * pi / 4"],
    ["angle[4] a = pi;", "a[3] && !a[0]"],
    ["angle[4] a; a[2] = true;", "a == pi / 2"],
    ['angle[4] a; a[2:3] = "11";', "a == 3 * pi / 2"],
    ["angle[4] a = pi / 8; a <<= 3;", "a == pi"],
    ["angle[4] a = 9 * pi / 8;", "popcount(a) == 2 && rotl(a, 1) == 3 * pi / 8"],
    ["angle[4] a = pi; angle[8] b = pi / 128;", 'bit[8](a + b) == "10000001"'],
    ["angle[1000] a = pi;", "a + a == 0"],
  ])("%s %s", (declarations, condition) => {
    expect(holds(declarations, condition)).toBe(true);
  });

  test("one without a size is a real number", () => {
    const circuit = parseQasm3(`${HEAD} angle a = -pi / 2; rx(a / 2) q;`, "t.qasm");
    expect(circuit.parameters[0]).toBeCloseTo(-Math.PI / 4, 15);
  });

  test.each([
    ["angle[4] a = pi;", "int[4](a) == 8"],
    ["angle[4] a = pi;", "float(a) == pi"],
    ["angle[4] a = pi;", "(a & 3) == 0"],
    ["angle[5000] a = pi;", "a == 0"],
  ])("%s %s is refused", (declarations, condition) => {
    expect(() => holds(declarations, condition)).toThrow(
      /by its bits only|needs two angles|the limit is 4096/,
    );
  });
});

describe("integers have the bits of their width", () => {
  test.each([
    ["int[32] n = 15;", "n[0] && !n[31] && !n[-1]"],
    ["uint[8] n = 128;", "n[-1]"],
    ["int[8] n = -1;", "n[7] && n[-8]"],
    ["int[32] n = 15;", 'n[0:2:7] == "0011"'],
    ['int[32] n = 15; n[4:7] = "1010";', "n == 0xAF"],
    ["uint[4] n; n[-1] = 1;", "n == 8"],
    ["int[4] n; n[3] = 1;", "n == -8"],
    ["uint[6] b = 37;", "popcount(b) == 3 && rotl(b, 3) == 44 && rotr(b, 3) == 44"],
    ["int[4] n = -1;", "popcount(n) == 4"],
  ])("%s %s", (declarations, condition) => {
    expect(holds(declarations, condition)).toBe(true);
  });

  test("an index outside of them is refused", () => {
    expect(() => holds("uint[8] n = 1;", "n[8]")).toThrow(/index 8 is outside 'n' of size 8/);
  });

  test("also of integers that measurements decide", () => {
    const text = `${HEAD} bit[2] c; c[0] = measure q; uint[2] n = c; if (n[0]) x q; if (n[1]) y q; if (n + n == 2) z q;`;
    const circuit = parseQasm3(text, "t.qasm");
    expect(circuit.length).toBe(3);
    expect(circuit.conditions).toEqual([
      { bits: [0], value: 1n },
      { bits: [0], value: 1n },
    ]);
  });
});

import { ArqonError } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toQasm3 } from "../export/index.ts";
import { parseQasm } from "../parse-qasm.ts";
import { INVALID } from "./invalid.fixture.ts";
import { parseQasm3 } from "./parse.ts";

const HEAD =
  'OPENQASM 3.0; include "stdgates.inc";\nqubit[3] q; bit[3] c; int[8] n = 3; const float f = 0.5;\n';

/** Reads a text; only an ArqonError with a place may come of it. */
function survives(text: string): void {
  try {
    parseQasm3(text, "t.qasm");
  } catch (error) {
    if (!(error instanceof ArqonError)) throw error;
    expect(error.code).toMatch(/^(QASM_SYNTAX|QASM_SEMANTIC|QASM_UNSUPPORTED|LIMIT_EXCEEDED)$/);
    expect(error.message).toMatch(/^t\.qasm:\d+:\d+: .|^t\.qasm: the text has/);
  }
}

const word = fc.constantFrom(
  ..."qubit q [ ] ( ) { } ; , = -> 3 0.5 pi h cx rz ctrl @ inv pow negctrl gphase if else for in uint int : -1 while switch case".split(
    " ",
  ),
  ...'default c n f measure reset barrier bit "101" == != < && || ! ~ + - * / % ** << >> += gate def return g x let ++ true'.split(
    " ",
  ),
  ..."input output const angle[4] float bool extern box delay 10ns duration stretch $2 /* */ // \n include break continue end array".split(
    " ",
  ),
);
const name = fc.constantFrom("q", "c", "n", "f", "q[0]", "c[1]", "q[0:1]", "c[-1]", "n[2]", "zz");
const { expression } = fc.letrec((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    name,
    fc.constantFrom("0", "1", "7", "2.5", "true", '"101"', "pi", "100ns", "2im"),
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom("+", "-", "*", "/", "%", "**", "<<", ">>", "==", "<", "&&", "|", "^"),
        tie("expression"),
      )
      .map((t) => `(${t.join(" ")})`),
    fc.tuple(fc.constantFrom("-", "~", "!"), tie("expression")).map((t) => t.join("")),
    fc
      .tuple(
        fc.constantFrom(
          "int[8]",
          "uint[3]",
          "float",
          "bool",
          "bit[3]",
          "angle[5]",
          "sin",
          "sqrt",
          "popcount",
          "rotl",
          "arccos",
        ),
        tie("expression"),
      )
      .map(([f, e]) => `${f}(${e})`),
  ),
}));
const { statement } = fc.letrec<{ statement: string }>((tie) => {
  const block = fc.array(tie("statement"), { maxLength: 3 }).map((list) => `{ ${list.join(" ")} }`);
  const e = expression as fc.Arbitrary<string>;
  return {
    statement: fc.oneof(
      { maxDepth: 3 },
      fc
        .tuple(
          fc.constantFrom(
            "h",
            "x",
            "ctrl @ x",
            "inv @ s",
            "pow(0.5) @ z",
            "negctrl @ ctrl @ y",
            "rz(f)",
            "g",
          ),
          fc.array(name, { minLength: 1, maxLength: 4 }),
        )
        .map(([g, on]) => `${g} ${on.join(", ")};`),
      fc.tuple(name, fc.constantFrom("=", "+=", "&=", "**="), e).map((t) => `${t.join(" ")};`),
      fc.tuple(name, name).map(([a, b]) => `${a} = measure ${b};`),
      fc.tuple(e, block, block).map(([a, b, d]) => `if (${a}) ${b} else ${d}`),
      fc.tuple(e, block).map(([a, b]) => `while (${a}) ${b}`),
      fc.tuple(e, e, block).map(([a, b, d]) => `for int i in [${a}:${b}] ${d}`),
      fc.tuple(e, e, block, block).map(([a, b, x, y]) => `switch (${a}) { case ${b} ${x} default ${y} }`),
      fc
        .tuple(fc.constantFrom("int", "bit[3]", "float", "bool", "uint[4]"), fc.constantFrom("v", "w"), e)
        .map(([t, v, x]) => `${t} ${v} = ${x};`),
      fc.tuple(fc.constantFrom("let v =", "return", "reset", "barrier"), e).map(([s, x]) => `${s} ${x};`),
      fc.tuple(fc.constantFrom("g a, b", "g(t) a"), block).map(([s, b]) => `gate ${s} ${b}`),
      fc.tuple(fc.constantFrom("d(qubit a) -> bit", "d(int n)"), block).map(([s, b]) => `def ${s} ${b}`),
    ),
  };
});

describe("nothing but an ArqonError, and soon", () => {
  test("any characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.boolean(), (text, head) =>
        survives((head ? HEAD : "") + text),
      ),
      { numRuns: 1000 },
    );
  });

  test("any words of the language", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 25 }), (words) => survives(HEAD + words.join(" "))),
      { numRuns: 1500 },
    );
  });

  test("any statements", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (list) => survives(HEAD + list.join("\n"))),
      { numRuns: 300 },
    );
  });

  test("lines of the grammar's invalid examples, cut and joined", () => {
    const cut = fc
      .tuple(fc.constantFrom(...INVALID), fc.nat(40), fc.nat(40))
      .map(([line, a, b]) => line.slice(a, a + b));
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 8 }), (parts) => survives(HEAD + parts.join(" "))),
      { numRuns: 500 },
    );
  });

  test("what is accepted can be written and read again", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 4 }), (list) => {
        let circuit: ReturnType<typeof parseQasm>;
        try {
          circuit = parseQasm3(`${HEAD}c = measure q;${list.join("\n")}`, "t.qasm");
        } catch {
          return;
        }
        accepted++;
        expect(parseQasm(toQasm3(circuit), "t.qasm").qubits).toBe(circuit.qubits);
      }),
      { numRuns: 200 },
    );
    expect(accepted).toBeGreaterThan(5);
  });
});

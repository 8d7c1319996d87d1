import { ArqonError } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder } from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import { parseQasm } from "../parse-qasm.ts";
import { drawSvg, drawText } from "./index.ts";

const read = (text: string): Circuit => parseQasm(`OPENQASM 2.0; include "qelib1.inc";${text}`, "t.qasm");
const BELL = "qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;";

/** A circuit with every gate of the table, and everything that is no gate. */
function everything(): Circuit {
  const out = new CircuitBuilder('every <gate> & "more"');
  out.qreg("q", 5);
  out.creg("c", 2);
  out.creg("d", 1);
  const work = out.scratchBit();
  for (const [code, { parameters, qubits }] of GATES.entries())
    out.gate(
      code,
      [0.5, Math.PI / 4, -1e-9, 100].slice(0, parameters.length),
      [4, 2, 0, 1, 3].slice(0, qubits),
    );
  out.barrier([0, 2, 3]);
  out.measure(1, 0);
  out.when(0, 2n);
  out.reset(3);
  out.measure(2, work);
  out.whenBits([work, 2, 0], 5n);
  out.gate("x", [], [0]);
  return out.build();
}

describe("in the terminal", () => {
  test("wires, gates, controls and measurements stand where they act", () => {
    expect(drawText(read(BELL))).toBe(
      [
        "q[0] ──[H]──●──[M]───────",
        "            │   ║",
        "q[1] ───────⊕───╫───[M]──",
        "                ║    ║",
        "c/2  ═══════════╩0═══╩1══",
      ].join("\n"),
    );
  });

  test("delays show their time on every qubit that waits", () => {
    const text =
      'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; x q[0]; delay[100ns] q; box[1us] { x q[0]; }';
    const circuit = parseQasm(text, "t.qasm");
    expect(drawText(circuit).split("\n")).toEqual([
      "q[0] ──[X]──[Delay(100ns)]──░──[X]──░──",
      "                  │",
      "q[1] ───────[Delay(100ns)]─────────────",
    ]);
    expect(drawSvg(circuit)).toContain(">Delay(100ns)</text>");
  });

  test("conditions hang on the bits they look at", () => {
    expect(
      drawText(read("qreg q[2]; creg c[2]; measure q[1] -> c[1]; if (c==2) rx(pi/2) q[0]; reset q[1];")),
    ).toBe(
      [
        "q[0] ───────[Rx(π/2)]─────────",
        "                ║",
        "q[1] ──[M]──────╫──────[|0⟩]──",
        "        ║       ║",
        "c/2  ═══╩1══════■=2═══════════",
      ].join("\n"),
    );
  });

  test("a wide circuit goes on in blocks below, none wider than asked", () => {
    const wide = read(`qreg q[3]; ${"h q; cx q[0],q[2]; u3(0.1,0.2,0.3) q[1];".repeat(20)}`);
    for (const columns of [40, 80, 200]) {
      const lines = drawText(wide, { columns }).split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
    expect(drawText(wide, { columns: 1 }).split("\n\n").length).toBe(60);
  });

  test("every gate can be drawn, and nothing is lost", () => {
    const picture = drawText(everything(), { columns: 10_000 });
    for (const sign of [
      "●",
      "⊕",
      "╳",
      "[M]",
      "[|0⟩]",
      "░",
      "[Rzz(0.5):1]",
      "[Rc3x:3]",
      "[S†]",
      "[√X]",
      "╬",
      "■=2",
      "(work)",
      "■0=1",
    ])
      expect(picture).toContain(sign);
  });

  test("a circuit with nothing in it is its wires", () => {
    expect(drawText(read("qreg a[1]; creg c[3];"))).toBe("a   ──\nc/3 ══");
    expect(drawText(new CircuitBuilder("none").build())).toBe("");
  });
});

describe("as SVG", () => {
  test("every circuit gives one well-formed document, and the same bytes again", () => {
    const svg = drawSvg(everything());
    expect(svg).toBe(drawSvg(everything()));
    expect(svg).toContain("<title>every &lt;gate&gt; &amp; &quot;more&quot;</title>");
    const open: string[] = [];
    for (const [tag, close, name, empty] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
      if (close) expect(open.pop(), tag).toBe(name);
      else if (!empty) open.push(name as string);
    }
    expect(open).toEqual([]);
    expect(svg.replace(/<[^<>]*>/g, "")).not.toMatch(/[<>]/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|href/);
  });

  test("no name can leave its text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const out = new CircuitBuilder(name);
        out.qreg(name, 1);
        const svg = drawSvg(out.build());
        expect(svg.match(/<[a-z/]/g)?.length).toBe(drawSvg(named("q")).match(/<[a-z/]/g)?.length);
        expect(svg).not.toMatch(/[^\P{Cc}\t\n\r\u007f-\u009f]|[\uFFFE\uFFFF]/u);
        expect(svg.isWellFormed()).toBe(true);
      }),
    );
  });
});

function named(name: string): Circuit {
  const out = new CircuitBuilder(name);
  out.qreg(name, 1);
  return out.build();
}

test("what nobody could look at is refused", () => {
  for (const text of ["qreg q[1001];", `qreg q[1000]; ${"h q;".repeat(21)}`])
    for (const draw of [drawText, drawSvg]) expect(() => draw(read(text))).toThrow(ArqonError);
});

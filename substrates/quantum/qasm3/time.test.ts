import { ArqonError } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { BARRIER, type Circuit, operandsOf, parametersOf, timingOf } from "../circuit.ts";
import { durationText } from "../duration.ts";
import { GATES } from "../gates/table.ts";
import { runCircuit } from "../run.ts";
import { parseQasm3 } from "./parse.ts";

const read = (text: string, inputs = {}): Circuit =>
  parseQasm3(`OPENQASM 3.0; include "stdgates.inc";\n${text}`, "t.qasm", { inputs });

/** A circuit as short lines, for comparing. */
function lines(text: string): string[] {
  const circuit = read(text);
  return Array.from({ length: circuit.length }, (_, i) => {
    const code = circuit.codes[i] as number;
    const { duration, box = 0 } = timingOf(circuit, i) ?? {};
    const kind = box === 0 ? "delay" : box > 0 ? "box" : "end";
    const name = duration
      ? `${kind}[${durationText(duration)}]`
      : code === BARRIER
        ? "barrier"
        : (GATES[code]?.name ?? "measure");
    const condition = circuit.conditions[circuit.conditionOf[i] as number];
    const when = condition ? `if ${condition.bits}==${condition.value} ` : "";
    return `${when}${name} ${operandsOf(circuit, i).join(" ")}`;
  });
}

/** The time a delay is read with. */
const time = (text: string, before = ""): string =>
  (/\[(.*)\]/.exec(lines(`qubit q; ${before} delay[${text}] q;`).at(-1) as string) ?? [])[1] as string;

describe("delays", () => {
  test("stay where they are, with their time, and are no warning", () => {
    expect(
      lines("qubit[3] q; h q[0]; delay[100ns] q[0]; delay[2.5us] q[0], q[2]; delay[160dt] q; x q[0];"),
    ).toEqual(["h 0", "delay[100ns] 0", "delay[2500ns] 0 2", "delay[160dt] 0 1 2", "x 0"]);
    expect(read("qubit[2] q; delay[1s] q;").warnings).toEqual([]);
    expect(parametersOf(read("qubit q; delay[3dt] q;"), 0)).toEqual([3, 1]);
  });

  test("of no named qubit are of all, and one named twice waits once", () => {
    expect(lines("qubit[2] q; let a = q[0:1]; delay[1ns]; delay[1ns] q[1], a;")).toEqual([
      "delay[1ns] 0 1",
      "delay[1ns] 1 0",
    ]);
  });

  test("follow what was measured, as gates do", () => {
    expect(lines("qubit[2] q; bit c; c = measure q[0]; if (c) delay[5ns] q[1];")).toEqual([
      "measure 0 0",
      "if 0==1 delay[5ns] 1",
    ]);
  });

  test("inside gates have no place, and a warning says so", () => {
    const circuit = read("gate g a { h a; delay[5ns] a; } qubit q; g q;");
    expect(circuit.length).toBe(1);
    expect(circuit.warnings).toEqual(["delays inside gates were left out"]);
  });

  test("change no result of any engine", () => {
    const text = (delay: string): string =>
      `qubit[2] q; bit[2] c; h q[0]; ${delay} cx q[0], q[1]; ${delay} c = measure q;`;
    for (const engine of ["fast", "stabilizer", "mps", "oracle"] as const) {
      const run = (delay: string) => runCircuit(read(text(delay)), { shots: 300, seed: 5n, engine });
      expect(run("delay[3us] q; box[9us] { delay[1dt] q[1]; }").counts).toEqual(run("").counts);
    }
  });
});

describe("durations", () => {
  test.each([
    ["1 s", "", "1000000000ns"],
    ["1e3ms", "", "1000000000ns"],
    ["0.5µs", "", "500ns"],
    ["d", "duration d = 2 * 100ns + 50ns;", "250ns"],
    ["d / 4", "const duration d = 1us;", "250ns"],
    ["-(d - 3us)", "duration d = 1us;", "2000ns"],
    ["d", "duration d = 1dt; d *= 3; d += 4dt;", "7dt"],
    ["0ns + 5dt", "", "5dt"],
    ["(d / 100ns) * 1dt", "duration d = 250ns;", "2.5dt"],
    ["d < 2us ? 1", "", ""],
    ["d", "duration d = 1us; if (d < 2000ns && d == 1000ns) d = 7ns;", "7ns"],
    ["d", "duration d = 0ns; for int i in [1:3] d += i * 10ns;", "60ns"],
  ])("%s after %s is %s", (text, before, expected) => {
    if (expected === "") expect(() => time(text, before)).toThrow(ArqonError);
    else expect(time(text, before)).toBe(expected);
  });

  test.each([
    [
      "stretch w; delay[w] q;",
      "QASM_UNSUPPORTED",
      "a stretch, which is for a scheduler to solve, cannot be simulated",
    ],
    ["stretch w; duration d = 2 * w + 5ns; delay[d] q;", "QASM_UNSUPPORTED", "a stretch"],
    ["stretch w; bool b = w < 3ns;", "QASM_UNSUPPORTED", "a stretch"],
    ["delay[durationof({x q;})] q;", "QASM_UNSUPPORTED", "durationof"],
    ["duration d; delay[d] q;", "QASM_UNSUPPORTED", "a duration that was given no value"],
    ["delay[1ns + 1dt] q;", "QASM_UNSUPPORTED", "both seconds and dt"],
    [
      "bit c = measure q; duration d = 1ns; if (c) d = 2ns; delay[d] q;",
      "QASM_UNSUPPORTED",
      "depends on a measurement",
    ],
    [
      "bit[2] c; c[0] = measure q; uint[2] n = c; delay[n * 1ns] q;",
      "QASM_UNSUPPORTED",
      "depends on a measurement",
    ],
    ["delay[-5ns] q;", "QASM_SEMANTIC", "a time of -5ns; the least is 0"],
    ["delay[5] q;", "QASM_SEMANTIC", "'5' is not a time"],
    ["delay[1ns / 0] q;", "QASM_SEMANTIC", "division of 1 by zero"],
    ["delay[1ns * 2ns] q;", "QASM_SEMANTIC", "is no operation on a time"],
    ["delay[3 + 2ns] q;", "QASM_SEMANTIC", "is no operation on a time"],
    ["delay[!2ns] q;", "QASM_SEMANTIC", "is no operation on a time"],
    ["delay[1e300s] q;", "QASM_SEMANTIC", "is too large"],
  ])("%s is refused: %s", (text, code, message) => {
    expect(() => read(`qubit q; ${text}`)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test("a stretch that nothing needs is no error", () => {
    expect(lines("stretch w; duration d = w + 1ns; qubit q; x q;")).toEqual(["x 0"]);
  });
});

describe("boxes", () => {
  test("keep their ends as barriers on the qubits inside, with the time where it is given", () => {
    expect(
      lines(
        "qubit[4] q; x q[3]; box { h q[0]; cx q[0], q[2]; } box[4us] { x q[1]; box[1us] { delay[7dt] q[3]; } } x q[0];",
      ),
    ).toEqual([
      "x 3",
      "barrier 0 2",
      "h 0",
      "cx 0 2",
      "barrier 0 2",
      "box[4000ns] 1 3",
      "x 1",
      "box[1000ns] 3",
      "delay[7dt] 3",
      "end[1000ns] 3",
      "end[4000ns] 1 3",
      "x 0",
    ]);
  });

  test("are as many as are gone through, and names inside are theirs", () => {
    expect(lines("qubit[2] q; for int i in [0:1] { box[2ns] { int k = i; x q[k]; } }")).toEqual([
      "box[2ns] 0",
      "x 0",
      "end[2ns] 0",
      "box[2ns] 1",
      "x 1",
      "end[2ns] 1",
    ]);
  });

  test("of nothing are on no qubit", () => {
    expect(lines("qubit q; box[2ns] { nop q; }")).toEqual(["box[2ns] ", "end[2ns] "]);
  });

  test("under a measured condition keep their ends, and what is inside follows it", () => {
    expect(lines("qubit[2] q; bit c = measure q[0]; if (c) { box { x q[1]; } }")).toEqual([
      "measure 0 0",
      "barrier 1",
      "if 0==1 x 1",
      "barrier 1",
    ]);
  });
});

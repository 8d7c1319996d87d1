import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { newHome } from "./cli.ts";

const LINE = resolve(import.meta.dirname, "../../examples/line5.calibration.json");
const HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\n';

test("arqon run refuses a bad circuit with its place, and a calibration of another device", async () => {
  using home = newHome();
  const cases: readonly (readonly [text: string, more: readonly string[], code: string, message: string])[] =
    [
      [`${HEAD}rx(pi/0) q[0];`, [], "QASM_SEMANTIC", "bad.qasm:4:4: "],
      [`${HEAD}gate g a {\n  g a; }\ng q[0];`, [], "QASM_SEMANTIC", "bad.qasm:5:3: "],
      [`${HEAD}rx(${"(".repeat(1e6)}1`, [], "LIMIT_EXCEEDED", "bad.qasm:4:603: "],
      [`${HEAD}h q;`, ["--noise", LINE, "--device", "other"], "CALIBRATION_INVALID", "line5"],
    ];
  for (const [text, more, code, message] of cases) {
    writeFileSync(home.file("bad.qasm"), text);
    const outcome = await home.arqon(["run", home.file("bad.qasm"), ...more, "--json"]);
    const { error } = outcome.json<{ error: { code: string; message: string } }>();
    expect([outcome.code, error.code, error.message]).toEqual([
      code === "LIMIT_EXCEEDED" ? 3 : 2,
      code,
      expect.stringContaining(message),
    ]);
  }
});

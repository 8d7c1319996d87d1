import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ArqonError } from "@arqon/core/base";
import { parseQasm, runCircuit, toQasm3 } from "@arqon/substrates/quantum";
import { describe, expect, test } from "vitest";

const root = process.env["ARQON_DATA"] ?? new URL("../../../shared/data", import.meta.url).pathname;
const folder = join(root, "circuits");
const found = existsSync(folder);
const run = { shots: 1024, seed: 42n };

/** The outcomes a file must give, from what it is for; or why it cannot be run. */
const ANSWERS: Readonly<Record<string, readonly string[] | string>> = {
  // 1 + 15 with no carry in is 16.
  openqasm3_adder: ["10000"],
  openqasm3_arrays: "9:1: an array cannot be simulated",
  openqasm3_gateteleport: "12:9: 'vote', which is extern and has no definition, cannot be simulated",
  // The transform of |++++> is 0, measured and fed forward bit by bit.
  openqasm3_inverseqft2: ["0 0 0 0"],
  openqasm3_msd: "48:14: index 3 is outside 'scratch' of size 3",
  // The error on qubit 0 has syndrome 01 and is corrected.
  openqasm3_qec: ["01 000"],
  openqasm3_qpt: ["0", "1"],
  openqasm3_rus: "34:7: a 'while' loop that depends on a measurement cannot be simulated",
  openqasm3_varteleport: ["0", "1"],
};

if (!found) console.warn("skipped: research data not found, set ARQON_DATA");

describe.skipIf(!found)(
  "OpenQASM 3 circuits of the research data (skipped: research data not found, set ARQON_DATA)",
  () => {
    const files = found ? readdirSync(folder).filter((name) => name.endsWith(".qasm")) : [];
    const read = (name: string) => parseQasm(readFileSync(join(folder, name), "utf8"), name);

    test("every one has its answer here", () => {
      const names = files.filter((name) => name.startsWith("openqasm3_")).sort();
      expect(names.map((name) => name.replace(".qasm", ""))).toEqual(Object.keys(ANSWERS));
    });

    test.each(Object.entries(ANSWERS))("%s runs, or is refused by name", (name, answer) => {
      const file = `${name}.qasm`;
      if (typeof answer === "string") {
        expect(() => read(file)).toThrow(ArqonError);
        expect(() => read(file)).toThrow(`${file}:${answer}`);
      } else {
        expect([...runCircuit(read(file), run).counts.keys()]).toEqual(answer);
      }
    });

    test.each(files.filter((name) => !name.startsWith("openqasm3_")))(
      "%s, written as OpenQASM 3 and read back, gives the same counts",
      (name) => {
        const circuit = read(name);
        const back = parseQasm(toQasm3(circuit), name);
        expect(back.qregs).toEqual(circuit.qregs);
        if (circuit.qubits > 16) return;
        expect(runCircuit(back, run).counts).toEqual(runCircuit(circuit, run).counts);
      },
    );
  },
);

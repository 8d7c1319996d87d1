import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { circuitFeatures, parseQasm2, runCircuit } from "@arqon/substrates/quantum";
import { afterAll, describe, expect, test } from "vitest";

const root = process.env["ARQON_DATA"] ?? new URL("../../../shared/data", import.meta.url).pathname;
const folder = join(root, "circuits");
const found = existsSync(folder);
const SHOTS = 1024;
const SEED = 42n;

/** What must come out, derived from what each circuit is for; keys in Qiskit's order. */
const only =
  (...keys: string[]) =>
  (counts: ReadonlyMap<string, number>) =>
    expect([...counts.keys()]).toEqual(keys);
/** Frequencies within five standard deviations. */
function share(
  counts: ReadonlyMap<string, number>,
  wanted: (key: string) => boolean,
  probability: number,
): void {
  let hits = 0;
  for (const [key, count] of counts) if (wanted(key)) hits += count;
  const deviation = Math.sqrt(SHOTS * probability * (1 - probability));
  expect(Math.abs(hits - SHOTS * probability)).toBeLessThan(5 * deviation);
}
const sin2 = Math.sin(Math.PI / 8) ** 2;
const zeros = "0".repeat(23);

const ANSWERS: Readonly<Record<string, (counts: ReadonlyMap<string, number>) => void>> = {
  // 1 + 1 with no carry in: carry (bit 3) 1, sum (bits 1, 2) 0, first addend (bit 0) kept.
  qasmbench_adder_n4: only("1001"),
  // The CHSH game, registers x a y b: quantum players win (a xor b = x and y) with cos^2(pi/8).
  qasmbench_bell_n4: (counts) => {
    share(counts, (key) => (Number(key[2]) ^ Number(key[6])) === (Number(key[0]) & Number(key[4])), 1 - sin2);
  },
  qasmbench_bv_n14: only("1".repeat(13)),
  qasmbench_cat_state_n4: only("0000", "1111"),
  // Even parity: the false coin 6 differs from all others. Odd: the state is undone, all equal.
  qasmbench_cc_n12: only("000001000000", "011110111111", "100000000000", "111111111111"),
  // f(x) = x is balanced: bit 0 is 1, the other qubit is left in superposition.
  qasmbench_deutsch_n2: only("01", "11"),
  // Control 1, so the 1 on qubit 1 moves to qubit 2.
  qasmbench_fredkin_n3: only("101"),
  qasmbench_ghz_state_n23: only(`${zeros} ${zeros}`, `${zeros.replaceAll("0", "1")} ${zeros}`),
  qasmbench_grover_n2: only("11"),
  // The hidden shift is 1 on qubits 0 and 2.
  qasmbench_hs4_n4: only("0101"),
  // |++++> is the transform of 0.
  qasmbench_inverseqft_n4: only("0 0 0 0"),
  // 3 times 3 is 9; its lowest three bits are 001.
  qasmbench_multiplier_n15: only("001"),
  // The encoded state is H T H |0>: |1> with sin^2(pi/8), spread over qubits 0, 1, 3 of the code.
  qasmbench_qec_en_n5: (counts) => {
    only("00000", "01011")(counts);
    share(counts, (key) => key === "01011", sin2);
  },
  // The transform of a basis state is uniform in size.
  qasmbench_qft_n4: (counts) => {
    for (let k = 0; k < 16; k++) share(counts, (key) => key === k.toString(2).padStart(4, "0"), 1 / 16);
  },
  // The secret is 1 on qubits 0 and 1: every y that is read has y0 = y1.
  qasmbench_simon_n6: (counts) => {
    for (const key of counts.keys()) expect(key[5]).toBe(key[4]);
    share(counts, (key) => key.endsWith("000"), 1 / 4);
  },
  qasmbench_toffoli_n3: only("111"),
  qasmbench_wstate_n3: (counts) => {
    only("001", "010", "100")(counts);
    for (const one of counts.keys()) share(counts, (key) => key === one, 1 / 3);
  },
  // Reversible circuits on 0: no control is ever 1.
  feynman_tof_3: only("00000"),
  feynman_barenco_tof_4: only("0000000"),
  feynman_hwb6: only("0000000"),
  feynman_vbe_adder_3: only("0000000000"),
};

if (!found) console.warn("skipped: research data not found, set ARQON_DATA");

describe.skipIf(!found)(
  "OpenQASM 2 circuits of the research data (skipped: research data not found, set ARQON_DATA)",
  () => {
    const files = found
      ? readdirSync(folder)
          .filter((name) => name.endsWith(".qasm"))
          .sort()
      : [];
    const slow: string[] = [];
    afterAll(() => {
      if (slow.length > 0) console.info(`over half a second:\n${slow.join("\n")}`);
    });

    test("there are circuits", () => expect(files.length).toBeGreaterThan(0));

    test.each(files.filter((name) => !name.startsWith("openqasm3_")))("%s", (name) => {
      const circuit = parseQasm2(readFileSync(join(folder, name), "utf8"), name);
      const before = process.cpuUsage();
      const { counts, engine } = runCircuit(circuit, { shots: SHOTS, seed: SEED });
      const cpu = process.cpuUsage(before);
      const ms = (cpu.user + cpu.system) / 1000;
      if (ms > 500) slow.push(`${name}: ${circuit.qubits} qubits, ${Math.round(ms)} ms of CPU`);
      if (circuitFeatures(circuit).qubits > 26) expect(["stabilizer", "mps"]).toContain(engine);
      expect([...counts.values()].reduce((a, b) => a + b)).toBe(SHOTS);
      ANSWERS[name.replace(".qasm", "")]?.(counts);
    });

    test.each(files.filter((name) => name.startsWith("openqasm3_")))("%s is refused with a place", (name) => {
      const read = () => parseQasm2(readFileSync(join(folder, name), "utf8"), name);
      expect(read).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^QASM_(SYNTAX|UNSUPPORTED)$/) }),
      );
      expect(read).toThrow(new RegExp(`^${name}:\\d+:\\d+: expected|^${name}:\\d+:\\d+: only "qelib1.inc"`));
    });
  },
);

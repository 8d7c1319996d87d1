import { createRandom, type Random } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder } from "../circuit.ts";
import { circuitGradient, estimateGradient, gateAngles, parseObservable } from "./index.ts";

const exact = { shots: 0, seed: 1n };

/** Turns and entanglers along a line; each qubit's angles depend on its number alone. */
function line(qubits: number, layers: number, angleOf: (qubit: number, layer: number) => number): Circuit {
  const out = new CircuitBuilder(`line of ${qubits}`);
  out.qreg("q", qubits);
  for (let layer = 0; layer < layers; layer++) {
    for (let q = 0; q < qubits; q++) out.gate("ry", [angleOf(q, layer)], [q]);
    for (let q = layer % 2; q + 1 < qubits; q += 2) out.gate("cz", [], [q, q + 1]);
  }
  return out.build();
}

/** An observable of the lowest qubits, on a circuit of so many. */
const low = (text: string, qubits: number) =>
  parseObservable(text.replaceAll(/[IXYZ]+/g, (letters) => letters.padStart(qubits, "I")));
const derivativesOf = (
  circuit: Circuit,
  text: string,
  parameters = gateAngles(circuit).slice(0, 4),
): number[] =>
  circuitGradient(circuit, parameters, low(text, circuit.qubits), exact).derivatives.map(
    ({ value }) => value,
  );

describe("gradients of more qubits than a statevector has", () => {
  test("at Clifford points are the tableau's", () => {
    const quarters = (random: Random) => () => (Math.floor(random.nextDouble() * 4) * Math.PI) / 2;
    for (const seed of [1n, 2n, 3n]) {
      const [small, wide] = [8, 300].map((n) => {
        const at = new Map<string, number>();
        const turn = quarters(createRandom(seed));
        // The same angles for the qubits that both have.
        for (let layer = 0; layer < 2; layer++) for (let q = 0; q < 8; q++) at.set(`${q} ${layer}`, turn());
        return line(n, 2, (q, layer) => at.get(`${q} ${layer}`) ?? 0);
      }) as [Circuit, Circuit];
      const text = "ZZX + 0.5*XZI - YIY";
      const [near, far] = [small, wide].map((circuit) =>
        derivativesOf(
          circuit,
          text,
          gateAngles(circuit).filter(({ uses: [use] }) => (use?.instruction ?? 99) < 4),
        ),
      );
      expect(far?.map((value) => value + 0)).toEqual(near?.map((value) => expect.closeTo(value, 12)));
      expect(estimateGradient(wide, gateAngles(wide).slice(0, 4), low(text, 300), 0).engine).toBe(
        "stabilizer",
      );
    }
  });

  test("else are a matrix product state's, and those of the qubits that the observable sees", () => {
    const angleOf = (q: number, layer: number): number => 0.3 + 0.7 * Math.sin(5 * q + layer);
    const [small, wide] = [line(10, 3, angleOf), line(40, 3, angleOf)];
    const text = "ZZZ + 0.5*XYI - 0.25*IIX";
    const [near, far] = [small, wide].map((circuit) => derivativesOf(circuit, text)) as [number[], number[]];
    far.forEach((value, k) => {
      expect(value).toBeCloseTo(near[k] as number, 9);
    });
    expect(far.some((value) => Math.abs(value) > 0.01)).toBe(true);
    expect(estimateGradient(wide, gateAngles(wide), low(text, 40), 0).engine).toBe("mps");
    const again = derivativesOf(wide, text);
    expect(again).toEqual(far);
  });

  test("from shots are within their intervals of the exact ones", () => {
    const circuit = line(30, 2, (q) => 0.4 + 0.05 * q);
    const parameters = gateAngles(circuit).slice(0, 2);
    const observable = low("ZZ + X", 30);
    const right = circuitGradient(circuit, parameters, observable, exact);
    const counted = circuitGradient(circuit, parameters, observable, { shots: 2000, seed: 4n, level: 0.999 });
    counted.derivatives.forEach(({ low: least, high }, k) => {
      const value = right.derivatives[k]?.value as number;
      expect([least < value, value < high]).toEqual([true, true]);
    });
  });

  test("say what a matrix product state lost", () => {
    const warned = (layers: number) => {
      const circuit = line(27, layers, (q, layer) => 0.3 + Math.sin(7 * q + 3 * layer));
      return circuitGradient(circuit, [], low("ZZ", 27), exact).warnings;
    };
    expect(warned(2)).toEqual([]);
    expect(warned(14)).toEqual([expect.stringMatching(/^truncation to bonds of 64 lost about [0-9.e-]+ of/)]);
  });

  test("at Clifford points cost what the shifted circuits do, which are not all Clifford", () => {
    const quarters = createRandom(5n);
    const out = new CircuitBuilder("a line");
    out.qreg("q", 60);
    for (let q = 0; q + 1 < 60; q++) out.gate("crz", [0], [q, q + 1]);
    for (let layer = 0; layer < 24; layer++) {
      for (let q = 0; q < 60; q++) out.gate("ry", [(quarters.nextU32() % 4) * (Math.PI / 2)], [q]);
      for (let q = layer % 2; q + 1 < 60; q += 2) out.gate("cx", [], [q, q + 1]);
    }
    const circuit = out.build();
    const [controlled, turns] = [gateAngles(circuit).slice(0, 59), gateAngles(circuit).slice(59)];
    const observable = low("ZZ", 60);
    expect(estimateGradient(circuit, turns, observable, 0).engine).toBe("stabilizer");
    const { engine, timeMs } = estimateGradient(circuit, controlled, observable, 0);
    expect(engine).toBe("mps");
    expect(timeMs).toBeGreaterThan(100 * estimateGradient(circuit, turns, observable, 0).timeMs);
    expect(() =>
      circuitGradient(circuit, controlled, observable, { ...exact, limits: { timeMs: 1000 } }),
    ).toThrow(expect.objectContaining({ code: "QUANTUM_TOO_LARGE" }));
  });

  test("are refused with the figures before anything is computed", () => {
    const circuit = line(60, 24, (q, layer) => 0.3 + q + layer);
    const parameters = gateAngles(circuit);
    const observable = low("ZZ", 60);
    const { timeMs } = estimateGradient(circuit, parameters, observable, 0);
    expect(timeMs).toBeGreaterThan(600_000);
    const run = () =>
      circuitGradient(circuit, parameters, observable, { ...exact, limits: { timeMs: 600_000 } });
    expect(run).toThrow(
      /the gradient of line of 60, by mps, would need 60 qubits, .* over the limit of 10 min/,
    );
    expect(run).toThrow(expect.objectContaining({ code: "QUANTUM_TOO_LARGE" }));
  });
});

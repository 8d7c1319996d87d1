/** Noise that is errors by Pauli operators only, as Pauli frames need it. */
import type { Matrix } from "@arqon/core/math";
import { type Circuit, hasDelays, MEASURE, operandsOf, RESET } from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import { type NoiseModel, noiseKey, noiseOf, type Placed, pauliLabels, pauliMatrix } from "../noise/index.ts";
import { tailStart } from "../simulate/program.ts";
import { cliffordCircuit, type PauliNoise } from "../stabilizer/index.ts";

/**
 * The noise of a circuit's gates and measurements as Pauli errors; `undefined` where that is not what it is, or where the circuit
 * is not one for frames: gates that are not Clifford, conditions, measurements on the way, nothing measured.
 */
export function pauliNoiseOf(circuit: Circuit, noise: NoiseModel): readonly PauliNoise[] | undefined {
  if (noise.schedule || circuit.conditionOf.some((row) => row >= 0)) return undefined;
  if (noise.relaxing?.relaxations.some((each) => each !== undefined) && hasDelays(circuit)) return undefined;
  if ([...noise.gates.keys()].some((key) => key.split(" ")[0] === "measure")) return undefined;
  const first = circuit.codes.indexOf(MEASURE);
  if (first < 0 || first < tailStart(circuit) || !cliffordCircuit(circuit)) return undefined;
  const out = new Map<string, readonly PauliNoise[]>();
  const known = new Map<Placed["channel"], ReadonlyMap<string, number> | undefined>();
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    const on = Array.from(operandsOf(circuit, i));
    if (code === MEASURE) {
      const [qubit] = on as [number];
      const wrong = noise.readout(qubit);
      // A frame would keep the error of a first reading for the second.
      if (wrong && (wrong.p0Given1 !== wrong.p1Given0 || out.has(`measure ${qubit}`))) return undefined;
      if (wrong) out.set(`measure ${qubit}`, [rule("measure", [qubit], { X: wrong.p1Given0 })]);
      continue;
    }
    const gate = code === RESET ? { name: "reset", qubits: 1 } : GATES[code];
    const key = gate && noiseKey(gate.name, on);
    if (!gate || key === undefined || out.has(key)) continue;
    const placed = noiseOf(noise, gate.name, on) ?? [];
    if (placed.length > 0 && gate.qubits > 2) return undefined;
    const rules: PauliNoise[] = [];
    for (const { channel, on: places } of placed) {
      if (!known.has(channel)) known.set(channel, probabilitiesOf(channel.kraus, channel.qubits));
      const errors = known.get(channel);
      if (!errors) return undefined;
      const spread = (label: string): string => {
        const letters = Array.from({ length: gate.qubits }, () => "I");
        for (const [k, place] of places.entries())
          letters[gate.qubits - 1 - place] = label[channel.qubits - 1 - k] as string;
        return letters.join("");
      };
      const wide = Object.fromEntries(Array.from(errors, ([label, p]) => [spread(label), p] as const));
      rules.push(rule(gate.name, on, wide));
    }
    out.set(key, rules);
  }
  return [...out.values()].flat();
}

function rule(
  gate: string,
  qubits: readonly number[],
  probabilities: PauliNoise["probabilities"],
): PauliNoise {
  return { gate, qubits, probabilities };
}

/** Probabilities by label, when every Kraus operator is a multiple of a Pauli string. */
function probabilitiesOf(kraus: readonly Matrix[], qubits: number): ReadonlyMap<string, number> | undefined {
  const labels = pauliLabels(qubits);
  const out = new Map<string, number>();
  for (const operator of kraus) {
    const label = labels.find((each) => isMultiple(operator, pauliMatrix(each)));
    if (label === undefined) return undefined;
    const weight = operator.reduce((sum, x) => sum + x * x, 0) / (1 << qubits);
    out.set(label, (out.get(label) ?? 0) + weight);
  }
  return out;
}

function isMultiple(operator: Matrix, pauli: Matrix): boolean {
  return (
    operator.every((x, k) => {
      const at = k & ~1;
      return x === 0 || pauli[at] !== 0 || pauli[at + 1] !== 0;
    }) && overlap(operator, pauli) > 1 - 1e-12
  );
}

/** |tr(P† K)|² over its largest possible value. */
function overlap(operator: Matrix, pauli: Matrix): number {
  let [re, im, a, b] = [0, 0, 0, 0];
  for (let k = 0; k < operator.length; k += 2) {
    const [x, y, p, q] = [operator[k], operator[k + 1], pauli[k], pauli[k + 1]] as [
      number,
      number,
      number,
      number,
    ];
    re += x * p + y * q;
    im += y * p - x * q;
    a += x * x + y * y;
    b += p * p + q * q;
  }
  return a === 0 ? 1 : (re * re + im * im) / (a * b);
}

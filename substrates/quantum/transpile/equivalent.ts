/** Whether a compiled circuit does what the original did. */
import { ArqonError } from "@arqon/core/base";
import {
  BARRIER,
  type Buildable,
  type Circuit,
  circuitOf,
  MEASURE,
  operandsOf,
  parametersOf,
} from "../circuit.ts";
import { GATES, type Gate } from "../gates/table.ts";
import { applyMany } from "../simulate/oracle.ts";

/** Most qubits: of the original, and touched ones of the compiled circuit. */
export const EQUIVALENCE_QUBITS = { original: 10, compiled: 14 } as const;

/** Where the original's qubits start and end; left out, where they are. */
export interface Layouts {
  readonly layout?: readonly number[];
  readonly finalLayout?: readonly number[];
}

/**
 * The largest difference of the two unitaries, up to one common phase, with the compiled circuit's other qubits starting and
 * ending in |0>; infinite when measurements at the end differ in qubit or bit.
 *
 * @throws ArqonError `LIMIT_EXCEEDED` above {@link EQUIVALENCE_QUBITS}; `QASM_UNSUPPORTED` for resets, conditions, and gates after
 *   measurements, for which no unitary exists.
 * @cost  2^(qubits of both) for each gate.
 */
export function unitaryDifference(
  given: Circuit | Buildable,
  made: Circuit | Buildable,
  layouts: Layouts = {},
): number {
  const [original, compiled] = [circuitOf(given), circuitOf(made)];
  const same = Array.from({ length: original.qubits }, (_, q) => q);
  const { layout = same, finalLayout = layout } = layouts;
  const [first, second] = [measurementsOf(original), measurementsOf(compiled)];
  if (first.size !== second.size) return Number.POSITIVE_INFINITY;
  for (const [bit, qubit] of first)
    if (second.get(bit) !== finalLayout[qubit]) return Number.POSITIVE_INFINITY;
  const positions = touched(compiled, [...layout, ...finalLayout]);
  limit(original.qubits, positions.size);
  const [n, all] = [original.qubits, positions.size];
  const spread = (index: number, to: readonly number[]): number => {
    let out = 0;
    for (let q = 0; q < n; q++) if ((index >> q) & 1) out |= 1 << (positions.get(to[q] as number) as number);
    return out;
  };
  const own = new Map(same.map((q) => [q, q]));
  let [phaseRe, phaseIm, most] = [0, 0, 0];
  for (let column = 0; column < 1 << n; column++) {
    const wanted = columnOf(original, own, column, n);
    const made = columnOf(compiled, positions, spread(column, layout), all);
    if (column === 0) [phaseRe, phaseIm] = phaseBetween(wanted, made, (row) => spread(row, finalLayout));
    const rest = made;
    for (let row = 0; row < 1 << n; row++) {
      const to = spread(row, finalLayout);
      const [wr, wi] = [wanted.re[row] as number, wanted.im[row] as number];
      rest.re[to] = (rest.re[to] as number) - (wr * phaseRe - wi * phaseIm);
      rest.im[to] = (rest.im[to] as number) - (wr * phaseIm + wi * phaseRe);
    }
    for (const part of [rest.re, rest.im]) for (const x of part) most = Math.max(most, Math.abs(x));
  }
  return most;
}

/** {@link unitaryDifference} within the tolerance; what roundings of some thousand gates come to is below 1e-12. */
export function isEquivalent(
  original: Circuit | Buildable,
  compiled: Circuit | Buildable,
  layouts: Layouts = {},
  tolerance = 1e-12,
): boolean {
  return unitaryDifference(original, compiled, layouts) < tolerance;
}

interface Column {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function columnOf(
  circuit: Circuit,
  positions: ReadonlyMap<number, number>,
  start: number,
  n: number,
): Column {
  const [re, im] = [new Float64Array(1 << n), new Float64Array(1 << n)];
  re[start] = 1;
  for (let i = 0; i < circuit.length; i++) {
    const gate: Gate | undefined = GATES[circuit.codes[i] as number];
    if (!gate) continue;
    const on = operandsOf(circuit, i).map((qubit) => positions.get(qubit) as number);
    applyMany(re, im, on, gate.matrix(parametersOf(circuit, i)));
  }
  return { re, im };
}

function phaseBetween(wanted: Column, made: Column, to: (row: number) => number): [number, number] {
  let [re, im] = [0, 0];
  for (const row of wanted.re.keys()) {
    const [a, b] = [made.re[to(row)] as number, made.im[to(row)] as number];
    const [c, d] = [wanted.re[row] as number, wanted.im[row] as number];
    re += a * c + b * d;
    im += b * c - a * d;
  }
  const size = Math.sqrt(re * re + im * im);
  return size === 0 ? [1, 0] : [re / size, im / size];
}

/** The qubit each bit reads, all at the end. */
function measurementsOf(circuit: Circuit): Map<number, number> {
  const out = new Map<number, number>();
  const measured = new Set<number>();
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    const [qubit, bit] = operandsOf(circuit, i) as unknown as [number, number];
    if (code === BARRIER) continue;
    const late = code !== MEASURE && operandsOf(circuit, i).some((q) => measured.has(q));
    if ((circuit.conditionOf[i] as number) >= 0 || late || (code !== MEASURE && code >= GATES.length))
      throw new ArqonError("QASM_UNSUPPORTED", `${circuit.name}: instruction ${i} makes it no unitary`);
    if (code !== MEASURE) continue;
    out.set(bit, qubit);
    measured.add(qubit);
  }
  return out;
}

function touched(circuit: Circuit, also: readonly number[]): Map<number, number> {
  const positions = new Map<number, number>();
  const take = (qubit: number): void => {
    if (!positions.has(qubit)) positions.set(qubit, positions.size);
  };
  for (const qubit of also) take(qubit);
  for (let i = 0; i < circuit.length; i++)
    if ((circuit.codes[i] as number) < GATES.length) for (const qubit of operandsOf(circuit, i)) take(qubit);
  return positions;
}

function limit(original: number, compiled: number): void {
  if (original <= EQUIVALENCE_QUBITS.original && compiled <= EQUIVALENCE_QUBITS.compiled) return;
  throw new ArqonError(
    "LIMIT_EXCEEDED",
    `unitaries of ${original} and ${compiled} qubits are not compared; the limits are ${EQUIVALENCE_QUBITS.original} and ${EQUIVALENCE_QUBITS.compiled}`,
    { details: { qubits: original, limitQubits: EQUIVALENCE_QUBITS.original } },
  );
}

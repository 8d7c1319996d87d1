/** What a circuit is compiled for: the gates of a machine, where its two-qubit gates are, and how good each qubit is. */
import { ArqonError } from "@arqon/core/base";
import { log } from "@arqon/core/math";
import { type Calibration, examineCalibration, type HygienePolicy } from "../noise/index.ts";

/** Two-qubit gates a machine may have. */
export const ENTANGLERS = ["cx", "cz", "ecr", "rzz"] as const;
/** One of them. */
export type Entangler = (typeof ENTANGLERS)[number];

/** Forms of one-qubit gates: three turns about Z with two fixed gates between, or one gate with three angles. */
export type OneQubitBasis = "rz-sx" | "rz-ry" | "u";

/** A machine to compile for. */
export interface Target {
  readonly name: string;
  /** `undefined`: as many as the circuit has. */
  readonly qubits: number | undefined;
  readonly gates: ReadonlySet<string>;
  readonly oneQubit: OneQubitBasis;
  /** `undefined` for a machine of single qubits. */
  readonly entangler: Entangler | undefined;
  /** Whether ZZ rotations of any angle are one gate. */
  readonly fractional: boolean;
  /** Pairs in the order in which the gate can be used; `undefined`: every pair, in any order. */
  readonly coupling: readonly Coupling[] | undefined;
  /** Error of each qubit's gates and readout together, as -log(1 - error); empty where nothing is known. */
  readonly qubitLoss: readonly number[];
}

/** One pair that a two-qubit gate can be used on. */
export interface Coupling {
  readonly from: number;
  readonly to: number;
  /** -log(1 - error); 0 where nothing is known. */
  readonly loss: number;
}

/** Machines of more qubits are refused: routing keeps all distances. */
export const TARGET_QUBITS = 2_000;

const unsupported = (message: string): ArqonError => new ArqonError("TRANSPILE_IMPOSSIBLE", message);

/**
 * A target from names of gates and pairs of qubits.
 *
 * @param basis     such as ["rz", "sx", "x", "cx"]; names beyond those that can be used are left alone.
 * @param coupling  pairs, each usable in the order given; left out, all pairs.
 * @throws ArqonError `TRANSPILE_IMPOSSIBLE` for a basis that is not universal, or pairs that cannot be.
 */
export function targetOf(
  name: string,
  basis: readonly string[],
  coupling?: readonly (readonly [number, number])[],
  qubits?: number,
): Target {
  const gates = new Set(basis);
  const count = coupling && (qubits ?? 1 + coupling.reduce((most, pair) => Math.max(most, ...pair), -1));
  for (const [a, b] of coupling ?? [])
    if (
      !Number.isInteger(a) ||
      !Number.isInteger(b) ||
      a === b ||
      Math.min(a, b) < 0 ||
      Math.max(a, b) >= (count ?? 0)
    )
      throw unsupported(`${name}: ${a}-${b} is no pair of its ${count} qubits`);
  if ((count ?? 0) > TARGET_QUBITS)
    throw new ArqonError("LIMIT_EXCEEDED", `${name} has ${count} qubits; the limit is ${TARGET_QUBITS}`, {
      details: { qubits: count ?? 0, limitQubits: TARGET_QUBITS },
    });
  const entangler = ENTANGLERS.find((gate) => gates.has(gate));
  return {
    name,
    qubits: count ?? qubits,
    gates,
    oneQubit: oneQubitBasis(name, gates),
    entangler,
    fractional: gates.has("rzz"),
    coupling: coupling?.map(([from, to]) => ({ from, to, loss: 0 })),
    qubitLoss: [],
  };
}

function oneQubitBasis(name: string, gates: ReadonlySet<string>): OneQubitBasis {
  if (gates.has("rz") && gates.has("sx")) return "rz-sx";
  if (gates.has("u3") || gates.has("u")) return "u";
  if (gates.has("rz") && gates.has("ry")) return "rz-ry";
  throw unsupported(
    `${name}: its gates ${[...gates].join(", ") || "(none)"} do not make every one-qubit gate; needed: rz and sx, rz and ry, u3, or u`,
  );
}

const lossOf = (error: number | undefined): number =>
  error === undefined || error <= 0 ? 0 : -log(1 - Math.min(error, 0.999));

/**
 * The target of a calibration, judged first: gates that hygiene excludes are not used.
 *
 * @throws ArqonError `CALIBRATION_REFUSED`, and as {@link targetOf}.
 */
export function deviceTarget(calibration: Calibration, hygiene?: Partial<HygienePolicy>): Target {
  const { device, qubits, gates, basis } = examineCalibration(calibration, hygiene).calibration;
  const names = basis ?? [...new Set(gates.map(({ gate }) => gate))];
  const entangler = ENTANGLERS.find((gate) => names.includes(gate));
  const pairs = gates.filter(({ gate, qubits: on }) => gate === entangler && on.length === 2);
  const losses = qubits.map(({ p1Given0, p0Given1 }) => lossOf(((p1Given0 ?? 0) + (p0Given1 ?? 0)) / 2));
  for (const { gate, qubits: on, error } of gates) {
    const [qubit] = on;
    if (qubit !== undefined && on.length === 1 && (gate === "sx" || gate === "u3" || gate === "u"))
      losses[qubit] = (losses[qubit] ?? 0) + lossOf(error);
  }
  const coupling = pairs.map(({ qubits: [from, to], error }) => ({
    from: from as number,
    to: to as number,
    loss: lossOf(error),
  }));
  const plain = targetOf(
    device,
    names,
    coupling.map(({ from, to }) => [from, to] as const),
    qubits.length,
  );
  return { ...plain, coupling, qubitLoss: losses };
}

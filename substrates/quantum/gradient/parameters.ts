/** What a circuit is differentiated in: its inputs, or every angle of its gates. */
import { ArqonError } from "@arqon/core/base";
import { type Circuit, MEASURE, operandsOf, parametersOf, RESET } from "../circuit.ts";
import { GATES } from "../gates/table.ts";

/** One place where a parameter enters: an angle of one gate, which it moves by `factor` for each unit. */
export interface ParameterUse {
  readonly instruction: number;
  /** Position among all angles of the circuit. */
  readonly angle: number;
  readonly factor: number;
}

/** One parameter, and where it enters. */
export interface CircuitParameter {
  readonly name: string;
  readonly at: number;
  readonly uses: readonly ParameterUse[];
}

/** Step of an input: small, so that an angle is not taken round a turn, and exact in binary. */
const STEP = 2 ** -10;
/** Angles are sums and products in double precision; what bends more than this is not linear. */
const STRAIGHT = 1e-9;

/** Every angle of every gate, named as in "3:rx.theta" for the gate at position 3. */
export function gateAngles(circuit: Circuit): CircuitParameter[] {
  const parameters: CircuitParameter[] = [];
  for (let i = 0; i < circuit.length; i++) {
    const gate = GATES[circuit.codes[i] as number];
    if (!gate) continue;
    parametersOf(circuit, i).forEach((at, k) => {
      const angle = (circuit.parameterAt[i] as number) + k;
      const name = `${i}:${gate.name}.${gate.parameters[k]}`;
      parameters.push({ name, at, uses: [{ instruction: i, angle, factor: 1 }] });
    });
  }
  return parameters;
}

/**
 * The inputs of a circuit, each with the angles it enters.
 *
 * @param circuitAt  the circuit for values of its inputs.
 * @throws ArqonError `QASM_UNSUPPORTED` when the gates themselves depend on an input, or an angle does not linearly.
 */
export function inputAngles(
  circuitAt: (inputs: Readonly<Record<string, number>>) => Circuit,
  inputs: Readonly<Record<string, number>>,
): CircuitParameter[] {
  const here = circuitAt(inputs);
  return Object.entries(inputs).map(([name, at]) => {
    const [one, two] = [1, 2].map((steps) => circuitAt({ ...inputs, [name]: at + steps * STEP })) as [
      Circuit,
      Circuit,
    ];
    for (const other of [one, two])
      if (!sameGates(here, other))
        throw unsupported(here, `which gates there are depends on the input ${name}`);
    const uses: ParameterUse[] = [];
    for (let i = 0; i < here.length; i++) {
      // How long qubits wait changes no amplitude.
      if ((here.codes[i] as number) >= GATES.length) continue;
      for (let k = here.parameterAt[i] as number; k < (here.parameterAt[i + 1] as number); k++) {
        const [a, b, c] = [here, one, two].map((circuit) => circuit.parameters[k] as number) as [
          number,
          number,
          number,
        ];
        if (Math.abs(c - 2 * b + a) > STRAIGHT * STEP * (1 + Math.abs(a)))
          throw unsupported(here, `an angle of gate ${i} is not linear in the input ${name}`);
        if (b !== a) uses.push({ instruction: i, angle: k, factor: (b - a) / STEP });
      }
    }
    return { name, at, uses };
  });
}

/** @throws ArqonError `QASM_UNSUPPORTED` when the state before the last measurements depends on chance. */
export function requireUnitary(circuit: Circuit): void {
  const measured = new Set<number>();
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    if (code === RESET || (circuit.conditionOf[i] as number) >= 0)
      throw unsupported(circuit, `instruction ${i} is a reset or depends on a measurement`);
    const operands = operandsOf(circuit, i);
    if (code === MEASURE) measured.add(operands[0] as number);
    else if (code < GATES.length && operands.some((qubit) => measured.has(qubit)))
      throw unsupported(circuit, `gate ${i} follows a measurement of its qubit`);
  }
}

function unsupported(circuit: Circuit, why: string): ArqonError {
  return new ArqonError("QASM_UNSUPPORTED", `${circuit.name} has no gradient here: ${why}`, {
    remedy:
      "A gradient takes gates whose angles are linear in the parameters, and measurements at the end only.",
  });
}

function sameGates(a: Circuit, b: Circuit): boolean {
  const equal = (x: ArrayLike<number>, y: ArrayLike<number>): boolean =>
    x.length === y.length && Array.prototype.every.call(x, (value, i) => value === y[i]);
  return equal(a.codes, b.codes) && equal(a.operands, b.operands) && equal(a.parameterAt, b.parameterAt);
}

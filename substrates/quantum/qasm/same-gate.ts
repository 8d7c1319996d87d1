/** Whether a file's own definition of a gate is the gate that the table knows by that name. */
import { GATES, type Gate } from "../gates/table.ts";
import { applyMany } from "../simulate/oracle.ts";
import type { Definition } from "./definition.ts";
import { evaluate } from "./expression.ts";

/** Expansions larger than this are taken for another gate. */
const MOST_CALLS = 100;

/** Angles in general position: expressions in them that are no identity differ there. */
const ANGLES: readonly (readonly number[])[] = [
  [0.7131, -1.3177, 2.1093, 0.4519],
  [-2.9041, 0.3163, 1.7389, -0.8807],
];

/** Compares the unitaries of two gates up to a global phase; with parameters at two places. */
export function isTableGate(gate: Definition, code: number): boolean {
  const row = GATES[code];
  if (
    !row ||
    gate.parameters !== row.parameters.length ||
    gate.qubits !== row.qubits ||
    gate.calls > MOST_CALLS
  )
    return false;
  return ANGLES.slice(0, gate.parameters > 0 ? 2 : 1).every((angles) =>
    agree(gate, row, angles.slice(0, gate.parameters)),
  );
}

function agree(gate: Definition, row: Gate, angles: readonly number[]): boolean {
  const n = 1 << gate.qubits;
  const wanted = row.matrix(angles);
  let [re, im, size] = [0, 0, 0];
  for (let column = 0; column < n; column++) {
    const state = { re: new Float64Array(n), im: new Float64Array(n) };
    state.re[column] = 1;
    if (
      !run(
        gate,
        angles,
        Array.from({ length: gate.qubits }, (_, q) => q),
        state,
      )
    )
      return false;
    for (let r = 0; r < n; r++) {
      const [a, b] = [state.re[r] as number, state.im[r] as number];
      const [c, d] = [wanted[2 * (r * n + column)] as number, wanted[2 * (r * n + column) + 1] as number];
      re += a * c + b * d;
      im += b * c - a * d;
      size += c * c + d * d;
    }
  }
  // |tr(A B†)| is the dimension only where both are the same up to phase.
  return Math.abs(Math.sqrt(re * re + im * im) - size) < 1e-12;
}

function run(
  { code, body }: Definition,
  parameters: readonly number[],
  qubits: readonly number[],
  state: { readonly re: Float64Array; readonly im: Float64Array },
): boolean {
  if (code >= 0) {
    applyMany(
      state.re,
      state.im,
      Uint32Array.from(qubits),
      (GATES[code] as (typeof GATES)[number]).matrix(parameters),
    );
    return true;
  }
  if (body === undefined) return false;
  return body.every(
    ({ gate, parameters: given, qubits: on }) =>
      gate === undefined ||
      run(
        gate,
        given.map((expression) => evaluate(expression, parameters, (what) => new TypeError(what))),
        on.map((q) => qubits[q] as number),
        state,
      ),
  );
}

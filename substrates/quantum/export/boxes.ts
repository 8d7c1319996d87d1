/** Which boxes of a circuit can be written as blocks. */
import { type Circuit, MEASURE, operandsOf, timingOf } from "../circuit.ts";

interface Open {
  readonly box: number;
  readonly qubits: readonly number[];
  /** What lies between the ends is on. */
  readonly used: Set<number>;
}

/**
 * Numbers of the boxes that begin and end once, properly nested, around instructions on just the qubits the box is on: read as
 * blocks they give the same circuit.
 *
 * @cost  operands times levels of nesting.
 */
export function wholeBoxes(circuit: Circuit): ReadonlySet<number> {
  const whole = new Set<number>();
  const ends = new Map<number, number>();
  let open: Open[] = [];
  for (let i = 0; i < circuit.length; i++) {
    const operands = operandsOf(circuit, i);
    const qubits = Array.from(circuit.codes[i] === MEASURE ? operands.subarray(0, 1) : operands);
    const box = timingOf(circuit, i)?.box ?? 0;
    const top = open.at(-1);
    if (box < 0) {
      if (top?.box === -box && isSame(qubits, top.qubits) && isSame(qubits, top.used)) whole.add(-box);
      open = open.filter((each) => each.box !== -box);
    }
    for (const { used } of open) for (const qubit of qubits) used.add(qubit);
    if (box > 0) open.push({ box, qubits, used: new Set() });
    if (box !== 0) ends.set(box, (ends.get(box) ?? 0) + 1);
  }
  for (const [box, count] of ends) if (count > 1) whole.delete(Math.abs(box));
  return whole;
}

function isSame(a: Iterable<number>, b: Iterable<number>): boolean {
  const [x, y] = [new Set(a), new Set(b)];
  return x.size === y.size && [...x].every((qubit) => y.has(qubit));
}

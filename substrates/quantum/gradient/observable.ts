/** Observables as people write them: sums of Pauli strings. */
import { ArqonError } from "@arqon/core/base";
import type { Observable } from "../observables/expectation.ts";

/** Terms and letters an observable may have. */
const MOST_TERMS = 1000;
const MOST_LETTERS = 10_000;
const TERM = /^([+-]?)(?:((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)\*)?([IXYZ]+)/i;

/**
 * Reads "ZZ", or "0.5*ZZ - 0.25*XI + YY"; the right letter is for qubit 0, as in Qiskit. Terms of equal strings are added.
 * @throws ArqonError `USAGE` naming the place.
 */
export function parseObservable(text: string): Observable {
  const sum = new Map<string, number>();
  let rest = text.trim().replaceAll(/\s*([+*-])\s*/g, "$1");
  const whole = rest;
  if (rest === "") throw usage(text, "it is empty");
  for (let terms = 0; rest !== ""; terms++) {
    const match = TERM.exec(rest);
    if (!match || (terms > 0 && match[1] === ""))
      throw usage(
        text,
        `no term at character ${whole.length - rest.length + 1} of ${JSON.stringify(whole.slice(0, 80))}`,
      );
    if (terms >= MOST_TERMS) throw usage(text, `it has more than ${MOST_TERMS} terms`);
    const [all, sign, figure = "1", letters = ""] = match;
    const label = letters.toUpperCase();
    if (label.length > MOST_LETTERS) throw usage(text, `a term has more than ${MOST_LETTERS} letters`);
    const [first] = sum.keys();
    if (first !== undefined && first.length !== label.length)
      throw usage(text, `${first} and ${label} are on different numbers of qubits`);
    const coefficient = (sign === "-" ? -1 : 1) * Number(figure);
    if (!Number.isFinite(coefficient)) throw usage(text, `${figure} is no finite number`);
    sum.set(label, (sum.get(label) ?? 0) + coefficient);
    rest = rest.slice(all.length);
  }
  return [...sum];
}

function usage(text: string, why: string): ArqonError {
  return new ArqonError("USAGE", `observable "${text.slice(0, 80)}": ${why}`, {
    remedy: 'Write a sum of Pauli strings, e.g. "0.5*ZZ - XI"; the right letter is for qubit 0.',
  });
}

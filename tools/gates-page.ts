/** The page of gates, from the gate table. */
import { GATES, type Gate } from "@arqon/substrates/quantum";

/** Markdown of `docs/gates.md`. */
export function gatesPage(): string {
  const lines = [
    "# Gates",
    "",
    "Every gate a circuit is made of, under its name in OpenQASM 2 (`qelib1.inc` and what Qiskit added to it, and `ecr`), in calls",
    "(`quantumCircuit(2).h(0).rx(0.5, 1)`: parameters first, then qubits) and in `append`. Controls come first; angles are in radians.",
    "*Made of* is the library's definition, equal up to a global phase; U and CX are the language's own.",
    "OpenQASM 3 has `stdgates.inc`, any definition, and `ctrl`, `inv` and `pow` of these; see [circuits](circuits.md). This page is",
    "printed from `substrates/quantum/gates/table.ts` by `npm run gen`.",
    "",
    "| Gate | Qubits | Parameters | Made of |",
    "|---|---|---|---|",
    ...GATES.map(row),
    "",
    "## What gates without parameters do",
    "",
    "`[3]` is the state of the gate's qubits that the bits of 3 say, the first qubit lowest; what is not named stays as it is.",
    "",
    "| Gate | Takes |",
    "|---|---|",
    ...GATES.filter(({ parameters }) => parameters.length === 0).map(action),
    "",
  ];
  return lines.join("\n");
}

function row({ name, qubits, parameters, definition }: Gate): string {
  const body = definition?.match(/\{(.*)\}/)?.[1]?.trim();
  return `| \`${name}\` | ${qubits} | ${parameters.join(", ")} | ${body ? `\`${body}\`` : ""} |`;
}

function action({ name, qubits, matrix }: Gate): string {
  const size = 2 ** qubits;
  const entries = matrix([]);
  const takes: string[] = [];
  for (let column = 0; column < size; column++) {
    const terms: string[] = [];
    for (let at = 0; at < size; at++) {
      const [re, im] = [
        entries[2 * (at * size + column)] as number,
        entries[2 * (at * size + column) + 1] as number,
      ];
      if (re !== 0 || im !== 0) terms.push(`${factor(re, im)}[${at}]`);
    }
    const becomes = terms.join(" + ").replaceAll("+ -", "- ");
    if (becomes !== `[${column}]`) takes.push(`[${column}] to ${becomes}`);
  }
  return `| \`${name}\` | ${takes.length > 0 ? takes.join("; ") : "nothing"} |`;
}

const shown = (x: number): string => String(Number(x.toFixed(4)));

function factor(re: number, im: number): string {
  if (im === 0) return re === 1 ? "" : re === -1 ? "-" : `${shown(re)}`;
  if (re === 0) return im === 1 ? "i" : im === -1 ? "-i" : `${shown(im)}i`;
  return `(${shown(re)}${im < 0 ? "-" : "+"}${shown(Math.abs(im))}i)`;
}
